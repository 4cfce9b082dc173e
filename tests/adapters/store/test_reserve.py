"""Disk space that is kept aside, and given back once."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest
from tests.support.tiny_disk import fill, tiny_disk

from wattgate.adapters.store.reserve import Reserve, is_out_of_space

MIB = 1024 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wattgate.db.reserve"


def allocated_b(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_the_space_is_really_taken_and_given_back_once(path: Path) -> None:
    reserve = Reserve(path)
    assert reserve.keep(MIB)
    assert allocated_b(path) >= MIB
    assert reserve.size_b == MIB
    assert reserve.release()
    assert not path.exists()
    assert not reserve.release()
    assert reserve.size_b == 0


def test_one_of_an_earlier_life_is_kept_as_it_is(path: Path) -> None:
    assert Reserve(path).keep(MIB)
    before = path.stat().st_ino
    assert Reserve(path).keep(MIB)
    assert path.stat().st_ino == before


@pytest.mark.parametrize(("first", "second"), [(MIB, 2 * MIB), (2 * MIB, MIB), (MIB, 0), (0, MIB)])
def test_another_size_replaces_it(path: Path, first: int, second: int) -> None:
    reserve = Reserve(path)
    assert reserve.keep(first)
    assert reserve.keep(second)
    assert reserve.size_b == second
    assert path.exists() is (second > 0)


def test_a_hole_is_no_reserve(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MIB)
    assert Reserve(path).size_b < MIB
    assert Reserve(path).keep(MIB)
    assert allocated_b(path) >= MIB


def test_a_folder_that_is_gone_or_a_disk_that_refuses_has_no_reserve(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.mkdir()
    assert not Reserve(path).keep(8 * MIB)
    path.rmdir()

    def refuse(_fd: int, _offset: int, _size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert not Reserve(path).keep(MIB)
    assert not path.exists()


def test_no_reserve_is_made_unless_as_much_again_stays_free(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", size_mib=4) as disk:
        reserve = Reserve(disk / "reserve")
        assert not reserve.keep(3 * MIB)
        assert reserve.keep(MIB)
        taken = fill(disk)
        with pytest.raises(OSError, match="No space"):
            (disk / "more").write_bytes(b"x" * 4096)
        assert reserve.release()
        (disk / "more").write_bytes(b"x" * 4096)
        assert not reserve.keep(MIB)
        taken.unlink()
        assert reserve.keep(MIB)


class Wrapping(Exception):  # noqa: N818 - as SQLAlchemy's
    """An error with the driver's inside."""

    orig: sqlite3.Error


def full() -> sqlite3.Error:
    """The driver's own error of a database that may not grow."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count=2")
    try:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (zeroblob(90000))")
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError("it had room")


def test_only_what_space_may_cure_is_out_of_space() -> None:
    wrapping = Wrapping()
    wrapping.orig = full()
    assert is_out_of_space(full())
    assert is_out_of_space(wrapping)
    assert not is_out_of_space(sqlite3.OperationalError("made by hand"))
    assert not is_out_of_space(OSError(errno.ENOSPC, "no error of SQLite"))
    assert not is_out_of_space(None)
