"""What the software wallbox has in its data folder; without one it has it for this run only."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir
from typing import Final

import typer

from wattgate.adapters.data_folder import FolderInUse, working_on
from wattgate.adapters.hardware.meter_key import MeterKey, meter_key, new_meter_key
from wattgate.adapters.hardware.wallbox_folder import WallboxFolder
from wattgate.adapters.keyfile import open_folder
from wattgate.core.errors import ConfigError, Problem
from wattgate.core.wallbox.brain_keeping import check_kept_brain
from wattgate.core.wallbox.sealing import Damaged, Newer
from wattgate.core.wallbox.signing import Signing

_KEYS: Final = "keys"


@dataclass(frozen=True, slots=True)
class Memory:
    """What it knows from before, and where it goes.

    `folder` is None where nothing is kept. `kept` is the text of the last `keep`, None where there
    is none; `signing` signs its readings; `keys_folder` is where certificates go that it gets over
    OCPP.
    """

    folder: Path | None
    kept: str | None
    keep: Callable[[str], None] | None
    signing: Signing | None
    keys_folder: Path


@contextmanager
def memory(data: Path | None, keys_folder: Path | None, *, signs: bool) -> Iterator[Memory]:
    """Open a data folder, for this process alone; without one what is made is gone at the end.

    Raises:
        ConfigError: the folder cannot be used, or another process does.
    """
    if data is None:
        with _folder_of_this_run() as passing:
            signing = _signing(new_meter_key()) if signs else None
            yield Memory(None, None, None, signing, keys_folder or passing)
        return
    with ExitStack() as stack:
        try:
            open_folder(data)
            stack.enter_context(working_on(data))
        except (OSError, FolderInUse) as error:
            raise ConfigError([Problem(f"--data {data}", str(error))]) from error
        folder = WallboxFolder(data)
        kept = folder.read()
        if kept is not None:
            _check(kept, folder, data)
        signing = _signing(meter_key(data)) if signs else None
        yield Memory(data, kept, folder.save, signing, keys_folder or data / _KEYS)


def _check(kept: str, folder: WallboxFolder, data: Path) -> None:
    """Messages that nobody was billed for may be in it: it is not written over unless it is used.

    Raises:
        ConfigError: a later version kept it, or it cannot be set aside.
    """
    try:
        check_kept_brain(kept)
    except Newer as newer:
        words = f"{newer}: start the version that it was used with last"
        raise ConfigError([Problem(f"--data {data}", words)]) from newer
    except Damaged as damaged:
        try:
            aside = folder.set_aside()
        except OSError as error:
            raise ConfigError([Problem(f"--data {data}", str(error))]) from error
        typer.echo(f"--data {data}: {damaged}; it is {aside.name} now", err=True)


def _signing(key: MeterKey) -> Signing:
    return Signing(key.sign, key.public_key)


@contextmanager
def _folder_of_this_run() -> Iterator[Path]:
    """Where keys live that are not to be kept: there once the first one is made, gone at the end.

    A wallbox that never makes one leaves nothing behind, however it ends.
    """
    folder = Path(gettempdir()) / f"wattgate-wallbox-{token_hex(16)}"
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
