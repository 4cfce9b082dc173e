"""The authority that is built in makes certificates that OpenSSL agrees with (P26, R36)."""

import ssl
import subprocess
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.support.certificates import Root
from tests.support.descriptors import out_of_descriptors
from tests.support.tls_peers import meet
from tests.support.vaults import SetClock, started_once, vault_in

from wattgate.adapters.certificates.authority import BuiltInAuthority
from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.reading import read
from wattgate.core.errors import ConfigError
from wattgate.core.security.certificates import SERVER_SET, KeyKind, LinkSecurity, Origin
from wattgate.ports.certificates import Issued, Material, PassphraseNeeded
from wattgate.ports.links import TlsTerms
from wattgate.ports.store import StoreFailed

pytestmark = pytest.mark.asyncio

KINDS = pytest.mark.parametrize("kind", KeyKind)
NORTH = TlsTerms("north")


async def opened(folder: Path, clock: SetClock | None = None) -> BuiltInAuthority:
    authority = BuiltInAuthority(folder / "authority", clock or SetClock())
    await authority.open()
    return authority


async def made(
    folder: Path, kind: KeyKind = KeyKind.ECDSA, clock: SetClock | None = None
) -> BuiltInAuthority:
    authority = await opened(folder, clock)
    await authority.create("Tiefgarage Köln", "Müller Öl GmbH", 3650, kind)
    return authority


def openssl(*words: str | Path, given: bytes = b"") -> str:
    asked = ["openssl", *map(str, words)]
    done = subprocess.run(asked, input=given, capture_output=True, check=False)  # noqa: S603
    return (done.stdout + done.stderr).decode() if done.returncode == 0 else f"FAILED {done}"


def verified(folder: Path, authority: BuiltInAuthority, issued: Issued, *options: str) -> str:
    """What `openssl verify` says, with every check that there is."""
    root, leaf = folder / "ca.pem", folder / "leaf.pem"
    root.write_text(authority.certificate_pem() or "")
    leaf.write_text(issued.certificate_pem)
    return openssl("verify", "-x509_strict", "-CAfile", root, *options, leaf)


def material(issued: Issued) -> Material:
    return Material((issued.certificate_pem.encode(), (issued.key_pem or "").encode()))


def request(folder: Path, subject: str, *options: str) -> bytes:
    """A signing request that OpenSSL makes, DER."""
    key, out = folder / "wallbox.key", folder / "wallbox.csr"
    usual = options or ("-newkey", "rsa:2048")
    said = openssl(
        "req", "-new", *usual, "-nodes", "-keyout", key, "-subj", subject, "-utf8",
        "-outform", "DER", "-out", out,
    )  # fmt: skip
    assert "FAILED" not in said, said
    return out.read_bytes()


