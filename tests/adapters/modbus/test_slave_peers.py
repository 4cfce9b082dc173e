"""Our slave under masters that are not ours: Debian's `mbpoll`, and pymodbus's client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.client.mixin import ModbusClientMixin
from tests.support.modbus_device import RegisterBank, serial_pair
from tests.support.modbus_peers import BAUD, HERE, mbpoll, pymodbus_master

from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.core.modbus.places import Place, SerialPlace, TcpPlace
from wattgate.core.modbus.requests import Read, WriteMany, WriteOne

KINDS = pytest.mark.parametrize("kind", ["tcp", "serial"])


@asynccontextmanager
async def slave_on(
    kind: str, folder: Path, unit: int = 1
) -> AsyncIterator[tuple[RegisterBank, Place]]:
    """A slave with registers 8090 to 8099, and where a master finds it."""
    bank = RegisterBank({address: address - 8000 for address in range(8090, 8100)})
    if kind == "tcp":
        async with ModbusSlave(TcpPlace(HERE, 0), unit, bank) as slave:
            yield bank, slave.place
        return
    async with (
        serial_pair(folder) as (ours, theirs),
        ModbusSlave(SerialPlace(str(ours), BAUD), unit, bank),
    ):
        yield bank, SerialPlace(str(theirs), BAUD)


@KINDS
@pytest.mark.asyncio
async def test_mbpoll_reads_writes_and_is_refused(kind: str, tmp_path: Path) -> None:
    async with slave_on(kind, tmp_path, unit=17) as (bank, place):
        read = await mbpoll(place, 17, 8092, "-c", "3")
        assert read.registers == {8092: 92, 8093: 93, 8094: 94}, read.text
        one = await mbpoll(place, 17, 8093, write=[160])
        many = await mbpoll(place, 17, 8094, write=[1, 65535])
        assert (one.status, many.status) == (0, 0), one.text + many.text
        assert bank.asked == [
            Read(8092, 3), WriteOne(8093, 160), WriteMany(8094, (1, 65535)),
        ]  # fmt: skip
        beyond = await mbpoll(place, 17, 8099, "-c", "2")
        assert "Illegal data address" in beyond.text and not beyond.registers
        inputs = await mbpoll(place, 17, 8092, "-t", "3")
        assert "Illegal function" in inputs.text, inputs.text


@KINDS
@pytest.mark.asyncio
async def test_pymodbus_reads_and_writes(kind: str, tmp_path: Path) -> None:
    async with slave_on(kind, tmp_path) as (_, place), pymodbus_master(place) as master:
        await master.write_register(8093, 160, device_id=1)
        await master.write_registers(8094, [1, 2], device_id=1)
        read = await master.read_holding_registers(8093, count=3, device_id=1)
        assert list(read.registers) == [160, 1, 2]
        beyond = await master.read_holding_registers(8099, count=2, device_id=1)
        assert (beyond.isError(), beyond.exception_code) == (True, 2)


@KINDS
@pytest.mark.asyncio
async def test_every_other_function_is_illegal_and_does_nothing(kind: str, tmp_path: Path) -> None:
    def asked(master: ModbusClientMixin) -> list:  # type: ignore[type-arg]
        return [
            master.read_coils(8090, device_id=1),
            master.read_discrete_inputs(8090, device_id=1),
            master.read_input_registers(8090, device_id=1),
            master.write_coil(8090, True, device_id=1),
            master.write_coils(8090, [True], device_id=1),
            master.mask_write_register(address=8090, device_id=1),
            master.readwrite_registers(
                read_address=8090, read_count=1, write_address=8090, values=[1], device_id=1
            ),
            master.report_device_id(device_id=1),
            master.read_device_information(device_id=1),
        ]

    async with slave_on(kind, tmp_path) as (bank, place), pymodbus_master(place) as master:
        for question in asked(master):
            answer = await question
            assert (answer.isError(), answer.exception_code) == (True, 1), answer
        assert bank.asked == []


@pytest.mark.asyncio
async def test_a_request_to_another_unit_of_the_line_is_left_to_it(tmp_path: Path) -> None:
    async with serial_pair(tmp_path) as (ours, theirs):
        bank = RegisterBank({1: 22})
        async with ModbusSlave(SerialPlace(str(ours), BAUD), 2, bank):
            place = SerialPlace(str(theirs), BAUD)
            silent = await mbpoll(place, 1, 1, "-o", "0.2")
            assert "timed out" in silent.text and bank.asked == []
            heard = await mbpoll(place, 2, 1)
            assert heard.registers == {1: 22}, heard.text


@pytest.mark.asyncio
async def test_two_masters_are_served_at_once(tmp_path: Path) -> None:
    async with (
        slave_on("tcp", tmp_path) as (_, place),
        pymodbus_master(place) as one,
        pymodbus_master(place) as other,
    ):
        answers = await asyncio.gather(
            *(
                master.read_holding_registers(address, count=1, device_id=1)
                for address in range(8090, 8100)
                for master in (one, other)
            )
        )
        assert [each.registers[0] for each in answers] == [
            word for word in range(90, 100) for _ in range(2)
        ]
        await one.write_register(8093, 60, device_id=1)
        seen = await other.read_holding_registers(8093, count=1, device_id=1)
        assert list(seen.registers) == [60]
