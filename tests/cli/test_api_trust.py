"""The commands over HTTPS: whom they believe, and what they say where they do not."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.certificates import EXPIRED, HERE, NOT_YET, Pair, Root, self_signed

from wattgate.cli.api_client import ApiClient, ApiError
from wattgate.cli.api_trust import trusting, trusting_just
from wattgate.cli.evse_login import log_in

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
UNKNOWN = "nobody whom this machine trusts vouches for its certificate; name the certificate"


@contextmanager
def serving(pair: Pair | None, folder: Path) -> Iterator[str]:
    """A server for one request, over TLS where it has a certificate; where it is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer, args=(listening, _context(pair, folder)))
        thread.start()
        try:
            yield f"https://localhost:{listening.getsockname()[1]}"
        finally:
            thread.join()


def _context(pair: Pair | None, folder: Path) -> ssl.SSLContext | None:
    if pair is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair.save(folder, "server"))
    return context


def _answer(listening: socket.socket, context: ssl.SSLContext | None) -> None:
    line, _ = listening.accept()
    try:
        with line if context is None else context.wrap_socket(line, server_side=True) as speaking:
            speaking.recv(65536)
            speaking.sendall(ANSWER)
    except OSError:
        line.close()  # the client has hung up


@dataclass(frozen=True)
class Case:
    """A server's certificate, what the client trusts, and what it says."""

    server: Pair | None
    trusted: Pair | None
    said: str = ""


ROOT = Root.make()
OURS = self_signed("Wattgate", *HERE)
CASES = {
    "the certificate itself": Case(OURS, OURS),
    "its root": Case(ROOT.issue("Wattgate", *HERE), ROOT),
    "a leaf of a root that is not known": Case(leaf := ROOT.issue("Wattgate", *HERE), leaf),
    "nothing": Case(OURS, None, UNKNOWN),
    "another root": Case(ROOT.issue("Wattgate", *HERE), Root.make("Another"), UNKNOWN),
    "one for another name": Case(
        elsewhere := self_signed("x", "garage.example"),
        elsewhere,
        "its certificate is for another name",
    ),
    "an expired one": Case(
        old := self_signed("x", *HERE, life=EXPIRED), old, "its certificate has expired"
    ),
    "one of tomorrow": Case(
        new := self_signed("x", *HERE, life=NOT_YET), new, "its certificate does not count yet"
    ),
    "no TLS at all": Case(None, OURS, "no HTTPS there: "),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_only_who_is_trusted_gets_the_password(case: Case, tmp_path: Path) -> None:
    ca = "" if case.trusted is None else str(case.trusted.save(tmp_path, "trusted")[0])
    with serving(case.server, tmp_path) as url:
        client = ApiClient(url, "Basic x", trusting(ca))
        if not case.said:
            assert client.ask("GET", "/healthz") == b"{}"
            return
        with pytest.raises(ApiError) as refused:
            client.ask("GET", "/healthz")
    assert str(refused.value).startswith(f"no manager answers at {url}: {case.said}")


def test_without_a_word_about_it_the_roots_of_the_machine_count(tmp_path: Path) -> None:
    with serving(OURS, tmp_path) as url, pytest.raises(ApiError, match=UNKNOWN):
        ApiClient(url, "Basic x").ask("GET", "/healthz")


def test_the_certificate_to_trust_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTGATE_CA", str(OURS.save(tmp_path, "trusted")[0]))
    with serving(OURS, tmp_path) as url:
        assert log_in(url, "correct horse").ask("GET", "/healthz") == b"{}"


ROOT = Root.make()


@pytest.mark.parametrize(
    ("server", "is_believed"),
    [
        (ROOT.issue("garage.example", life=EXPIRED), True),
        (ROOT.issue("garage.example"), False),
    ],
    ids=["itself, expired and without our name", "another that the same root has signed"],
)
def test_a_manager_on_this_machine_is_known_by_its_very_certificate_p22(
    server: Pair, is_believed: bool, tmp_path: Path
) -> None:
    """Its successor can be imported only as long as the manager can be asked."""
    kept = tmp_path / "own-ecdsa.pem"
    known = server if is_believed else ROOT.issue("garage.example")
    kept.write_bytes(b"origin: imported\n" + known.key_pem + known.certificate_pem)
    with kept.open("ab") as file:
        file.write(ROOT.certificate_pem)
    with serving(server, tmp_path) as url:
        manager = ApiClient(url.replace("localhost", "127.0.0.1"), "", trusting_just([kept]))
        if is_believed:
            assert manager.ask("GET", "/api/v1/certificates") == b"{}"
        else:
            with pytest.raises(ApiError, match="vouches for its certificate"):
                manager.ask("GET", "/api/v1/certificates")
