"""What lies on disk: there from the start, whole or not at all, readable for nobody else (P21)."""

import errno
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs
from tests.support.certificates import Pair, Root, rsa_key
from tests.support.descriptors import out_of_descriptors
from tests.support.vaults import SetClock, started_once, vault_in

from wattgate.adapters.certificates.machine import machine_names
from wattgate.adapters.certificates.vault import Vault
from wattgate.core.errors import ConfigError
from wattgate.core.security.certificates import SERVER_SET, Held, Origin, Role
from wattgate.core.security.host_names import is_host
from wattgate.ports.certificates import Material
from wattgate.ports.store import StoreFailed

pytestmark = pytest.mark.asyncio

ROOT = Root.make("Root")
OWN = ROOT.issue("manager", "localhost")
ODD_NAMES = ["a/b", "..", ".", "Süd 1", "x" * 100, "🔌" * 100, "%2F", "a+b", "a.unfinished"]


def both(pair: Pair) -> Material:
    return Material((pair.certificate_pem, pair.key_pem))


async def opened(folder: Path, *names: str, clock: SetClock | None = None) -> Vault:
    vault = vault_in(folder, clock)
    await vault.open(names)
    return vault


def paths(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def names(folder: Path) -> list[str]:
    return [path.name for path in paths(folder) if path.is_file()]


def own(vault: Vault, set_name: str = SERVER_SET) -> list[Held]:
    return [held for held in vault.held(set_name) if held.role is Role.OWN]


# ----- The server's certificates


async def test_the_first_start_makes_a_certificate_per_kind_of_key_P21_R33(tmp_path: Path) -> None:
    vault = await opened(tmp_path, "manager.local", "192.0.2.7")
    rsa, ecdsa = own(vault)
    assert (rsa.facts.key, ecdsa.facts.key) == ("RSA 2048", "ECDSA P-256")
    for held in (rsa, ecdsa):
        facts = held.facts
        assert held.origin is Origin.SELF_SIGNED
        assert facts.version == 3
        assert facts.is_self_signed
        assert not facts.is_authority
        assert facts.common_name == "manager.local"
        assert facts.names == ("manager.local", "192.0.2.7", "localhost", "127.0.0.1")
        assert SetClock().wall() - facts.not_before > timedelta(hours=23)
        assert facts.not_after - SetClock().wall() > timedelta(days=3640)


async def test_the_next_start_finds_them_again(tmp_path: Path) -> None:
    first = await opened(tmp_path, "manager.local")
    second = await opened(tmp_path, "manager.local")
    assert second.held(SERVER_SET) == first.held(SERVER_SET)


async def test_they_are_made_anew_30_days_before_they_expire_P21(tmp_path: Path) -> None:
    clock = SetClock()
    vault = await opened(tmp_path, clock=clock)
    before = vault.held(SERVER_SET)
    clock.offset = timedelta(days=3619)
    assert not await vault.keep_self_signed()
    clock.offset = timedelta(days=3621)
    assert await vault.keep_self_signed()
    assert {held.facts.id for held in before}.isdisjoint(
        held.facts.id for held in vault.held(SERVER_SET)
    )
    assert not await vault.keep_self_signed()


async def test_they_are_made_anew_where_the_clock_was_wrong_at_the_first_start(
    tmp_path: Path,
) -> None:
    clock = SetClock()
    clock.offset = timedelta(days=400)
    vault = await opened(tmp_path, clock=clock)
    clock.offset = timedelta()
    assert await vault.keep_self_signed()
    assert own(vault)[0].facts.not_before < clock.wall()


async def test_they_stay_where_the_clock_has_lost_the_time_since(tmp_path: Path) -> None:
    """A dead battery and no time server: wallboxes have stored them, and have the right time."""
    clock = SetClock()
    vault = await opened(started_once(tmp_path), clock=clock)
    before = own(vault)
    clock.offset, clock.is_kept = timedelta(days=-9000), False
    assert not await vault.keep_self_signed()
    assert own(await opened(tmp_path, clock=clock)) == before
    clock.is_kept = True
    assert await vault.keep_self_signed()


async def test_they_are_made_anew_for_a_new_name_and_not_for_one_less(tmp_path: Path) -> None:
    vault = await opened(tmp_path, "Manager.local", "2001:DB8:0::1")
    assert own(vault)[0].facts.names[:2] == ("manager.local", "2001:db8::1")
    assert not await vault.keep_self_signed(["2001:db8::1"])
    assert not await vault.keep_self_signed([])
    assert await vault.keep_self_signed(["other.local"])
    assert own(vault)[0].facts.names[0] == "other.local"


async def test_an_imported_one_is_never_touched(tmp_path: Path) -> None:
    clock = SetClock()
    vault = await opened(tmp_path, clock=clock)
    await vault.import_own(SERVER_SET, both(OWN))
    before = vault.held(SERVER_SET)
    clock.offset = timedelta(days=4000)
    assert not await vault.keep_self_signed(["new.local"])
    assert (await opened(tmp_path, "new.local", clock=clock)).held(SERVER_SET) == before


async def test_the_server_s_last_certificate_is_replaced_by_self_signed_ones(
    tmp_path: Path,
) -> None:
    vault = await opened(tmp_path)
    (held,) = await vault.import_own(SERVER_SET, both(OWN))
    assert await vault.remove(SERVER_SET, held.facts.id.upper()) == held
    assert [held.origin for held in own(vault)] == [Origin.SELF_SIGNED] * 2


async def test_this_machine_has_names_that_fit_a_certificate() -> None:
    found = machine_names()
    assert {"localhost", "127.0.0.1"} <= set(found)
    assert all(map(is_host, found))


# ----- Sets


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_a_set_may_have_any_name_and_keeps_it(name: str, tmp_path: Path) -> None:
    vault = await opened(started_once(tmp_path / "certificates"))
    await vault.import_own(name, both(OWN))
    again = await opened(tmp_path / "certificates")
    assert again.set_names() == (SERVER_SET, name)
    assert again.held(name) == vault.held(name)
    assert {path.name for path in paths(tmp_path) if path.parent == tmp_path} == {"certificates"}


async def test_sets_do_not_share_what_they_hold(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await vault.import_authorities("b", Material((ROOT.certificate_pem,)))
    await vault.import_own("a", both(OWN))
    assert vault.set_names() == (SERVER_SET, "a", "b")
    assert [held.role for held in vault.held("a")] == [Role.OWN]
    assert [held.role for held in vault.held("b")] == [Role.AUTHORITY]
    assert vault.held("c") == ()


async def test_a_certificate_is_given_without_its_key(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    (held,) = await vault.import_own("north", both(OWN))
    assert vault.pem("north", held.facts.id) == OWN.certificate_pem.decode()
    assert vault.pem("north", "0" * 16) is None
    assert vault.pem("south", held.facts.id) is None


async def test_what_is_removed_is_gone_from_the_disk(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await vault.import_own("north", both(OWN))
    await vault.import_authorities("north", Material((ROOT.certificate_pem,)))
    for held in vault.held("north"):
        assert await vault.remove("north", held.facts.id) == held
        assert await vault.remove("north", held.facts.id) is None
    assert names(tmp_path / "north") == []
    assert vault.set_names() == (SERVER_SET,)


async def test_nobody_else_can_read_anything(tmp_path: Path) -> None:
    vault = await opened(tmp_path / "data/certificates")
    await vault.import_own("north", both(OWN))
    await vault.begin_request("north", "CP1", "")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths(tmp_path)}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


async def test_what_another_process_changed_is_noticed(tmp_path: Path) -> None:
    running, other = await opened(tmp_path), await opened(tmp_path)
    assert not await running.reload()
    (held,) = await other.import_own("north", both(OWN))
    assert await running.reload()
    assert running.held("north") == (held,)
    assert not await running.reload()
    await other.remove("north", held.facts.id)
    assert await running.reload()
    assert running.held("north") == ()


async def test_the_server_is_never_left_without_a_certificate(tmp_path: Path) -> None:
    running = await opened(tmp_path, "manager.local")
    for path in paths(tmp_path / "server"):
        path.unlink()
    assert await running.reload()
    assert [held.facts.names[0] for held in own(running)] == ["manager.local"] * 2


# ----- Faults of the disk


def truncated(text: str) -> str:
    return text[: len(text) // 2]


def without_key(text: str) -> str:
    return text[text.index("-----BEGIN CERTIFICATE") :]


def with_another_key(_: str) -> str:
    return ROOT.issue("x").key_pem.decode() + OWN.certificate_pem.decode()


def short_key(_: str) -> str:
    weak = ROOT.issue("weak", key=rsa_key(1024))
    return weak.key_pem.decode() + weak.certificate_pem.decode()


DAMAGE: list[Callable[[str], str]] = [
    truncated,
    without_key,
    with_another_key,
    short_key,
    str.upper,
]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda each: each.__name__)
async def test_a_damaged_file_is_set_aside_and_said_and_a_new_certificate_serves(
    damage: Callable[[str], str], tmp_path: Path
) -> None:
    vault = await opened(tmp_path)
    await vault.import_own(SERVER_SET, both(OWN))
    path = tmp_path / "server/own-ecdsa.pem"
    path.write_text(damage(path.read_text()))
    with capture_logs() as said:
        again = await opened(tmp_path)
    assert [held.origin for held in own(again)] == [Origin.SELF_SIGNED] * 2
    assert "own-ecdsa.pem.damaged" in names(tmp_path)
    (event,) = [entry for entry in said if entry["log_level"] == "error"]
    assert event["file"] == "own-ecdsa.pem"
    assert "PRIVATE" not in str(said)


async def test_self_signed_ones_that_a_power_cut_left_beside_a_given_one_do_not_serve(
    tmp_path: Path,
) -> None:
    left = started_once(tmp_path) / "server/own-rsa.pem"
    self_signed = left.read_text()
    vault = await opened(tmp_path)
    await vault.import_own(SERVER_SET, both(OWN))
    left.write_text(self_signed)
    assert [held.origin for held in own(await opened(tmp_path))] == [Origin.IMPORTED]


async def test_a_damaged_authority_or_request_does_not_stop_the_start(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    await vault.import_authorities("north", Material((ROOT.certificate_pem,)))
    await vault.begin_request("north", "CP1", "")
    for path in paths(tmp_path / "north"):
        path.write_bytes(b"\xff\xfe\x00")
    again = await opened(tmp_path)
    assert again.held("north") == ()
    assert all(name.endswith(".damaged") for name in names(tmp_path / "north"))


async def test_what_a_power_cut_left_of_writing_a_key_is_removed(tmp_path: Path) -> None:
    await opened(tmp_path)
    left = tmp_path / "server/tmpx.unfinished"
    left.write_text("half a key")
    await opened(tmp_path)
    assert left.name not in names(tmp_path)


async def test_a_certificate_placed_there_by_hand_is_an_imported_one(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "own-ecdsa.pem").write_bytes(OWN.certificate_pem + OWN.key_pem)
    (held,) = own(await opened(tmp_path))
    assert (held.origin, held.facts.common_name) == (Origin.IMPORTED, "manager")


async def test_without_a_disk_a_self_signed_certificate_serves_all_the_same(
    tmp_path: Path,
) -> None:
    in_the_way = tmp_path / "certificates"
    in_the_way.write_text("a file, where the folder should be")
    with capture_logs() as said:
        vault = await opened(in_the_way)
    assert len(own(vault)) == 2
    assert "counts for this run only" in str(said)
    before = own(vault)
    assert not await vault.reload()
    assert not await vault.keep_self_signed()
    assert own(vault) == before


async def test_with_a_full_disk_the_server_s_certificate_serves_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        vault = await opened(tmp_path)
        before = own(vault)
        assert len(before) == 2
        assert not await vault.reload()
        with pytest.raises(StoreFailed, match="No space left"):
            await vault.import_authorities("north", Material((ROOT.certificate_pem,)))
        with pytest.raises(StoreFailed, match="No space left"):
            await vault.import_authorities(SERVER_SET, Material((ROOT.certificate_pem,)))
        assert own(vault) == before
        assert vault.held("north") == ()
    assert own(vault) == before
    await vault.import_own(SERVER_SET, both(OWN))
    assert own(await opened(tmp_path)) == own(vault)


async def test_what_cannot_be_kept_is_not_confirmed_and_does_not_count(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    (tmp_path / "north").write_text("a file, where the folder should be")
    with pytest.raises(StoreFailed):
        await vault.import_own("north", both(OWN))
    with pytest.raises(StoreFailed):
        await vault.begin_request("north", "CP1", "")
    assert vault.held("north") == ()


async def test_where_only_half_could_be_kept_what_is_on_the_disk_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    vault = await opened(started_once(tmp_path))
    await vault.import_own("north", both(ROOT.issue("former", key=rsa_key())))
    request = await vault.begin_request("north", "CP1", "")
    with monkeypatch.context() as disk:
        disk.setattr(Path, "unlink", stuck)
        with pytest.raises(StoreFailed):
            await vault.finish_request("north", answer(request))
    assert [held.facts.common_name for held in own(vault, "north")] == ["former", "issued"]
    assert own(await opened(tmp_path), "north") == own(vault, "north")


# ----- Signing requests (R37)


def answer(request_pem: str) -> str:
    request = x509.load_pem_x509_csr(request_pem.encode())
    assert request.is_signature_valid
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issued")]))
        .issuer_name(ROOT.certificate.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ROOT.certificate.not_valid_before_utc)
        .not_valid_after(ROOT.certificate.not_valid_after_utc)
    )
    return builder.sign(ROOT.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


async def test_the_answer_to_a_request_becomes_the_only_own_certificate_R37(
    tmp_path: Path,
) -> None:
    vault = await opened(tmp_path)
    await vault.import_own("north", both(ROOT.issue("former", key=rsa_key())))
    request = await vault.begin_request("north", "CP1", "Köln GmbH")
    held = await vault.finish_request("north", answer(request))
    assert (held.origin, held.facts.common_name) == (Origin.INSTALLED, "issued")
    assert own(vault, "north") == [held]
    assert "request.pem" not in names(tmp_path)


async def test_a_request_outlives_a_restart_R37(tmp_path: Path) -> None:
    request = await (await opened(tmp_path)).begin_request("north", "CP1", "")
    held = await (await opened(tmp_path)).finish_request("north", answer(request))
    assert held.facts.common_name == "issued"


async def test_the_former_certificate_can_come_back_once_and_again_R37(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    (former,) = await vault.import_own("north", both(ROOT.issue("former", key=rsa_key())))
    new = await vault.finish_request("north", answer(await vault.begin_request("north", "a", "")))
    await vault.swap_former("north")
    assert own(vault, "north") == [former]
    again = await opened(tmp_path)
    assert own(again, "north") == [former]
    await again.swap_former("north")
    assert own(again, "north") == [new]
    await again.forget_former("north")
    await again.forget_former("north")
    assert names(tmp_path / "north") == ["own-ecdsa.pem"]
    await again.swap_former("north")
    assert own(again, "north") == []


async def test_where_there_was_none_before_none_comes_back_R37(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    new = await vault.finish_request("north", answer(await vault.begin_request("north", "a", "")))
    await vault.swap_former("north")
    assert own(vault, "north") == []
    await vault.swap_former("north")
    assert own(vault, "north") == [new]


async def test_a_person_may_bring_the_answer_as_well(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    request = await vault.begin_request("north", "CP1", "")
    (held,) = await vault.import_own("north", Material((answer(request).encode(),)))
    assert held.origin is Origin.IMPORTED
    assert names(tmp_path / "north") == ["own-ecdsa.pem"]


async def test_what_answers_no_request_of_ours_is_refused_R37(tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    with pytest.raises(ConfigError, match="no request is open"):
        await vault.finish_request("north", OWN.certificate_pem.decode())
    old = await vault.begin_request("north", "CP1", "")
    await vault.begin_request("north", "CP1", "")
    with pytest.raises(ConfigError, match="private key"):
        await vault.finish_request("north", answer(old))
    with pytest.raises(ConfigError, match="is not PEM"):
        await vault.finish_request("north", "hello")
    assert own(vault, "north") == []


@pytest.mark.parametrize("name", ["", "x" * 65])
async def test_a_name_that_fits_no_certificate_is_refused(name: str, tmp_path: Path) -> None:
    vault = await opened(tmp_path)
    with pytest.raises(ConfigError, match="name: does not fit a certificate"):
        await vault.begin_request("north", name, "")


# ----- No descriptors


async def test_a_flood_that_takes_all_descriptors_takes_no_certificate_s3(tmp_path: Path) -> None:
    """Otherwise no wallbox would get in over TLS any more, until somebody starts us again."""
    vault = await opened(tmp_path)
    await vault.import_authorities(SERVER_SET, Material((ROOT.certificate_pem,)))
    for name in ODD_NAMES:
        await vault.import_authorities(name, Material((ROOT.certificate_pem,)))
    before, held = names(tmp_path), {name: vault.held(name) for name in vault.set_names()}
    with out_of_descriptors(), pytest.raises(OSError, match="Too many open files"):
        await vault.reload()
    assert {name: vault.held(name) for name in vault.set_names()} == held
    assert not await vault.reload()
    assert names(tmp_path) == before


async def test_a_file_that_cannot_be_read_for_want_of_descriptors_is_not_damaged_s3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = await opened(tmp_path)
    held = vault.held(SERVER_SET)
    for path in paths(tmp_path):
        os.utime(path)
    before = names(tmp_path)

    def refuse(*_: object, **__: object) -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="Too many open files"):
        patch.setattr(Path, "read_text", refuse)
        await vault.reload()
    assert names(tmp_path) == before
    assert await vault.reload()
    assert vault.held(SERVER_SET) == held
