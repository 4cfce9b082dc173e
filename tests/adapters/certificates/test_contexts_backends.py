"""Real handshakes with backends: unverified, verified, and what we show them (P23, P24)."""

import ssl
from pathlib import Path

import pytest
from tests.support.certificates import EXPIRED, Pair, PrivateKey, rsa_key, self_signed
from tests.support.tls_peers import meet
from tests.support.tls_world import (
    BOTH_VERSIONS,
    MANAGER,
    NORTH,
    ROOT,
    STRANGE,
    both,
    opened,
    opened_again,
    server,
    trusted,
)

from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.site.choices import NameCheck
from wattgate.ports.certificates import Material
from wattgate.ports.links import TlsTerms

pytestmark = pytest.mark.asyncio

NAMED = TlsTerms("north", check_name=NameCheck.ON)


WEAK_BACKENDS = {
    "no GCM": ("ECDHE-RSA-AES256-SHA384", 2048, True),
    "no forward secrecy and no GCM": ("AES128-SHA", 2048, False),
    "a short key": ("ECDHE-RSA-AES128-GCM-SHA256", 1024, False),
}


@pytest.mark.parametrize("row", WEAK_BACKENDS.values(), ids=WEAK_BACKENDS)
async def test_where_nothing_is_proven_weak_backends_serve_as_well_P23(
    row: tuple[str, int, bool], tmp_path: Path
) -> None:
    cipher, bits, serves_verified = row
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers(f"{cipher}:@SECLEVEL=0")
    weak.load_cert_chain(*ROOT.issue("backend", key=rsa_key(bits)).save(tmp_path, "weak"))
    vault, contexts = await opened(tmp_path / "vault")
    assert meet(weak, contexts.client_context(NORTH)[0]).is_well
    await vault.import_authorities("north", trusted(ROOT))
    assert meet(weak, contexts.client_context(NORTH)[0]).is_well is serves_verified


async def test_who_was_verified_is_not_believed_because_a_file_is_damaged_s10(
    tmp_path: Path,
) -> None:
    """Until somebody gives an authority again; the password would be anybody's."""
    backend = server(tmp_path, ROOT.issue("backend"), ssl.TLSVersion.TLSv1_3)
    vault, contexts = await opened(tmp_path / "vault")
    await vault.import_authorities("north", trusted(ROOT))
    (path,) = (tmp_path / "vault/north").glob("authority-*.pem")
    path.write_text("half of i")
    for _ in range(2):
        vault, contexts = await opened_again(tmp_path / "vault")
        assert vault.held("north") == ()
        context, security = contexts.client_context(NORTH)
        assert security is LinkSecurity.VERIFIED
        assert not meet(backend, context).is_well
    held = await vault.import_authorities("north", trusted(ROOT))
    assert meet(backend, contexts.client_context(NORTH)[0]).is_well
    await vault.remove("north", held[0].facts.id)
    for _ in range(2):
        context, security = contexts.client_context(NORTH)
        assert security is LinkSecurity.UNVERIFIED
        assert meet(backend, context).is_well
        _, contexts = await opened_again(tmp_path / "vault")


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
