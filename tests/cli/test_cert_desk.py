"""`wattgate cert` at a running manager: what is asked, and what its refusals become."""

import base64

import msgspec
import pytest
from tests.support.http_answers import Script, answering

from wattgate.adapters.web.certificate_dto import ClientWish, Import, ServerWish
from wattgate.adapters.web.problems import PASSPHRASE_NEEDED, PASSPHRASE_WRONG
from wattgate.cli.api_client import ApiClient, ApiError, with_password
from wattgate.cli.cert_desk import RemoteDesk
from wattgate.cli.evse_login import MisuseError
from wattgate.ports.certificates import PassphraseNeeded

OWN = "POST /api/v1/certificates/stall%2F1/own"


def import_at(script: Script, passphrase: str | None = None) -> list[bytes]:
    """What was sent for an import into the set `stall/1`."""
    with answering(script) as manager:
        desk = RemoteDesk(ApiClient(manager.url, with_password("x")), manager.url)
        desk.import_own("stall/1", Import((b"\x00\xff",), passphrase))
    return manager.bodies


def test_files_go_as_base64_and_the_set_by_its_name() -> None:
    (body,) = import_at({OWN: [(200, [])]}, "geheim")
    sent = msgspec.json.decode(body)
    assert sent == {"files": [base64.b64encode(b"\x00\xff").decode()], "passphrase": "geheim"}


@pytest.mark.parametrize(
    ("kind", "was_wrong"), [(PASSPHRASE_NEEDED, False), (PASSPHRASE_WRONG, True)]
)
def test_that_a_passphrase_is_needed_can_be_caught(kind: str, was_wrong: bool) -> None:
    with pytest.raises(PassphraseNeeded) as needed:
        import_at({OWN: [(422, {"type": kind, "detail": "The key is encrypted."})]})
    assert needed.value.was_wrong is was_wrong


def test_every_other_refusal_is_told_with_all_its_reasons() -> None:
    problems = [{"path": "key", "message": "is missing"}, {"path": "x", "message": "is odd"}]
    with pytest.raises(ApiError, match=r"changed\.\n  key: is missing\n  x: is odd"):
        import_at({OWN: [(422, {"detail": "Nothing has been changed.", "problems": problems})]})


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("http://127.0.0.1:19521", True),
        ("http://127.8.9.1:19521", True),
        ("http://[::1]:19521", True),
        ("http://localhost:19521", True),
        ("https://garage.example", True),
        ("http://garage.example", False),
        ("http://192.168.178.42:19521", False),
        ("http://localhost.example", False),
    ],
)
def test_a_private_key_does_not_travel_where_others_can_read_it(url: str, is_private: bool) -> None:
    """Nothing is sent: the refusal of a closed port would come otherwise."""
    nowhere = ApiClient("http://127.0.0.1:1", with_password("x"))
    desk = RemoteDesk(nowhere, url)
    for act in (
        lambda: desk.import_own("server", Import((b"key",))),
        lambda: desk.issue_client(ClientWish("CP1")),
        lambda: desk.issue_server(ServerWish(("backend.example",))),
    ):
        with pytest.raises(ApiError if is_private else MisuseError):
            act()
    with pytest.raises(ApiError):
        desk.issue_server(ServerWish(("manager.example",), install=True))
