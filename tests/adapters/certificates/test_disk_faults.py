"""What lies on disk when files cannot be opened, are damaged, or are put there by somebody else."""

import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.support.certificates import Pair, Root
from tests.support.descriptors import out_of_descriptors
from tests.support.vaults import SetClock, started_once, vault_in

from wattgate.adapters.certificates.authority import BuiltInAuthority
from wattgate.adapters.certificates.vault import Vault
from wattgate.core.security.certificates import SERVER_SET, Held, Role
from wattgate.ports.certificates import Issued, Material
from wattgate.ports.store import StoreFailed

pytestmark = pytest.mark.asyncio

ROOT = Root.make("Root")
OWN = ROOT.issue("manager", "localhost")


def both(pair: Pair) -> Material:
    return Material((pair.certificate_pem, pair.key_pem))


async def vault_at(folder: Path) -> Vault:
    vault = vault_in(folder)
    await vault.open()
    return vault


async def authority_at(folder: Path) -> BuiltInAuthority:
    authority = BuiltInAuthority(folder / "authority", SetClock())
    await authority.open()
    return authority


async def made_at(folder: Path) -> BuiltInAuthority:
    authority = await authority_at(folder)
    await authority.create("Root", "", 3650)
    return authority


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def own(vault: Vault) -> list[Held]:
    return [held for held in vault.held(SERVER_SET) if held.role is Role.OWN]


def der(issued: Issued) -> bytes:
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(issued.certificate_pem.partition(end)[0] + end)


async def test_a_change_that_cannot_be_made_for_want_of_descriptors_changes_nothing_s3(
    tmp_path: Path,
) -> None:
    vault = await vault_at(started_once(tmp_path))
    await vault.import_own(SERVER_SET, both(OWN))
    before, kept = own(vault), names(tmp_path)
    root = Material((ROOT.certificate_pem,))
    for _ in range(2):
        with out_of_descriptors(), pytest.raises(StoreFailed, match="Too many open files"):
            await vault.import_authorities(SERVER_SET, root)
    assert (own(vault), names(tmp_path)) == (before, kept)
    await vault.import_authorities(SERVER_SET, root)
    assert own(await vault_at(tmp_path)) == before


async def test_what_was_put_there_under_a_name_of_its_own_goes_when_it_is_removed(
    tmp_path: Path,
) -> None:
    vault = await vault_at(started_once(tmp_path))
    place = tmp_path / "north"
    place.mkdir()
    (place / "own-mine.pem").write_bytes(OWN.certificate_pem + OWN.key_pem)
    (place / "authority-mine.pem").write_bytes(ROOT.certificate_pem)
    assert await vault.reload()
    (held,) = (each for each in vault.held("north") if each.role is Role.AUTHORITY)
    await vault.remove("north", held.facts.id)
    again = await vault_at(tmp_path)
    assert [each.facts.common_name for each in again.held("north")] == ["manager"]
    assert names(place) == ["own-ecdsa.pem"]


async def test_a_change_by_hand_just_before_another_is_not_lost(tmp_path: Path) -> None:
    vault = await vault_at(started_once(tmp_path))
    await vault.import_own("north", both(OWN))
    (tmp_path / "north/authority-mine.pem").write_bytes(ROOT.certificate_pem)
    await vault.import_own("north", both(OWN))
    roles = [each.role for each in vault.held("north")]
    assert roles == [Role.OWN, Role.AUTHORITY]
    assert vault.held("north") == (await vault_at(tmp_path)).held("north")


async def test_what_was_revoked_stays_so_where_its_record_is_damaged(tmp_path: Path) -> None:
    authority = await made_at(tmp_path)
    bad, worse = [await authority.issue_client(name, "", 365) for name in ("CP1", "CP2")]
    await authority.revoke(bad.facts.id)
    record = tmp_path / f"authority/issued/{bad.facts.id}.pem"
    record.write_text(record.read_text().replace("revoked: ", "revoked: x"))
    again = await authority_at(tmp_path)
    assert [each.facts.common_name for each in again.issued()] == ["CP2"]
    assert again.is_revoked(der(bad))
    assert not again.is_revoked(der(worse))
    await again.revoke(worse.facts.id)
    for each in (bad, worse):
        assert (await authority_at(tmp_path)).is_revoked(der(each))


async def test_a_damaged_list_is_said_and_the_records_still_count(tmp_path: Path) -> None:
    authority = await made_at(tmp_path)
    issued = await authority.issue_client("CP1", "", 365)
    await authority.revoke(issued.facts.id)
    (tmp_path / "authority/revoked.crl").write_text("no list")
    with capture_logs() as said:
        again = await authority_at(tmp_path)
    assert "list of revoked certificates cannot be read" in str(said)
    assert again.is_revoked(der(issued))


async def test_nothing_is_revoked_or_made_anew_for_want_of_descriptors_s3(tmp_path: Path) -> None:
    authority = await made_at(tmp_path)
    issued = await authority.issue_client("CP1", "", 365)
    before, kept = (authority.certificate(), authority.issued()), names(tmp_path)
    for change in (
        lambda: authority.revoke(issued.facts.id),
        lambda: authority.issue_client("CP2", "", 365),
    ):
        with out_of_descriptors(), pytest.raises(StoreFailed, match="Too many open files"):
            await change()
    assert (authority.certificate(), authority.issued()) == before
    assert names(tmp_path) == kept
    assert await authority.revoke(issued.facts.id) is not None


async def test_what_somebody_else_has_just_put_there_counts_with_the_next_change(
    tmp_path: Path,
) -> None:
    running, other = await made_at(tmp_path), await authority_at(tmp_path)
    issued = await other.issue_client("CP1", "", 365)
    await running.issue_client("CP2", "", 365)
    assert len(running.issued()) == 2
    assert await running.revoke(issued.facts.id) is not None
