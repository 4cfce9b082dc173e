from pathlib import Path

import pytest

from wattgate.core.backend.memory import Memory
from wattgate.core.errors import ConfigError
from wattgate.runtime.ends.state_file import StateFile


def test_a_file_that_is_not_there_yet_is_no_memory(tmp_path: Path) -> None:
    assert StateFile(tmp_path / "state.json").read() is None


def test_the_last_memory_saved_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    file.save(Memory(tags={"04a1": "Blocked"}))
    file.save(Memory(tags={"04b2": "Accepted"}))
    assert file.read() == Memory(tags={"04b2": "Accepted"})
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_save_that_fails_leaves_the_old_memory(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    file.save(Memory(tags={"04a1": "Blocked"}))
    (tmp_path / "state.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        file.save(Memory())
    assert file.read() == Memory(tags={"04a1": "Blocked"})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"no json"])
def test_another_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        StateFile(path).read()
    assert caught.value.problems[0].path == str(path)


def test_a_directory_is_no_state_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        StateFile(tmp_path).read()
