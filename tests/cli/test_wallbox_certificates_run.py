"""`wattgate cert wallbox`, against an API that answers by script."""

import json

import pytest
from tests.support.http_answers import Script, answering

from wattgate.cli.api_client import ApiClient, ApiError
from wattgate.cli.wallbox_certificates_run import Trusted, distrust, list_trusted, tell

HERE = "/api/v1/wallboxes/CP%201/certificates"
ROOT = {
    "algorithm": "SHA256",
    "issuer_name_hash": "ab",
    "issuer_key_hash": "cd",
    "serial_number": "12",
}


@pytest.mark.parametrize(
    ("told", "out", "err"),
    [([ROOT], "SHA256 ab cd 12\n", ""), ([], "", "It trusts nobody in particular.\n")],
)
def test_whom_a_wallbox_trusts_is_listed_as_distrust_takes_it(
    told: object, out: str, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering({f"GET {HERE}": [(200, told)] * 2}) as manager:
        api = ApiClient(manager.url, "x")
        assert list_trusted(api, "CP 1", as_json=False) == 0
        assert tuple(capsys.readouterr()) == (out, err)
        assert list_trusted(api, "CP 1", as_json=True) == 0
        assert json.loads(capsys.readouterr().out) == told


@pytest.mark.parametrize("what", ["trust", "renew"])
def test_a_wallbox_is_told_something_and_its_answer_is_said(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering({f"POST {HERE}/{what}": [(200, {"says": "It does."})] * 2}) as manager:
        api = ApiClient(manager.url, "x")
        assert tell(api, "CP 1", what, as_json=False) == 0
        assert capsys.readouterr().out == "It does.\n"
        assert tell(api, "CP 1", what, as_json=True) == 0
        assert json.loads(capsys.readouterr().out) == {"says": "It does."}


def test_an_authority_is_distrusted_by_the_names_that_ocpp_has_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script: Script = {f"POST {HERE}/distrust": [(200, {"says": "It trusts it no more."})]}
    with answering(script) as manager:
        authority = Trusted("SHA256", "ab", "cd", "12")
        assert distrust(ApiClient(manager.url, "x"), "CP 1", authority, as_json=False) == 0
        assert capsys.readouterr().out == "It trusts it no more.\n"


def test_a_wallbox_that_does_not_do_it_ends_the_command() -> None:
    script: Script = {f"POST {HERE}/renew": [(409, {"detail": "No answer."})]}
    with answering(script) as manager, pytest.raises(ApiError, match="No answer"):
        tell(ApiClient(manager.url, "x"), "CP 1", "renew", as_json=False)
