"""The key under which passwords are kept, on a real disk (S4)."""

import os
from pathlib import Path

import pytest

from wattgate.adapters.keyfile import open_folder, password_key
from wattgate.ports.store import StoreFailed


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_first_start_makes_a_key_for_its_user_only_and_the_next_one_reads_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secret.key"
    key = password_key(path)
    assert len(key.secret) == 32
    assert mode_of(path) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]
    assert password_key(path) == key


def test_two_sites_have_two_keys(tmp_path: Path) -> None:
    assert password_key(tmp_path / "a") != password_key(tmp_path / "b")


def test_what_a_killed_start_left_unfinished_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    (tmp_path / "secret.key.new").write_bytes(b"00")
    key = password_key(path)
    assert password_key(path) == key
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_a_person_has_typed_needs_no_line_end(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text("0f" * 32)
    assert password_key(path).secret == b"\x0f" * 32


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text("0f" * 32)
    path.chmod(0o644)
    assert password_key(path).secret == b"\x0f" * 32
    assert mode_of(path) == 0o600


@pytest.mark.parametrize("damage", ["", "0f" * 31, "0f" * 33, "zz" * 32, "0f" * 32 + "\n\n"])
def test_a_damaged_key_is_told_and_never_replaced(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "secret.key"
    path.write_text(damage)
    with pytest.raises(StoreFailed, match=r"secret\.key is damaged.*in the site file again"):
        password_key(path)
    assert path.read_text() == damage


def test_a_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(StoreFailed, match=r"secret\.key: Is a directory"):
        password_key(tmp_path / "secret.key")


def test_a_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match=r"secret\.key: No such file"):
        password_key(tmp_path / "missing" / "secret.key")


@pytest.mark.parametrize("before", [None, 0o755, 0o770, 0o700])
def test_nobody_else_may_look_into_the_data_folder(tmp_path: Path, before: int | None) -> None:
    folder = tmp_path / "var" / "data"
    if before is not None:
        folder.mkdir(parents=True)
        folder.chmod(before)
    assert open_folder(folder)
    assert mode_of(folder) == 0o700


def test_a_folder_of_another_user_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "chmod", refused)
    assert not open_folder(tmp_path)
    assert mode_of(tmp_path) == 0o755