async def reasons(signing: Awaitable[object]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        await signing
    return [str(problem) for problem in refused.value.problems]


# ----- Itself


@KINDS
async def test_it_is_a_root_of_version_3_that_may_sign_and_make_no_further_authorities(
    kind: KeyKind, tmp_path: Path
) -> None:
    authority = await made(tmp_path, kind)
    facts = authority.certificate()
    assert facts is not None
    assert (facts.version, facts.is_authority, facts.is_self_signed) == (3, True, True)
    assert facts.subject == "CN=Tiefgarage Köln,O=Müller Öl GmbH"
    text = openssl("x509", "-noout", "-text", given=(authority.certificate_pem() or "").encode())
    assert "CA:TRUE, pathlen:0" in text
    assert "Certificate Sign, CRL Sign" in text


async def test_it_is_there_after_a_restart_with_everything_it_has_signed(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    first = await authority.issue_client("CP1", "", 365)
    second = await authority.issue_server(["localhost"], 365)
    await authority.revoke(first.facts.id)
    again = await opened(tmp_path)
    assert again.certificate() == authority.certificate()
    assert [(each.facts, each.purpose, each.is_revoked) for each in again.issued()] == [
        (second.facts, "server", False),
        (first.facts, "client", True),
    ]


async def test_before_it_was_made_it_signs_nothing_and_says_so(tmp_path: Path) -> None:
    authority = await opened(tmp_path)
    assert (authority.certificate(), authority.certificate_pem(), authority.issued()) == (
        None, None, (),
    )  # fmt: skip
    missing = "authority: is missing: it has to be made first"
    assert await reasons(authority.issue_client("CP1", "", 365)) == [missing]
    assert await reasons(authority.issue_server(["x.local"], 365)) == [missing]
    assert await reasons(authority.sign_client(b"", 365)) == [missing]
    assert await authority.revoke("0" * 16) is None


async def test_there_is_only_one(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    before = authority.certificate()
    assert await reasons(authority.create("Other", "", 365)) == [
        "authority: was made already; there is only one"
    ]
    assert authority.certificate() == before


async def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    authority = await opened(tmp_path)
    assert await reasons(authority.create(" ", "a\nb", 0)) == [
        "name: is missing",
        "organisation: has a control character",
        "days: is 0; it must be from 1 to 36500",
    ]
    assert await reasons(authority.issue_client("x" * 65, "", 40_000)) == [
        "authority: is missing: it has to be made first",
        "days: is 40000; it must be from 1 to 36500",
        "name: is longer than 64 characters (an umlaut counts as two)",
    ]
    assert await reasons(authority.create("Ä" * 33, "Ö" * 33, 1)) == [
        "name: is longer than 64 characters (an umlaut counts as two)",
        "organisation: is longer than 64 characters (an umlaut counts as two)",
    ]
    assert (await reasons(authority.issue_server([], 1)))[1:] == [
        "names: are missing: a server is found by a host name or an address"
    ]
    assert (await reasons(authority.issue_server(["ok.local", "not ok"], 1)))[1:] == [
        'names: "not ok" is neither a host name nor an address'
    ]


# ----- What it signs


@KINDS
async def test_a_server_certificate_is_one_for_openssl_and_for_nothing_else(
    kind: KeyKind, tmp_path: Path
) -> None:
    authority = await made(tmp_path)
    issued = await authority.issue_server(["Manager.local", "192.0.2.7"], 365, kind)
    assert issued.facts.names == ("manager.local", "192.0.2.7")
    assert "OK" in verified(tmp_path, authority, issued, "-purpose", "sslserver")
    assert "OK" in verified(tmp_path, authority, issued, "-verify_hostname", "manager.local")
    assert "OK" in verified(tmp_path, authority, issued, "-verify_ip", "192.0.2.7")
    assert "FAILED" in verified(tmp_path, authority, issued, "-purpose", "sslclient")
    assert "FAILED" in verified(tmp_path, authority, issued, "-verify_hostname", "other.local")


USES = {
    KeyKind.RSA: "Digital Signature, Key Encipherment",
    KeyKind.ECDSA: "Digital Signature",
}


@pytest.mark.parametrize(("kind", "uses"), USES.items(), ids=USES)
async def test_a_server_s_key_of_rsa_may_encipher_as_the_suites_of_old_wallboxes_need_R33(
    kind: KeyKind, uses: str, tmp_path: Path
) -> None:
    issued = await (await made(tmp_path)).issue_server(["localhost"], 365, kind)
    said = openssl("x509", "-noout", "-ext", "keyUsage", given=issued.certificate_pem.encode())
    assert said.splitlines()[1].strip() == uses


@KINDS
async def test_a_client_certificate_is_one_for_openssl_and_for_nothing_else_R35(
    kind: KeyKind, tmp_path: Path
) -> None:
    authority = await made(tmp_path)
    issued = await authority.issue_client("CP1", "Müller Öl GmbH", 365, kind)
    assert issued.facts.subject == "CN=CP1,O=Müller Öl GmbH"
    assert "OK" in verified(tmp_path, authority, issued, "-purpose", "sslclient")
    assert "FAILED" in verified(tmp_path, authority, issued, "-purpose", "sslserver")


async def test_a_long_list_of_names_fits_also_where_no_name_fits_the_cn(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    long = f"{'a' * 60}.{'b' * 60}.local"
    issued = await authority.issue_server([long], 365)
    assert issued.facts.names == (long,)
    assert "OK" in verified(tmp_path, authority, issued, "-verify_hostname", long)


async def test_nothing_outlives_the_authority(tmp_path: Path) -> None:
    clock = SetClock()
    authority = await made(tmp_path, clock=clock)
    root = authority.certificate()
    assert root is not None
    clock.offset = timedelta(days=3600)
    issued = await authority.issue_client("CP1", "", 365)
    assert issued.facts.not_after == root.not_after
    clock.offset = timedelta(days=3651)
    (reason,) = await reasons(authority.issue_client("CP1", "", 365))
    assert "has expired" in reason


async def test_keys_of_others_are_kept_nowhere(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    issued = await authority.issue_client("CP1", "", 365)
    assert issued.key_pem is not None
    assert issued.key_pem not in repr(issued)
    body = issued.key_pem.splitlines()[1]
    assert [path for path in files(tmp_path) if body in path.read_text()] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_nobody_may_have_the_authority_s_own_name_P26(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    same = authority.issue_client("Tiefgarage Köln", "Müller Öl GmbH", 365)
    assert await reasons(same) == [
        "name: is the authority's own; whoever has it cannot be verified"
    ]


# ----- Requests of wallboxes


GOOD_KEYS = {
    "RSA": ("-newkey", "rsa:2048"),
    "ECDSA": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
}


@pytest.mark.parametrize("options", GOOD_KEYS.values(), ids=GOOD_KEYS)
async def test_a_wallbox_s_request_is_signed_for_its_own_key_R36(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    authority = await made(tmp_path)
    issued = await authority.sign_client(
        request(tmp_path, "/O=CPO/CN=SN-1", *options), 365, ["cp1", "sn-1"]
    )
    assert issued.key_pem is None
    assert issued.facts.common_name == "SN-1"
    assert "OK" in verified(tmp_path, authority, issued, "-purpose", "sslclient")
    assert [entry.facts for entry in authority.issued()] == [issued.facts]


async def test_pem_is_read_as_well(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    der = request(tmp_path, "/CN=CP1")
    pem = openssl("req", "-inform", "DER", given=der).encode()
    old = pem.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")
    assert {(await authority.sign_client(each, 9)).facts.common_name for each in (pem, old)} == {
        "CP1"
    }


async def test_what_a_request_asks_for_beyond_name_and_key_does_not_count(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    greedy = request(
        tmp_path, "/CN=CP1", "-newkey", "rsa:2048",
        "-addext", "basicConstraints=CA:TRUE", "-addext", "subjectAltName=DNS:manager.local",
    )  # fmt: skip
    issued = await authority.sign_client(greedy, 365)
    assert (issued.facts.is_authority, issued.facts.names) == (False, ())


BAD_REQUESTS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a short key": (
        ("-newkey", "rsa:1024"),
        "/CN=CP1",
        "request: its key is too short: RSA 1024, at least 2048 bits are needed",
    ),
    "another kind of key": (
        ("-newkey", "ed25519"),
        "/CN=CP1",
        "request: its key is of kind Ed25519, not RSA or ECDSA",
    ),
    "nobody named": ((), "/O=CPO", "request: its CN is missing"),
    "two named": ((), "/CN=CP1/CN=CP1", "request: names more than one CN"),
    "somebody else": ((), "/CN=CP2", 'request: its CN is "CP2", not "CP1" or "SN-1"'),
}


@pytest.mark.parametrize(("options", "subject", "reason"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
async def test_a_bad_request_is_refused_with_its_reason_R36(
    options: tuple[str, ...], subject: str, reason: str, tmp_path: Path
) -> None:
    authority = await made(tmp_path)
    asked = request(tmp_path, subject, *options)
    assert reason in await reasons(authority.sign_client(asked, 365, ["CP1", "SN-1"]))
    assert authority.issued() == ()


async def test_a_request_of_somebody_without_the_key_is_refused(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    forged = bytearray(request(tmp_path, "/CN=CP1"))
    forged[-1] ^= 1
    assert await reasons(authority.sign_client(bytes(forged), 365)) == [
        "request: has a wrong signature: whoever made it does not have the key"
    ]


@pytest.mark.parametrize("data", [b"", b"hello", Root.make().certificate_pem])
async def test_what_is_no_request_is_refused(data: bytes, tmp_path: Path) -> None:
    authority = await made(tmp_path)
    assert await reasons(authority.sign_client(data, 365)) == [
        "request: cannot be read: it is no PKCS#10"
    ]


# ----- What an installer gets


async def test_openssl_reads_the_pkcs12_file_with_key_and_chain(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    issued = await authority.issue_client("CP1", "", 365)
    file = tmp_path / "cp1.p12"
    file.write_bytes(authority.as_pkcs12(issued, "Schlüssel"))
    text = openssl("pkcs12", "-in", file, "-passin", "pass:Schlüssel", "-nodes")
    assert (text.count("BEGIN CERTIFICATE"), text.count("BEGIN PRIVATE KEY")) == (2, 1)
    assert "AES-256-CBC" in openssl(
        "pkcs12", "-in", file, "-passin", "pass:Schlüssel", "-noout", "-info"
    )
    with pytest.raises(PassphraseNeeded):
        read(Material((file.read_bytes(),)))


async def test_a_file_with_a_key_needs_a_passphrase_and_the_key(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    signed = await authority.sign_client(request(tmp_path, "/CN=CP1"), 365)
    with pytest.raises(ConfigError) as refused:
        authority.as_pkcs12(signed, "")
    assert [problem.path for problem in refused.value.problems] == ["passphrase", "private key"]


# ----- Revoking


async def test_what_was_revoked_counts_no_more_and_stands_in_the_list(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    assert authority.revocation_list_pem() is None
    bad, good = [await authority.issue_client(name, "", 365) for name in ("CP1", "CP2")]
    der = ssl.PEM_cert_to_DER_cert(first_of(bad))
    assert not authority.is_revoked(der)
    entry = await authority.revoke(bad.facts.id.upper())
    assert entry is not None
    assert (entry.facts, entry.is_revoked) == (bad.facts, True)
    assert authority.is_revoked(der)
    assert not authority.is_revoked(ssl.PEM_cert_to_DER_cert(first_of(good)))
    listed = tmp_path / "crl.pem"
    listed.write_text(authority.revocation_list_pem() or "")
    checks = ("-crl_check", "-CRLfile", str(listed))
    assert "OK" in verified(tmp_path, authority, good, *checks)
    assert "revoked" in verified(tmp_path, authority, bad, *checks)


def first_of(issued: Issued) -> str:
    end = "-----END CERTIFICATE-----\n"
    return issued.certificate_pem.partition(end)[0] + end


async def test_revoking_twice_is_as_once_and_a_restart_changes_nothing(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    issued = await authority.issue_client("CP1", "", 365)
    first = await authority.revoke(issued.facts.id)
    assert await authority.revoke(issued.facts.id) == first
    again = await opened(tmp_path)
    assert again.is_revoked(ssl.PEM_cert_to_DER_cert(first_of(issued)))


async def test_what_was_revoked_stays_so_while_nothing_can_be_read_s3(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    issued = await authority.issue_client("CP1", "", 365)
    await authority.revoke(issued.facts.id)
    with out_of_descriptors(), pytest.raises(OSError, match="Too many open files"):
        await authority.reload()
    assert authority.is_revoked(ssl.PEM_cert_to_DER_cert(first_of(issued)))
    assert authority.root() is not None


async def test_what_another_process_has_revoked_is_noticed(tmp_path: Path) -> None:
    running, other = await made(tmp_path), await opened(tmp_path)
    issued = await other.issue_client("CP1", "", 365)
    assert await running.reload()
    assert not await running.reload()
    await other.revoke(issued.facts.id)
    assert await running.reload()
    assert running.is_revoked(ssl.PEM_cert_to_DER_cert(first_of(issued)))


# ----- In use


@KINDS
async def test_what_it_issued_works_at_both_ends_of_a_connection_P23_P25(
    kind: KeyKind, tmp_path: Path
) -> None:
    authority = await made(tmp_path, kind)
    vault = vault_in(started_once(tmp_path / "certificates"))
    await vault.open()
    contexts = Contexts(vault.get, authority.root)
    server = await authority.issue_server(["localhost"], 365, kind)
    await vault.import_own(SERVER_SET, material(server), Origin.ISSUED)
    assert [held.origin for held in vault.held(SERVER_SET)] == [Origin.ISSUED]
    box = await authority.issue_client("CP1", "", 365, kind)
    await vault.import_own("north", material(box))
    root = Material(((authority.certificate_pem() or "").encode(),))
    await vault.import_authorities("north", root)
    context, security = contexts.client_context(NORTH)
    meeting = meet(contexts.server_context(), context)
    assert (meeting.is_well, security) == (True, LinkSecurity.VERIFIED)
    assert meeting.server.peer == ssl.PEM_cert_to_DER_cert(first_of(box))


async def test_wallboxes_are_asked_for_certificates_from_the_moment_it_was_made(
    tmp_path: Path,
) -> None:
    authority = await opened(tmp_path)
    vault = vault_in(started_once(tmp_path / "certificates"))
    await vault.open()
    contexts = Contexts(vault.get, authority.root)
    assert contexts.server_context().verify_mode is ssl.CERT_NONE
    await authority.create("Root", "", 365)
    assert contexts.server_context().verify_mode is ssl.CERT_OPTIONAL
    assert contexts.server_context(ask_client=False).verify_mode is ssl.CERT_NONE


# ----- Faults of the disk


async def test_damaged_files_are_set_aside_and_said(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    await authority.issue_client("CP1", "", 365)
    await authority.issue_client("CP2", "", 365)
    itself, one, other = sorted(path for path in files(tmp_path) if path.suffix == ".pem")
    one.write_text("purpose: client\n" + authority.issued()[0].facts.id)
    other.write_text(other.read_text().replace("issued: ", "issued: x"))
    itself.write_text("")
    with capture_logs() as said:
        again = await opened(tmp_path)
    assert (again.certificate(), again.issued()) == (None, ())
    assert len([entry for entry in said if entry["log_level"] == "error"]) == 3
    assert len([path for path in files(tmp_path) if path.suffix == ".damaged"]) == 3


async def test_what_cannot_be_kept_is_not_given_out(tmp_path: Path) -> None:
    authority = await opened(tmp_path)
    (tmp_path / "authority").write_text("a file, where the folder should be")
    with pytest.raises(StoreFailed):
        await authority.create("Root", "", 365)
    assert authority.certificate() is None


async def test_what_could_not_be_noted_is_not_given_out(tmp_path: Path) -> None:
    authority = await made(tmp_path)
    (tmp_path / "authority/issued").write_text("a file, where the folder should be")
    with pytest.raises(StoreFailed):
        await authority.issue_client("CP1", "", 365)
    assert authority.issued() == ()
