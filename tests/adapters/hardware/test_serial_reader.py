"""The reader on a pseudo-terminal: what a serial line is to a program."""

import asyncio
import os
import pty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from wattgate.adapters.hardware import serial_reader
from wattgate.adapters.hardware.serial_reader import MOST_CARDS, SerialCardReader
from wattgate.core.modbus.places import SerialPlace
from wattgate.runtime.supervisor import Supervisor

LIMIT_S = 30


class Line:
    """A pseudo-terminal behind a name that stays, as udev gives one to a USB reader."""

    def __init__(self, folder: Path) -> None:
        self.name = folder / "reader"
        self._ends: list[int] = []

    def plug_in(self) -> None:
        self._ends = list(pty.openpty())
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(self._ends[1]))

    def send(self, data: bytes) -> None:
        os.write(self._ends[0], data)

    def pull(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                os.close(end)
        self._ends = []


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    yield line
    line.pull()


@pytest.mark.asyncio
async def test_cards_are_told_whatever_comes_between_them_and_a_reader_may_come_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_reader, "RETRY_S", 0)
    changes: asyncio.Queue[str] = asyncio.Queue()
    reader = SerialCardReader(SerialPlace(str(line.name)), changes.put_nowait)
    async with asyncio.timeout(LIMIT_S), Supervisor() as tasks:
        tasks.spawn(reader.run(), name="reader")
        assert str(line.name) in await changes.get()  # not there yet
        for _ in range(50):
            await asyncio.sleep(0)
        assert changes.empty()  # though it was tried again and again
        line.plug_in()
        assert await changes.get() == f"card reader {line.name},9600,8N1: reads"
        line.send(b"\x0204A1B2C3\x03\xff\xff\n")
        assert await reader.next_card() == "04A1B2C3"
        line.send(b"".join(b"%d\n" % number for number in range(1, 11)))
        assert await reader.next_card() == "1"
        line.pull()
        assert str(line.name) in await changes.get()
        line.plug_in()
        assert await changes.get() == f"card reader {line.name},9600,8N1: reads"
        waiting = [await reader.next_card() for _ in range(2, MOST_CARDS + 1)]
        assert waiting == [str(number) for number in range(2, MOST_CARDS + 1)]
        line.send(b"04D4\r\n")
        assert await reader.next_card() == "04D4"
