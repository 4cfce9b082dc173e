from pathlib import Path

import pytest

from wattgate.adapters.files import folder as folder_module
from wattgate.adapters.files.folder import DataFolder


def test_r87_only_we_can_read_what_passes_through(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "files")
    folder.path("x").write_bytes(b"x")
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


def test_r87_a_complete_file_gets_its_lasting_name(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "files")
    folder.path("x.part").write_bytes(b"content")
    folder.keep("x.part", "x")
    assert [each.name for each in (tmp_path / "files").iterdir()] == ["x"]
    assert folder.path("x").read_bytes() == b"content"


def test_r87_a_power_cut_takes_neither_a_file_nor_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in it first: a name alone would be an empty file afterwards."""
    folder, synced = DataFolder(tmp_path / "files"), []

    def fsync(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        synced.append((name, (tmp_path / "files" / "x").exists()))

    monkeypatch.setattr("os.fsync", fsync)
    folder.path("x.part").write_bytes(b"content")
    folder.keep("x.part", "x")
    assert synced == [("x.part", False), ("files", True)]


def test_r87_what_a_kill_left_behind_is_removed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "files")
    folder.keep_only(())  # before there is one
    for name in ("kept", "kept.part", "other"):
        folder.path(name).touch()
    folder.keep_only({"kept"})
    assert [each.name for each in (tmp_path / "files").iterdir()] == ["kept"]
    folder.remove("never there")


@pytest.mark.parametrize(("spare", "has_room"), [(0, True), (2**62, False)])
def test_r87_a_file_never_fills_the_disk(
    tmp_path: Path, spare: int, has_room: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "SPARE_BYTES", spare)
    assert DataFolder(tmp_path / "files").has_room_for(1) is has_room
