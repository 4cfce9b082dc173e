"""Files are whole or not there, and nobody else can read them, whatever happens to the disk."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from wattgate.adapters.certificates import files
from wattgate.ports.store import StoreFailed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_written_whole_and_secret_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a/b/key.pem"
    files.write(path, "first")
    files.write(path, "second")
    assert path.read_text() == "second"
    assert [mode(each) for each in (path, path.parent, path.parent.parent)] == [
        0o600, 0o700, 0o700,
    ]  # fmt: skip
    assert list(path.parent.iterdir()) == [path]


def broken(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_without_space_the_former_file_stays_and_nothing_is_left_behind(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    files.write(path, "first")
    with monkeypatch.context() as disk:
        disk.setattr(os, step, broken)
        with pytest.raises(StoreFailed, match=r"key.pem could not be kept: No space left"):
            files.write(path, "second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_removed_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreFailed):
        files.remove(tmp_path / "folder")
    files.remove(tmp_path / "never there")
    files.remove(tmp_path / "no folder either/x")


def test_what_cannot_be_set_aside_stays(tmp_path: Path) -> None:
    assert files.set_aside(tmp_path / "never there") is None


def test_what_somebody_put_there_by_hand_becomes_secret(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "own-rsa.pem"
    path.write_text("key")
    path.chmod(0o644)
    files.protect(tmp_path)
    assert (mode(path), mode(tmp_path)) == (0o600, 0o700)


NAMES: dict[str, Callable[[str], bool]] = {
    "server": lambda folder: folder == "server",
    "../../etc": lambda folder: "/" not in folder and "." not in folder,
    "": lambda folder: True,
    "a" * 300: lambda folder: len(folder) < 200,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_folder_below_the_root_and_can_be_read_back(
    name: str, tmp_path: Path
) -> None:
    folder = files.folder_of(tmp_path / "sets", name)
    files.remember_name(folder, name)
    assert folder.parent == tmp_path / "sets"
    assert files.name_of(folder) == name
    assert NAMES[name](folder.name)


def test_two_long_names_that_begin_alike_have_two_folders(tmp_path: Path) -> None:
    one, other = "a" * 300, "a" * 300 + "b"
    assert files.folder_of(tmp_path, one) != files.folder_of(tmp_path, other)
