"""TLS settings follow the certificates; the manual's commands; sessions taken up again."""

import socket
import ssl
from pathlib import Path

import pytest
from tests.support.openssl_commands import PASSPHRASE, OpensslRoot
from tests.support.tls_peers import PATIENCE_S, listening, meet
from tests.support.tls_world import (
    BOX,
    INTERMEDIATE,
    MANAGER,
    NORTH,
    ROOT,
    STRANGE,
    both,
    client,
    opened,
    trusted,
)

from wattgate.core.security.certificates import SERVER_SET
from wattgate.ports.certificates import Material, PassphraseNeeded
from wattgate.ports.links import TlsTerms

pytestmark = pytest.mark.asyncio

# ----- Changes


async def test_the_chain_is_sent_so_that_the_root_is_enough_for_the_wallbox(
    tmp_path: Path,
) -> None:
    vault, contexts = await opened(tmp_path)
    pair = INTERMEDIATE.issue("manager", "localhost")
    chain = Material((pair.certificate_pem + INTERMEDIATE.certificate_pem, pair.key_pem))
    await vault.import_own(SERVER_SET, chain)
    assert meet(contexts.server_context(), client(tmp_path, believes=ROOT)).is_well


async def test_the_next_handshake_shows_what_was_imported_and_nothing_else_changes(
    tmp_path: Path,
) -> None:
    vault, contexts = await opened(tmp_path)
    before = contexts.server_context()
    assert contexts.server_context() is before
    await vault.import_authorities("north", trusted(ROOT))
    assert contexts.server_context() is before
    await vault.import_own(SERVER_SET, both(MANAGER))
    meeting = meet(contexts.server_context(), client(tmp_path, believes=ROOT))
    assert meeting.client.peer == MANAGER.certificate_der


async def test_what_is_not_believed_any_more_does_not_get_in_again(tmp_path: Path) -> None:
    vault, contexts = await opened(tmp_path)
    (held,) = await vault.import_authorities(SERVER_SET, trusted(ROOT))
    await vault.import_authorities(SERVER_SET, trusted(STRANGE))
    box = client(tmp_path, BOX)
    assert meet(contexts.server_context(), box).is_well
    await vault.remove(SERVER_SET, held.facts.id)
    assert not meet(contexts.server_context(), box).is_well


async def test_a_context_for_the_same_terms_is_made_once(tmp_path: Path) -> None:
    vault, contexts = await opened(tmp_path)
    first = contexts.client_context(NORTH)
    assert contexts.client_context() is contexts.client_context()
    assert contexts.client_context(TlsTerms("north")) is first
    assert contexts.client_context(TlsTerms("other")) is not first
    await vault.import_authorities("north", trusted(ROOT))
    assert contexts.client_context(NORTH) is not first


# ----- The manual's OpenSSL commands


async def test_certificates_made_with_the_manual_s_commands_are_believed_P26(
    tmp_path: Path,
) -> None:
    root = OpensslRoot.make(tmp_path / "root")
    certificate, key = root.client("CP1 Köln")
    shown = Material((certificate.read_bytes(), key.read_bytes()))
    vault, contexts = await opened(tmp_path / "vault")
    await vault.import_own("north", shown)
    await vault.import_authorities(SERVER_SET, Material((root.certificate.read_bytes(),)))
    context, _ = contexts.client_context(NORTH)
    assert meet(contexts.server_context(), context).is_well
    with pytest.raises(PassphraseNeeded):
        await vault.import_own("other", Material((root.key.read_bytes(),)))
    root_pair = Material((root.certificate.read_bytes(), root.key.read_bytes()), PASSPHRASE)
    assert len(await vault.import_own("other", root_pair)) == 1


async def test_the_same_name_in_root_and_client_fails_under_the_root_and_not_stored_itself_P26(
    tmp_path: Path,
) -> None:
    root = OpensslRoot.make(tmp_path / "root", "Gleich", bits=2048)
    certificate, key = root.client("Gleich")
    vault, contexts = await opened(tmp_path / "vault")
    await vault.import_own("north", Material((certificate.read_bytes(), key.read_bytes())))
    await vault.import_authorities(SERVER_SET, Material((root.certificate.read_bytes(),)))
    context, _ = contexts.client_context(NORTH)
    assert not meet(contexts.server_context(), context).is_well
    await vault.import_authorities(SERVER_SET, Material((certificate.read_bytes(),)))
    assert meet(contexts.server_context(), context).is_well


# ----- Sessions that are taken up again


def again(
    server_side: ssl.SSLContext, client_side: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[bool, ssl.SSLSession | None, bytes | None]:
    """Whether the server knew the session, the next one, and the certificate that it saw."""
    with listening(server_side) as (port, outcome):
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE_S) as raw,
            client_side.wrap_socket(raw, server_hostname="localhost", session=session) as secure,
        ):
            secure.recv(100)
            known, session = bool(secure.session_reused), secure.session
        return known, session, outcome.result().peer


async def test_wallboxes_get_no_tickets_that_would_let_them_in_again(tmp_path: Path) -> None:
    vault, contexts = await opened(tmp_path)
    await vault.import_authorities(SERVER_SET, trusted(ROOT))
    box = client(tmp_path, BOX)
    for server_side, is_known in (
        (contexts.server_context(), False),
        (contexts.server_context(ask_client=False), True),
    ):
        _, session, _ = again(server_side, box)
        assert again(server_side, box, session)[0] is is_known


async def test_a_session_of_tls_1_2_shows_its_certificate_again_and_ends_with_the_authority(
    tmp_path: Path,
) -> None:
    vault, contexts = await opened(tmp_path)
    (held,) = await vault.import_authorities(SERVER_SET, trusted(ROOT))
    box = client(tmp_path, BOX, ssl.TLSVersion.TLSv1_2)
    _, session, _ = again(contexts.server_context(), box)
    known, session, peer = again(contexts.server_context(), box, session)
    assert (known, peer) == (True, BOX.certificate_der)  # what was revoked can still be seen
    await vault.import_authorities(SERVER_SET, trusted(STRANGE))
    await vault.remove(SERVER_SET, held.facts.id)
    with pytest.raises(ssl.SSLError):
        again(contexts.server_context(), box, session)
