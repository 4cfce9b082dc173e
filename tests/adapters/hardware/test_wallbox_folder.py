import stat
from pathlib import Path

import pytest

from wattgate.adapters.hardware.wallbox_folder import KEPT, WallboxFolder
from wattgate.core.errors import ConfigError


def test_what_was_saved_last_is_read_and_nobody_else_may(tmp_path: Path) -> None:
    folder = WallboxFolder(tmp_path)
    assert folder.read() is None
    folder.save('{"a": 1}')
    folder.save('{"b": "ä"}')
    assert WallboxFolder(tmp_path).read() == '{"b": "ä"}'
    assert [path.name for path in tmp_path.iterdir()] == [KEPT]
    assert stat.S_IMODE((tmp_path / KEPT).stat().st_mode) == 0o600


def test_what_a_killed_process_left_half_written_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f"{KEPT}.new").write_text('{"half')
    folder = WallboxFolder(tmp_path)
    folder.save("whole")
    assert folder.read() == "whole"


def test_a_save_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    folder = WallboxFolder(tmp_path)
    folder.save("old")
    (tmp_path / f"{KEPT}.new").mkdir()  # cannot be written, not even by root
    with pytest.raises(OSError, match=KEPT):
        folder.save("new")
    assert folder.read() == "old"


def test_bytes_that_are_no_text_are_a_problem_with_the_files_name(tmp_path: Path) -> None:
    (tmp_path / KEPT).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=KEPT):
        WallboxFolder(tmp_path).read()
