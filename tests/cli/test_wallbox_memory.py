from pathlib import Path

import pytest

from wattgate.adapters.hardware.meter_key import KEY
from wattgate.adapters.hardware.wallbox_folder import KEPT
from wattgate.cli.wallbox_memory import memory
from wattgate.core.errors import ConfigError


def test_what_was_kept_and_the_key_are_there_again(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    with memory(data, None, signs=True) as first:
        assert first.kept is None
        assert first.keep is not None
        assert first.signing is not None
        assert first.keys_folder == data / "keys"
        first.keep("text")
    with memory(data, tmp_path, signs=True) as again:
        assert again.kept == "text"
        assert again.signing is not None
        assert again.signing.public_key == first.signing.public_key
        assert again.keys_folder == tmp_path
    with memory(data, None, signs=False) as unsigned:
        assert unsigned.signing is None


def test_without_a_folder_nothing_is_left_behind(tmp_path: Path) -> None:
    with memory(None, None, signs=True) as passing:
        assert (passing.folder, passing.kept, passing.keep) == (None, None, None)
        assert passing.signing is not None
        passing.keys_folder.mkdir()
    assert not passing.keys_folder.exists()
    with memory(None, tmp_path, signs=False) as passing:
        assert (passing.keys_folder, passing.signing) == (tmp_path, None)
    assert tmp_path.exists()


def test_two_processes_cannot_share_a_folder(tmp_path: Path) -> None:
    with (
        memory(tmp_path, None, signs=False),
        pytest.raises(ConfigError, match="is in use by another wattgate process"),
        memory(tmp_path, None, signs=False),
    ):
        pass


@pytest.mark.parametrize(("name", "words"), [(KEPT, "cannot be read"), (KEY, "no private key")])
def test_files_that_are_damaged_are_named(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=words), memory(tmp_path, None, signs=True):
        pass


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigError, match=r"--data .*file/data"),
        memory(tmp_path / "file" / "data", None, signs=False),
    ):
        pass
