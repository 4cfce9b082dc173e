"""Our lines to devices that are not ours: pymodbus's server, on TCP and on a serial line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.modbus_device import serial_pair
from tests.support.modbus_peers import BAUD, device, pymodbus_on_serial, pymodbus_on_tcp

from wattgate.adapters.modbus.client import PymodbusLine
from wattgate.core.modbus.places import SerialPlace
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusRefused

DEVICES = [device(unit, 1000, [unit * 100 + n for n in range(125)], [7, 8]) for unit in (1, 2, 3)]


@asynccontextmanager
async def line_to(kind: str, folder: Path) -> AsyncIterator[PymodbusLine]:
    if kind == "tcp":
        async with pymodbus_on_tcp(DEVICES) as place:
            line = PymodbusLine(place)
            yield line
            await line.close()
        return
    async with serial_pair(folder) as (ours, theirs), pymodbus_on_serial(theirs, DEVICES):
        line = PymodbusLine(SerialPlace(str(ours), BAUD))
        yield line
        await line.close()


@pytest.mark.parametrize("kind", ["tcp", "serial"])
@pytest.mark.asyncio
async def test_registers_of_several_units_are_read_and_written(kind: str, tmp_path: Path) -> None:
    async with line_to(kind, tmp_path) as line:
        reads = [line.read(unit, Table.HOLDING, 1000, 3) for unit in (1, 2, 3, 1, 2, 3)]
        assert await asyncio.gather(*reads) == [
            (100, 101, 102), (200, 201, 202), (300, 301, 302),
        ] * 2  # fmt: skip
        assert await line.read(1, Table.INPUT, 1000, 2) == (7, 8)
        await line.write(2, 1001, [65535])
        await line.write(2, 1002, [1, 2, 3])
        assert await line.read(2, Table.HOLDING, 1000, 5) == (200, 65535, 1, 2, 3)
        assert len(await line.read(1, Table.HOLDING, 1000, 125)) == 125


@pytest.mark.parametrize("kind", ["tcp", "serial"])
@pytest.mark.asyncio
async def test_a_register_that_is_not_there_is_refused_and_the_line_goes_on(
    kind: str, tmp_path: Path
) -> None:
    async with line_to(kind, tmp_path) as line:
        for table in Table:
            with pytest.raises(ModbusRefused, match="no such register") as refused:
                await line.read(1, table, 5000, 2)
            assert refused.value.code == 2
        with pytest.raises(ModbusRefused):
            await line.write(1, 5000, [1])
        assert await line.read(1, Table.HOLDING, 1000, 1) == (100,)
