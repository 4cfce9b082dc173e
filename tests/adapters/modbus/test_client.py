"""Our lines against our slave: that both understand the same, others' programs prove elsewhere."""

import pytest
from tests.support.modbus_device import RegisterBank

from wattgate.adapters.modbus.client import PymodbusLines
from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusLines, ModbusRefused

HERE = TcpPlace("127.0.0.1", 0)


@pytest.mark.asyncio
async def test_a_line_reads_and_writes_and_hears_why_not() -> None:
    bank = RegisterBank(dict.fromkeys(range(8093, 8096), 0))
    async with ModbusSlave(HERE, 1, bank) as slave:
        lines = PymodbusLines()
        as_the_runtime_sees_them: ModbusLines = lines
        line = as_the_runtime_sees_them.line(slave.place)
        assert lines.line(slave.place) is line
        await line.write(1, 8093, [160])
        await line.write(1, 8094, [1, 65535])
        assert await line.read(1, Table.HOLDING, 8093, 3) == (160, 1, 65535)
        with pytest.raises(ModbusRefused, match="no such register") as refused:
            await line.read(1, Table.HOLDING, 8092, 2)
        assert refused.value.code == 2
        await lines.close()
