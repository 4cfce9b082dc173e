"""Real handshakes on this machine: who believes whom, in both of the manager's roles."""

import socket
import ssl
from pathlib import Path

import pytest
from tests.support.certificates import EXPIRED, Pair, PrivateKey, Root, rsa_key, self_signed
from tests.support.openssl_commands import PASSPHRASE, OpensslRoot
from tests.support.tls_peers import PATIENCE_S, Meeting, listening, meet, s_client
from tests.support.vaults import started_once, vault_in

from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.vault import Vault
from wattgate.core.security.certificates import SERVER_SET, LinkSecurity
from wattgate.core.site.choices import NameCheck, TlsVersion
from wattgate.ports.certificates import Material, PassphraseNeeded
from wattgate.ports.links import TlsTerms

pytestmark = pytest.mark.asyncio

ROOT, STRANGE = Root.make("Root"), Root.make("Strange root")
INTERMEDIATE = Root.make("Intermediate").under(ROOT)
MANAGER = ROOT.issue("manager", "localhost")
BOX = ROOT.issue("CP1")
BOX_ITSELF = self_signed("CP1")
NORTH = TlsTerms("north")
NAMED = TlsTerms("north", check_name=NameCheck.ON)
BOTH_VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda each: each.name
)


def both(pair: Pair) -> Material:
    return Material((pair.certificate_pem, pair.key_pem))


def trusted(*pairs: Pair) -> Material:
    return Material(tuple(pair.certificate_pem for pair in pairs))


async def opened(folder: Path) -> tuple[Vault, Contexts]:
    vault = vault_in(started_once(folder))
    await vault.open()
    return vault, Contexts(vault.get)


def client(
    tmp_path: Path,
    shown: Pair | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    believes: Pair | None = None,
) -> ssl.SSLContext:
    """A wallbox of independent make, as far as Python's own settings go."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = believes is not None
    context.verify_mode = ssl.CERT_REQUIRED if believes else ssl.CERT_NONE
    if believes is not None:
        context.load_verify_locations(cadata=believes.certificate_der)
    context.maximum_version = version
    if shown is not None:
        context.load_cert_chain(*shown.save(tmp_path, "shown"))
    return context


def server(
    tmp_path: Path,
    shown: Pair,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    believes: Pair | None = None,
) -> ssl.SSLContext:
    """A backend of independent make."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*shown.save(tmp_path, "backend"))
    context.maximum_version = version
    if believes is not None:
        context.load_verify_locations(cadata=believes.certificate_der)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


# ----- The server's own certificates


