from pathlib import Path

import pytest

from wattgate.adapters.hardware.meter_key import KEY
from wattgate.adapters.hardware.wallbox_folder import KEPT
from wattgate.cli.wallbox_memory import memory
from wattgate.core.errors import ConfigError
from wattgate.core.wallbox.brain_keeping import FORMAT, KeptBrain, kept_brain_text
from wattgate.core.wallbox.keeping import FORMAT as CHARGE_POINT_FORMAT
from wattgate.core.wallbox.modbus_side import Stored
from wattgate.core.wallbox.sealing import sealed


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


def test_what_is_damaged_is_set_aside_and_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, text in ((1, "damaged"), (2, "also")):
        (tmp_path / KEPT).write_text(text)
        with memory(tmp_path, None, signs=False) as kept:
            assert kept.keep is not None
            kept.keep("new")
        assert (tmp_path / f"{KEPT}.damaged-{number}").read_text() == text
        assert f"{KEPT}.damaged-{number}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        sealed({}, FORMAT + 1),
        kept_brain_text(KeptBrain(sealed({}, CHARGE_POINT_FORMAT + 1), Stored(), 1)),
    ],
)
def test_what_a_later_version_kept_stays_as_it_is(text: str, tmp_path: Path) -> None:
    (tmp_path / KEPT).write_text(text)
    with pytest.raises(ConfigError, match="start the version"), memory(tmp_path, None, signs=False):
        pass
    assert (tmp_path / KEPT).read_text() == text
