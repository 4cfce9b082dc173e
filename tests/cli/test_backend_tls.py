"""The test backend as a server of TLS (P25, R33)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.tls_ends import Office, Paper, asking
from tests.support.tls_peers import meet

from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.cli.backend_tls import BackendTls, ServerTls, opened
from wattgate.core.errors import Problem
from wattgate.core.security.tls_mode import TlsMode

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def root(office: Office) -> Paper:
    return office.root("root")


@pytest.fixture
def server(office: Office, root: Paper) -> Paper:
    return office.issue("server", root, hosts=["localhost"])


def backend(host: str = "127.0.0.1", **options: Any) -> BackendTls:  # noqa: ANN401 - of ServerTls
    problems: list[Problem] = []
    tls = opened(ServerTls(**options), host, NOW, problems)
    assert problems == []
    return tls


def wrong(**options: Any) -> list[str]:  # noqa: ANN401 - the fields of ServerTls
    problems: list[Problem] = []
    opened(ServerTls(**options), "127.0.0.1", NOW, problems)
    return list(map(str, problems))


@pytest.mark.parametrize("options", [{}, {"mode": "off"}])
def test_without_a_word_about_it_there_is_no_tls(options: dict[str, Any]) -> None:
    assert backend(**options) == BackendTls(TlsMode.OFF, None)
    assert backend(**options).scheme == "ws"


@pytest.mark.parametrize(
    ("options", "mode", "scheme"),
    [
        ({}, TlsMode.ON, "wss"),
        ({"mode": "on"}, TlsMode.ON, "wss"),
        ({"mode": "detect"}, TlsMode.DETECT, "ws"),
    ],
)
def test_a_certificate_switches_it_on_unless_somebody_says_otherwise(
    server: Paper, root: Paper, options: dict[str, Any], mode: TlsMode, scheme: str
) -> None:
    tls = backend(certificate=server.certificate, key=server.key, **options)
    assert (tls.mode, tls.scheme) == (mode, scheme)
    assert tls.contexts is not None
    assert meet(tls.contexts(), asking(root, checks_name=True)).is_well


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", ("127.0.0.1", "localhost", "::1")),
        ("192.0.2.7", ("192.0.2.7", "localhost", "127.0.0.1", "::1")),
        ("", ("localhost", "127.0.0.1", "::1")),
    ],
)
def test_without_a_certificate_a_fresh_one_is_made_for_where_it_listens(
    host: str, names: tuple[str, ...]
) -> None:
    tls = backend(host, mode="on")
    assert tls.contexts is not None
    met = meet(tls.contexts(), asking())
    assert met.is_well
    assert met.client.peer is not None
    facts = facts_of_der(met.client.peer)
    assert facts is not None
    assert facts.is_self_signed
    assert set(facts.names) == set(names)


def test_with_authorities_for_clients_nobody_else_is_let_in_p25(
    office: Office, root: Paper, server: Paper
) -> None:
    cp1, stranger = office.issue("CP1", root), office.issue("x", office.root("elsewhere"))
    for vouching in (root, cp1):  # a root, or the client's own certificate
        tls = backend(
            certificate=server.certificate,
            key=server.key,
            client_authorities=(vouching.certificate,),
        )
        assert tls.contexts is not None
        assert meet(tls.contexts(), asking(root, own=cp1)).is_well
        assert not meet(tls.contexts(), asking(root, own=stranger)).is_well
        assert not meet(tls.contexts(), asking(root)).is_well


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({"mode": "sometimes"}, ["--tls sometimes: is none of off, detect, on"]),
        ({"key": Path("k")}, ["--private-key: needs --certificate as well"]),
        (
            {"mode": "off", "certificate": Path("c"), "client_authorities": (Path("r"),)},
            [
                "--certificate: does not go with --tls off",
                "--client-ca: does not go with --tls off",
            ],
        ),
        (
            {"certificate": Path("/nowhere/c"), "client_authorities": (Path("/nowhere/r"),)},
            [
                "--certificate: /nowhere/c cannot be read: No such file or directory",
                "--client-ca: /nowhere/r cannot be read: No such file or directory",
            ],
        ),
    ],
)
def test_what_is_wrong_is_said_all_at_once(options: dict[str, Any], problems: list[str]) -> None:
    assert wrong(**options) == problems