OPENSSL_CLIENTS = {
    "TLS 1.3": (("-tls1_3",), "TLS_AES_256_GCM_SHA384"),
    "the suite that R33 asks for: RSA": (
        ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
        "AES128-GCM-SHA256",
    ),
    "RSA, 256 bits": (("-tls1_2", "-cipher", "AES256-GCM-SHA384"), "AES256-GCM-SHA384"),
    "ECDSA": (
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    "ECDSA, 256 bits": (
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    "ECDHE with RSA": (
        ("-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"),
        "ECDHE-RSA-AES256-GCM-SHA384",
    ),
}


@pytest.mark.parametrize(("options", "cipher"), OPENSSL_CLIENTS.values(), ids=OPENSSL_CLIENTS)
async def test_a_fresh_server_speaks_every_suite_that_the_security_profiles_require_R33(
    options: tuple[str, ...], cipher: str, tmp_path: Path
) -> None:
    _, contexts = await opened(tmp_path)
    with listening(contexts.server_context()) as (port, outcome):
        is_content, said = s_client(port, *options)
    assert is_content, said
    assert f"Ciphersuite: {cipher}" in said
    assert outcome.result().cipher == cipher


REFUSED_CLIENTS = {
    "TLS 1.1": ("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"),
    "TLS 1.0": ("-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"),
    "a suite without forward secrecy and without GCM": ("-tls1_2", "-cipher", "AES128-SHA"),
    "no encryption": ("-tls1_2", "-cipher", "NULL-SHA256:@SECLEVEL=0"),
}


@pytest.mark.parametrize("options", REFUSED_CLIENTS.values(), ids=REFUSED_CLIENTS)
async def test_what_is_broken_is_refused_R33(options: tuple[str, ...], tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    with listening(contexts.server_context()) as (port, outcome):
        is_content, said = s_client(port, *options)
    assert not is_content, said
    assert outcome.result().failure


OLD = {TlsVersion.V1_0: ("-tls1", "TLSv1"), TlsVersion.V1_1: ("-tls1_1", "TLSv1.1")}


@pytest.mark.parametrize(("minimum", "asked"), OLD.items(), ids=str)
async def test_an_old_version_is_spoken_where_somebody_asked_for_it_R33(
    minimum: TlsVersion, asked: tuple[str, str], tmp_path: Path
) -> None:
    _, contexts = await opened(tmp_path)
    option, version = asked
    with listening(contexts.server_context(minimum)) as (port, outcome):
        is_content, said = s_client(port, option, "-cipher", "DEFAULT:@SECLEVEL=0")
    assert is_content, said
    assert outcome.result().version == version
    assert meet(contexts.server_context(minimum), client(tmp_path)).client.version == "TLSv1.3"


async def test_tls_1_3_only_refuses_1_2(tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    old = client(tmp_path, version=ssl.TLSVersion.TLSv1_2)
    assert not meet(contexts.server_context(TlsVersion.V1_3), old).is_well


async def test_nothing_is_compressed_and_nothing_negotiated_twice_R33(tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    asked = ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    for minimum in TlsVersion:
        assert contexts.server_context(minimum).options & asked == asked


@BOTH_VERSIONS
async def test_the_self_signed_certificate_itself_can_be_stored_in_the_wallbox_P21_P24(
    version: ssl.TLSVersion, tmp_path: Path
) -> None:
    vault, contexts = await opened(tmp_path)
    stored = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stored.maximum_version = version
    for held in vault.held(SERVER_SET):
        stored.load_verify_locations(cadata=vault.pem(SERVER_SET, held.facts.id))
    assert meet(contexts.server_context(), stored, "localhost").is_well
    assert meet(contexts.server_context(), stored, "127.0.0.1").is_well
    assert not meet(contexts.server_context(), stored, "elsewhere").is_well


# ----- Who may vouch for wallboxes


async def wallbox_meets(
    tmp_path: Path, believed: Material | None, shown: Pair | None, version: ssl.TLSVersion
) -> Meeting:
    vault, contexts = await opened(tmp_path)
    if believed is not None:
        await vault.import_authorities(SERVER_SET, believed)
    return meet(contexts.server_context(), client(tmp_path, shown, version))


GOOD_BOXES = {
    "signed by the root": (trusted(ROOT), BOX),
    "its own certificate is stored": (trusted(BOX), BOX),
    "self-signed and stored": (trusted(BOX_ITSELF), BOX_ITSELF),
    "one of many": (trusted(STRANGE, BOX_ITSELF, ROOT), BOX),
    "with RSA": (trusted(ROOT), ROOT.issue("CP2", key=rsa_key())),
    "only the intermediate is stored": (trusted(INTERMEDIATE), INTERMEDIATE.issue("CP1")),
}


@BOTH_VERSIONS
@pytest.mark.parametrize(("believed", "shown"), GOOD_BOXES.values(), ids=GOOD_BOXES)
async def test_a_wallbox_that_somebody_vouches_for_is_known_by_its_certificate_P25(
    believed: Material, shown: Pair, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    meeting = await wallbox_meets(tmp_path, believed, shown, version)
    assert meeting.is_well
    assert meeting.server.peer == shown.certificate_der


BAD_BOXES = {
    "without the intermediate": (trusted(ROOT), INTERMEDIATE.issue("CP1")),
    "another root": (trusted(ROOT), STRANGE.issue("CP1")),
    "self-signed": (trusted(ROOT), BOX_ITSELF),
    "expired": (trusted(ROOT), ROOT.issue("CP1", life=EXPIRED)),
    "another one's certificate is stored": (trusted(BOX), ROOT.issue("CP2")),
}


@BOTH_VERSIONS
@pytest.mark.parametrize(("believed", "shown"), BAD_BOXES.values(), ids=BAD_BOXES)
async def test_a_wallbox_that_nobody_vouches_for_gets_no_word_P25(
    believed: Material, shown: Pair, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    meeting = await wallbox_meets(tmp_path, believed, shown, version)
    assert meeting.server.failure
    assert meeting.client.failure  # in TLS 1.3 the first read tells it


@BOTH_VERSIONS
async def test_a_wallbox_without_a_certificate_comes_through_for_others_to_decide(
    version: ssl.TLSVersion, tmp_path: Path
) -> None:
    meeting = await wallbox_meets(tmp_path, trusted(ROOT), None, version)
    assert meeting.is_well
    assert meeting.server.peer is None


async def test_where_nobody_could_vouch_no_certificate_is_asked_for(tmp_path: Path) -> None:
    meeting = await wallbox_meets(tmp_path, None, BOX, ssl.TLSVersion.TLSv1_3)
    assert meeting.is_well
    assert meeting.server.peer is None


async def test_browsers_are_not_asked_for_certificates(tmp_path: Path) -> None:
    vault, contexts = await opened(tmp_path)
    await vault.import_authorities(SERVER_SET, trusted(ROOT))
    asking, not_asking = contexts.server_context(), contexts.server_context(ask_client=False)
    assert asking.verify_mode is ssl.CERT_OPTIONAL
    assert not_asking.verify_mode is ssl.CERT_NONE
    assert meet(not_asking, client(tmp_path, STRANGE.issue("browser"))).is_well


# ----- Connections to backends


@pytest.mark.parametrize("stored", [False, True], ids=["unverified", "verified"])
async def test_a_certificate_that_anybody_could_forge_serves_only_where_none_counts_P23(
    stored: bool, tmp_path: Path
) -> None:
    vault, contexts = await opened(tmp_path / "vault")
    if stored:
        await vault.import_authorities("north", trusted(ROOT))
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    weak.set_ciphers("DEFAULT:@SECLEVEL=0")
    weak.load_cert_chain(*ROOT.issue("backend", key=rsa_key(1024)).save(tmp_path, "weak"))
    assert meet(weak, contexts.client_context(NORTH)[0]).is_well is not stored


@BOTH_VERSIONS
async def test_without_an_authority_the_connection_is_made_unverified_P23(
    version: ssl.TLSVersion, tmp_path: Path
) -> None:
    _, contexts = await opened(tmp_path)
    context, security = contexts.client_context(NORTH)
    assert security is LinkSecurity.UNVERIFIED
    assert meet(server(tmp_path, self_signed("b", life=EXPIRED), version), context).is_well


async def test_no_terms_at_all_are_the_same(tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    context, security = contexts.client_context()
    assert security is LinkSecurity.UNVERIFIED
    assert meet(server(tmp_path, MANAGER), context).is_well


BACKEND_ITSELF = self_signed("elsewhere")
BACKENDS = {
    "the root": (trusted(ROOT), MANAGER, True),
    "the certificate itself": (trusted(MANAGER), MANAGER, True),
    "a self-signed one itself, for another host": (trusted(BACKEND_ITSELF), BACKEND_ITSELF, True),
    "another root": (trusted(STRANGE), MANAGER, False),
    "self-signed, not stored": (trusted(ROOT), BACKEND_ITSELF, False),
    "expired": (trusted(ROOT), ROOT.issue("b", life=EXPIRED), False),
}


@BOTH_VERSIONS
@pytest.mark.parametrize(("believed", "shown", "is_well"), BACKENDS.values(), ids=BACKENDS)
async def test_with_an_authority_the_backend_must_be_verified_P23_P24_S10(
    believed: Material, shown: Pair, is_well: bool, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    vault, contexts = await opened(tmp_path)
    await vault.import_authorities("north", believed)
    context, security = contexts.client_context(NORTH)
    assert security is LinkSecurity.VERIFIED
    assert meet(server(tmp_path, shown, version), context).is_well is is_well


NAME_CHECKS = {
    "own root": (TlsTerms("north"), "elsewhere", True),
    "own root, asked for": (NAMED, "elsewhere", False),
    "own root, asked for and right": (NAMED, "localhost", True),
    "public roots": (TlsTerms("north", system_roots=True), "elsewhere", False),
    "public roots, and right": (TlsTerms("north", system_roots=True), "localhost", True),
    "public roots, switched off": (
        TlsTerms("north", system_roots=True, check_name=NameCheck.OFF),
        "elsewhere",
        True,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("terms", "host", "is_well"), NAME_CHECKS.values(), ids=NAME_CHECKS)
async def test_the_name_is_checked_for_public_roots_and_not_for_what_was_stored_R34(
    terms: TlsTerms, host: str, is_well: bool, tmp_path: Path
) -> None:
    vault, contexts = await opened(tmp_path)
    await vault.import_authorities("north", trusted(ROOT))
    context, security = contexts.client_context(terms)
    assert security is LinkSecurity.VERIFIED
    assert meet(server(tmp_path, MANAGER), context, host).is_well is is_well


async def test_the_system_s_roots_vouch_only_where_that_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, _ = ROOT.save(tmp_path, "system")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    _, contexts = await opened(tmp_path)
    chosen, security = contexts.client_context(TlsTerms("north", system_roots=True))
    assert security is LinkSecurity.VERIFIED
    assert meet(server(tmp_path, MANAGER), chosen).is_well
    assert not meet(server(tmp_path, STRANGE.issue("b", "localhost")), chosen).is_well
    assert contexts.client_context(NORTH)[1] is LinkSecurity.UNVERIFIED


async def test_a_backend_that_nobody_here_vouches_for_is_never_taken_for_verified_S10(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "missing"))
    _, contexts = await opened(tmp_path)
    context, security = contexts.client_context(TlsTerms("north", system_roots=True))
    assert security is LinkSecurity.VERIFIED
    assert not meet(server(tmp_path, MANAGER), context).is_well


@BOTH_VERSIONS
@pytest.mark.parametrize("key", [None, rsa_key()], ids=["ECDSA", "RSA"])
async def test_the_backend_gets_our_certificate_if_it_asks_for_one_P25(
    key: PrivateKey | None, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    vault, contexts = await opened(tmp_path)
    await vault.import_authorities("north", trusted(ROOT))
    ours = ROOT.issue("gateway", key=key)
    demanding = server(tmp_path, MANAGER, version, believes=ROOT)
    assert not meet(demanding, contexts.client_context(NORTH)[0]).is_well
    await vault.import_own("north", both(ours))
    meeting = meet(demanding, contexts.client_context(NORTH)[0])
    assert meeting.is_well
    assert meeting.server.peer == ours.certificate_der
    strange = server(tmp_path, MANAGER, version, believes=STRANGE)
    assert not meet(strange, contexts.client_context(NORTH)[0]).is_well


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
    root = OpensslRoot.make(tmp_path / "root", "Gleich")
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
