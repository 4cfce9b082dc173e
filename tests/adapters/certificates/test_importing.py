"""What may become a certificate of ours, and every reason why not, at once (P22)."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from tests.support.certificates import (
    EXPIRED,
    NOT_YET,
    Pair,
    Root,
    rsa_key,
    self_signed,
)
from tests.support.vaults import started_once, vault_in

from wattgate.adapters.certificates.vault import Vault
from wattgate.core.errors import ConfigError
from wattgate.core.security.certificates import SERVER_SET, Origin, Role
from wattgate.ports.certificates import Material, PassphraseNeeded

pytestmark = pytest.mark.asyncio

ROOT = Root.make("Root")
GOOD = ROOT.issue("manager", "localhost")
OTHER = ROOT.issue("other")


def both(pair: Pair) -> tuple[bytes, ...]:
    return pair.certificate_pem, pair.key_pem


def with_ed25519() -> tuple[bytes, ...]:
    key = ed25519.Ed25519PrivateKey.generate()
    builder = (
        x509.CertificateBuilder()
        .subject_name(OTHER.certificate.subject)
        .issuer_name(OTHER.certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(GOOD.certificate.not_valid_before_utc)
        .not_valid_after(GOOD.certificate.not_valid_after_utc)
    )
    return (
        builder.sign(key, None).public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def curve(kind: ec.EllipticCurve) -> Pair:
    return ROOT.issue("odd", key=ec.generate_private_key(kind))


REFUSED: dict[str, tuple[tuple[bytes, ...], tuple[str, ...]]] = {
    "nothing": ((), (
        "certificate: is missing: there is none in what was given",
        "private key: is missing: there is none in what was given",
    )),
    "no key": ((GOOD.certificate_pem,), (
        "private key: is missing: there is none in what was given",
    )),
    "no certificate": ((GOOD.key_pem,), (
        "certificate: is missing: there is none in what was given",
    )),
    "another key": ((GOOD.certificate_pem, OTHER.key_pem), (
        "private key: does not match: none of the certificates was made for this key",
    )),
    "two keys": ((GOOD.certificate_pem, GOOD.key_pem, OTHER.key_pem), (
        "private key: there are 2 of them; only one can be used",
    )),
    "unreadable, and no complaint about what may be in it": ((b"x", GOOD.key_pem), (
        "file 1: is neither PEM nor DER nor PKCS#12",
    )),
    "a short key": (both(ROOT.issue("short", key=rsa_key(1024))), (
        'certificate "short": its key is too short: RSA 1024, at least 2048 bits are needed',
    )),
    "a curve that TLS does not know": (both(curve(ec.SECP256K1())), (
        'certificate "odd": its key is on the curve secp256k1; TLS knows P-256, P-384, P-521',
    )),
    "a kind of key that wallboxes do not know": (with_ed25519(), (
        'certificate "other": its key is of kind Ed25519; wallboxes know RSA and ECDSA',
    )),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "reasons"), REFUSED.values(), ids=REFUSED)
async def test_a_certificate_that_cannot_be_used_is_refused_and_nothing_changed_P22(
    parts: tuple[bytes, ...], reasons: tuple[str, ...], tmp_path: Path
) -> None:
    vault = vault_in(started_once(tmp_path))
    await vault.open()
    before = vault.held(SERVER_SET), files_below(tmp_path)
    with pytest.raises(ConfigError) as refused:
        await vault.import_own(SERVER_SET, Material(parts))
    assert tuple(map(str, refused.value.problems)) == reasons
    assert (vault.held(SERVER_SET), files_below(tmp_path)) == before


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_an_expired_certificate_says_since_when_P22(tmp_path: Path) -> None:
    pair = ROOT.issue("old", life=EXPIRED)
    end = pair.certificate.not_valid_after_utc
    reasons = await reasons_of(vault_in(tmp_path).import_own, both(pair))
    assert reasons == [
        f'certificate "old": has expired: it was valid until {end:%Y-%m-%d %H:%M} UTC'
    ]


async def test_a_certificate_that_is_not_valid_yet_says_what_the_clock_says_P22(
    tmp_path: Path,
) -> None:
    (reason,) = await reasons_of(
        vault_in(tmp_path).import_own, both(ROOT.issue("new", life=NOT_YET))
    )
    assert reason.startswith('certificate "new": is not valid yet: it is from ')
    assert "and this machine's clock says " in reason


async def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    pair = ROOT.issue("old", life=EXPIRED, key=rsa_key(1024))
    reasons = await reasons_of(
        vault_in(tmp_path).import_own, (pair.certificate_pem, OTHER.key_pem, GOOD.key_pem)
    )
    assert len(reasons) == 4


async def reasons_of(
    importing: Callable[[str, Material], Awaitable[object]], parts: tuple[bytes, ...]
) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        await importing("north", Material(parts))
    return [str(problem) for problem in refused.value.problems]


async def test_an_authority_that_could_vouch_for_nobody_is_refused_P24(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    weak = ROOT.issue("weak", key=rsa_key(1024))
    old = ROOT.issue("old", life=EXPIRED)
    assert await reasons_of(vault.import_authorities, ()) == [
        "certificate: is missing: there is none in what was given"
    ]
    assert len(await reasons_of(vault.import_authorities, (weak.certificate_pem, b"x"))) == 2
    assert len(await reasons_of(vault.import_authorities, (old.certificate_pem,))) == 1
    assert vault.held("north") == ()


@pytest_asyncio.fixture
async def vault(tmp_path: Path) -> Vault:
    vault = vault_in(started_once(tmp_path))
    await vault.open()
    return vault


async def test_an_imported_certificate_takes_the_place_of_the_self_signed_ones_P22(
    vault: Vault, tmp_path: Path
) -> None:
    await vault.import_own(SERVER_SET, Material(both(GOOD)))
    (held,) = vault.held(SERVER_SET)
    assert held.origin is Origin.IMPORTED
    assert held.facts.common_name == "manager"
    assert list(files_below(tmp_path)) == ["own-ecdsa.pem"]


async def test_a_certificate_of_each_kind_of_key_can_be_imported_R33(vault: Vault) -> None:
    with_rsa = ROOT.issue("manager", key=rsa_key())
    await vault.import_own(SERVER_SET, Material(both(GOOD)))
    await vault.import_own(SERVER_SET, Material(both(with_rsa)))
    assert [held.facts.key for held in vault.held(SERVER_SET)] == ["RSA 2048", "ECDSA P-256"]


async def test_a_second_one_of_the_same_kind_takes_the_first_ones_place(vault: Vault) -> None:
    await vault.import_own(SERVER_SET, Material(both(GOOD)))
    await vault.import_own(SERVER_SET, Material(both(OTHER)))
    assert [held.facts.common_name for held in vault.held(SERVER_SET)] == ["other"]


async def test_a_renewed_certificate_needs_no_key_where_that_is_here(vault: Vault) -> None:
    await vault.import_own(SERVER_SET, Material(both(GOOD)))
    renewed = ROOT.issue("renewed", key=GOOD.key)
    await vault.import_own(SERVER_SET, Material((renewed.certificate_pem,)))
    assert [held.facts.common_name for held in vault.held(SERVER_SET)] == ["renewed"]


async def test_of_a_chain_the_intermediates_are_sent_in_their_order_and_the_root_is_not(
    vault: Vault,
) -> None:
    first, second, leaf = chain_of_three()
    parts = (ROOT.certificate_pem, second.certificate_pem, leaf.key_pem, OTHER.certificate_pem)
    await vault.import_own(
        SERVER_SET, Material((*parts, first.certificate_pem, leaf.certificate_pem))
    )
    (held,) = vault.held(SERVER_SET)
    assert [facts.common_name for facts in held.chain] == ["second", "first"]
    pem = vault.pem(SERVER_SET, held.facts.id)
    assert pem is not None
    assert [pem.count("BEGIN CERTIFICATE"), pem.count("PRIVATE")] == [3, 0]


def chain_of_three() -> tuple[Pair, Pair, Pair]:
    first = Root.make("first").under(ROOT)
    second = Root.make("second").under(first)
    return first, second, second.issue("leaf")


async def test_two_authorities_that_vouch_for_each_other_come_once_each(vault: Vault) -> None:
    one, other = Root.make("one"), Root.make("other")
    leaf = one.issue("leaf")
    pem = one.under(other).certificate_pem + other.under(one).certificate_pem
    (held,) = await vault.import_own(SERVER_SET, Material((*both(leaf), pem)))
    assert [facts.common_name for facts in held.chain] == ["one", "other"]


async def test_authorities_are_believed_once_each_and_keep_their_origin_R37(vault: Vault) -> None:
    given = Material((ROOT.certificate_pem, OTHER.certificate_pem))
    first = await vault.import_authorities("north", given)
    again = await vault.import_authorities("north", given, Origin.INSTALLED)
    assert first == again == vault.held("north")
    assert {(held.role, held.origin) for held in again} == {(Role.AUTHORITY, Origin.IMPORTED)}
    assert [held.facts.is_authority for held in again] == [True, False]


async def test_an_encrypted_key_asks_for_its_passphrase_and_is_kept_without_it(
    vault: Vault, tmp_path: Path
) -> None:
    locked = GOOD.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"geheim")
    )
    secret = Material((GOOD.certificate_pem, locked))
    with pytest.raises(PassphraseNeeded):
        await vault.import_own("north", secret)
    assert vault.held("north") == ()
    await vault.import_own("north", Material(secret.parts, "geheim"))
    assert "ENCRYPTED" not in (tmp_path / "north/own-ecdsa.pem").read_text()


async def test_a_self_signed_certificate_of_a_person_is_an_imported_one(vault: Vault) -> None:
    await vault.import_own(SERVER_SET, Material(both(self_signed("mine"))))
    assert [held.origin for held in vault.held(SERVER_SET)] == [Origin.IMPORTED]
