"""Other ends of Modbus lines that are not ours: pymodbus's, and Debian's `mbpoll`."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from wattgate.core.modbus.places import Place, SerialPlace, TcpPlace

HERE = "127.0.0.1"
BAUD = 115200
"""A pty takes any speed; with this one our silences between frames are short."""


def device(
    unit: int, first: int, holding: Sequence[int], inputs: Sequence[int] = (0,)
) -> SimDevice:
    """A device with holding registers, and input registers at the same addresses."""
    tables = [
        SimData(0, values=[False] * 8, datatype=DataType.BITS),
        SimData(0, values=[False] * 8, datatype=DataType.BITS),
        SimData(first, values=list(holding), datatype=DataType.REGISTERS),
        SimData(first, values=list(inputs), datatype=DataType.REGISTERS),
    ]
    return SimDevice(id=unit, simdata=([tables[0]], [tables[1]], [tables[2]], [tables[3]]))


@asynccontextmanager
async def pymodbus_on_tcp(devices: list[SimDevice]) -> AsyncIterator[TcpPlace]:
    """pymodbus's server, for all its units on one port."""
    server = ModbusTcpServer(devices, address=(HERE, 0))
    await server.serve_forever(background=True)
    try:
        sockets = server.transport.sockets  # type: ignore[attr-defined] # an asyncio.Server
        yield TcpPlace(HERE, sockets[0].getsockname()[1])
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call] # it has no types


@asynccontextmanager
async def pymodbus_on_serial(end: Path, devices: list[SimDevice]) -> AsyncIterator[None]:
    """pymodbus's server for several units of one serial line."""
    server = ModbusSerialServer(devices, port=str(end), baudrate=BAUD, ignore_missing_devices=True)
    await server.serve_forever(background=True)
    try:
        yield
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call] # it has no types


PymodbusClient = AsyncModbusTcpClient | AsyncModbusSerialClient


@asynccontextmanager
async def pymodbus_master(place: Place) -> AsyncIterator[PymodbusClient]:
    """pymodbus's client, connected."""
    client: PymodbusClient
    if isinstance(place, TcpPlace):
        client = AsyncModbusTcpClient(place.host, port=place.port, timeout=1, retries=0)
    else:
        client = AsyncModbusSerialClient(place.device, baudrate=BAUD, timeout=1, retries=0)
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()


@dataclass(frozen=True, slots=True)
class Polled:
    """What one run of `mbpoll` came to: its exit status, the registers it read, what it printed."""

    status: int
    registers: dict[int, int]
    text: str


async def mbpoll(
    place: Place, unit: int, first: int, *options: str, write: Sequence[int] = ()
) -> Polled:
    """Read holding registers once, or write them."""
    *how, where = _where(place)
    process = await asyncio.create_subprocess_exec(
        "mbpoll", *how, "-a", str(unit), "-0", "-1", "-r", str(first), *options,
        where, *map(str, write),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    text = printed.decode()
    # It shows words of 0x8000 and more as negative, with the other reading in parentheses.
    read = re.findall(r"^\[(\d+)\]:\s+(-?\d+)", text, re.MULTILINE)
    assert process.returncode is not None
    return Polled(process.returncode, {int(at): int(word) & 0xFFFF for at, word in read}, text)


def _where(place: Place) -> list[str]:
    if isinstance(place, SerialPlace):
        return ["-m", "rtu", "-b", str(place.baud_rate), "-P", "none", place.device]
    return ["-m", "tcp", "-p", str(place.port), place.host]
