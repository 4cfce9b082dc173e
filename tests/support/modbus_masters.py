"""Independent Modbus masters: Debian's `mbpoll` (libmodbus) and pymodbus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.pdu import ModbusPDU
from tests.support.modbus_peers import Polled, mbpoll

from wattgate.core.modbus.places import SerialPlace, TcpPlace


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
        polled = await self._poll(address, "-c", str(count))
        return list(polled.registers.values())

    async def write(self, address: int, *words: int) -> None:
        await self._poll(address, write=words)

    async def _poll(self, address: int, *options: str, write: tuple[int, ...] = ()) -> Polled:
        place = SerialPlace(self.device) if self.device else TcpPlace("127.0.0.1", self.port)
        polled = await mbpoll(place, 1, address, "-o", "5", *options, write=write)
        if polled.status != 0:
            raise Refused(polled.text)
        return polled


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
