"""Independent Modbus masters: Debian's `mbpoll` (libmodbus) and pymodbus."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU

_VALUE: Final = re.compile(r"^\[(\d+)\]:\s+(-?\d+)", re.MULTILINE)


class Refused(Exception):  # noqa: N818 - an answer
    """The device answered with an exception; the words are the master's."""


class Master(Protocol):
    """What reads and writes holding registers of unit 1."""

    async def read(self, address: int, count: int = 1) -> list[int]:
        """The words from an address on."""
        ...

    async def write(self, address: int, *words: int) -> None:
        """Write words from an address on: one with function 06, more with 16."""
        ...


@dataclass(frozen=True)
class Mbpoll:
    """`mbpoll` on a TCP port, or on a serial line with 9600 8N1."""

    port: int = 0
    device: str = ""

    async def read(self, address: int, count: int = 1) -> list[int]:
        said = await self._run("-r", str(address), "-c", str(count))
        # It shows words of 0x8000 and more as negative, with the other reading in parentheses.
        return [int(value) & 0xFFFF for _, value in _VALUE.findall(said)]

    async def write(self, address: int, *words: int) -> None:
        await self._run("-r", str(address), values=words)

    async def _run(self, *options: str, values: tuple[int, ...] = ()) -> str:
        tcp = ("-m", "tcp", "-p", str(self.port))
        rtu = ("-m", "rtu", "-b", "9600", "-d", "8", "-s", "1", "-P", "none")
        line = rtu if self.device else tcp
        place = self.device or "127.0.0.1"
        process = await asyncio.create_subprocess_exec(
            *("mbpoll", *line, "-a", "1", "-0", "-1", "-t", "4", "-o", "5", *options),
            *(place, *map(str, values)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        text = said.decode(errors="replace")
        if process.returncode != 0 or "failed" in text:
            raise Refused(text)
        return text


class Pymodbus:
    """pymodbus's own client."""

    def __init__(self, client: AsyncModbusTcpClient | AsyncModbusSerialClient) -> None:
        self._client = client

    async def read(self, address: int, count: int = 1) -> list[int]:
        answer = await self._client.read_holding_registers(address, count=count, device_id=1)
        return list(_checked(answer).registers)

    async def write(self, address: int, *words: int) -> None:
        if len(words) == 1:
            _checked(await self._client.write_register(address, words[0], device_id=1))
        else:
            _checked(await self._client.write_registers(address, list(words), device_id=1))


def _checked(answer: ModbusPDU) -> ModbusPDU:
    if answer.isError():
        raise Refused(str(answer))
    return answer


@asynccontextmanager
async def pymodbus_master(port: int = 0, device: str = "") -> AsyncIterator[Pymodbus]:
    """Connect one to a TCP port, or to a serial line with 9600 8N1."""
    client = (
        AsyncModbusSerialClient(device, baudrate=9600)
        if device
        else AsyncModbusTcpClient("127.0.0.1", port=port)
    )
    assert await client.connect()
    try:
        yield Pymodbus(client)
    finally:
        client.close()
