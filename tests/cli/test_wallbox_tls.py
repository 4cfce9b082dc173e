"""The software wallbox as a client of TLS (P23-P25, R32, R33)."""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.tls_ends import Office, Paper, serving
from tests.support.tls_peers import meet

from wattgate.cli.tls_options import ClientTls
from wattgate.cli.wallbox_tls import WallboxTls, opened
from wattgate.core.security.certificates import LinkSecurity

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


def wallbox(**options: Any) -> WallboxTls:  # noqa: ANN401 - the fields of ClientTls
    tls, problems = opened(ClientTls(**options), NOW)
    assert problems == []
    return tls


def test_without_an_authority_it_connects_to_anybody_and_knows_that_p23(server: Paper) -> None:
    context, security = wallbox().contexts()
    assert security is LinkSecurity.UNVERIFIED
    assert meet(serving(server), context).is_well


def test_with_the_root_or_the_certificate_itself_the_server_is_verified_p24(
    office: Office, root: Paper, server: Paper
) -> None:
    for authority in (root, server):
        context, security = wallbox(authorities=(authority.certificate,)).contexts()
        assert security is LinkSecurity.VERIFIED
        assert meet(serving(server), context).is_well
    context, _ = wallbox(authorities=(office.root("elsewhere").certificate,)).contexts()
    assert not meet(serving(server), context).is_well


def test_it_shows_its_certificate_to_who_wants_one_p25(
    office: Office, root: Paper, server: Paper
) -> None:
    own = office.issue("CP1", root)
    wanting = serving(server, clients=root)
    context, _ = wallbox(certificate=own.certificate, key=own.key).contexts()
    assert meet(wanting, context).is_well
    assert not meet(wanting, wallbox().contexts()[0]).is_well


def test_the_name_is_looked_at_where_that_is_asked_for(office: Office, root: Paper) -> None:
    elsewhere = serving(office.issue("other", root, hosts=["b.example"]))
    authorities = (root.certificate,)
    assert meet(elsewhere, wallbox(authorities=authorities).contexts()[0]).is_well
    strict = wallbox(authorities=authorities, check_name=True)
    assert not meet(elsewhere, strict.contexts()[0]).is_well


def test_it_can_be_as_old_as_somebody_wants_r33(server: Paper) -> None:
    context, _ = wallbox(newest="1.1").contexts()
    assert not meet(serving(server), context).is_well
    old = serving(server, oldest=ssl.TLSVersion.MINIMUM_SUPPORTED, ciphers="ALL:@SECLEVEL=0")
    assert meet(old, context).client.version == "TLSv1.1"
    newer, _ = wallbox(newest="1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256").contexts()
    met = meet(serving(server), newer).client
    assert (met.version, met.cipher) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")


def test_the_machines_own_authorities_do_not_vouch_for_just_anybody(server: Paper) -> None:
    context, security = wallbox(system_roots=True).contexts()
    assert security is LinkSecurity.VERIFIED
    assert not meet(serving(server), context).is_well


def test_what_it_is_given_while_it_runs_counts_from_the_next_connection_on(
    office: Office, server: Paper, root: Paper
) -> None:
    tls = wallbox(authorities=(office.root("elsewhere").certificate,))
    assert not meet(serving(server), tls.contexts()[0]).is_well
    new = wallbox(authorities=(root.certificate,)).held
    tls.installed = lambda: new
    assert meet(serving(server), tls.contexts()[0]).is_well


def test_a_certificate_that_it_gets_takes_the_place_of_the_one_it_was_given(
    office: Office, root: Paper
) -> None:
    given, new = office.issue("CP1", root), office.issue("CP1 again", root)
    tls = wallbox(certificate=given.certificate, key=given.key)
    first = tls.held.own
    assert len(first) == 1
    tls.installed = lambda: wallbox(certificate=new.certificate, key=new.key).held
    assert len(tls.held.own) == 1
    assert tls.held.own != first
