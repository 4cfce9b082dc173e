"""The other end of a Modbus line, as a script that may do everything wrong."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from wattgate.core.modbus.places import TcpPlace

HANG_UP: Final = b"hang up"

Script = Callable[[bytes], list[bytes]]
"""What follows each burst of bytes that is heard; `HANG_UP` ends the connection."""


class ScriptedDevice:
    """A TCP port; `heard` is what came, and `connections` how often somebody connected."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.heard: list[bytes] = []
        self.connections = 0
        self.resets = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Follow the script until either end hangs up."""
        self.connections += 1
        try:
            while heard := await reader.read(1000):
                self.heard.append(heard)
                for part in self.script(heard):
                    if part == HANG_UP:
                        return
                    writer.write(part)
                    await writer.drain()
        except ConnectionResetError:
            self.resets += 1
        finally:
            writer.close()


@asynccontextmanager
async def scripted_tcp(script: Script) -> AsyncIterator[tuple[ScriptedDevice, TcpPlace]]:
    """A scripted device on a TCP port."""
    device = ScriptedDevice(script)
    server = await asyncio.start_server(device.serve, "127.0.0.1", 0)
    async with server:
        yield device, TcpPlace("127.0.0.1", server.sockets[0].getsockname()[1])


class ScriptedLine:
    """One end of a serial line; it says what `script` says to what is heard."""

    def __init__(self, end: Path, script: Script) -> None:
        self.script = script
        self.heard = b""
        self.is_asked = asyncio.Event()
        self._file = os.open(end, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def say(self, data: bytes) -> None:
        """Put bytes on the line."""
        os.write(self._file, data)

    def close(self) -> None:
        """Leave the line."""
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)

    def _read(self) -> None:
        heard = os.read(self._file, 1000)
        self.heard += heard
        self.is_asked.set()
        for part in self.script(heard):
            self.say(part)


@asynccontextmanager
async def scripted_line(end: Path, script: Script) -> AsyncIterator[ScriptedLine]:
    """A scripted device at one end of a serial line."""
    line = ScriptedLine(end, script)
    try:
        yield line
    finally:
        line.close()
