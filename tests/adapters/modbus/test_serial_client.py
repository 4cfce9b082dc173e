"""Lines to several units on one serial line: who answers late, who is not there, noise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from tests.support.modbus_device import serial_pair
from tests.support.modbus_peers import BAUD
from tests.support.scripted_device import Script, ScriptedLine, scripted_line

from wattgate.adapters.modbus.client import PymodbusLine
from wattgate.core.modbus.places import SerialPlace
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusRefused, ModbusSilent

PATIENCE_S = 0.4


def rtu(unit: int, pdu: bytes) -> bytes:
    return FramerRTU(DecodePDU(False)).encode(pdu, unit, 0)


def word(unit: int, value: int) -> bytes:
    return rtu(unit, b"\x03\x02" + value.to_bytes(2, "big"))


@asynccontextmanager
async def line_with(
    script: Script, folder: Path
) -> AsyncIterator[tuple[PymodbusLine, ScriptedLine]]:
    async with serial_pair(folder) as (ours, theirs), scripted_line(theirs, script) as device:
        line = PymodbusLine(SerialPlace(str(ours), BAUD), PATIENCE_S)
        yield line, device
        await line.close()


async def read(line: PymodbusLine, unit: int = 1) -> int:
    (value,) = await line.read(unit, Table.HOLDING, 8092, 1)
    return value


@pytest.mark.parametrize(
    ("script", "value"),
    [
        (lambda heard: [word(1, 42)], 42),
        (lambda heard: [word(1, 42)[:2], word(1, 42)[2:]], 42),
        (lambda heard: [b"\x00\xff\x7f" + word(1, 42)], 42),
        (lambda heard: [b"\x01\x03\x02\xff" + word(1, 42) + b"\x00"], 42),
        (lambda heard: [*[b"\x01\x03\xff" * 300] * 5, word(1, 42)], 42),
        (lambda heard: [word(2, 7), word(1, 42)], 42),
        (lambda heard: [word(1, 7)[:-1] + b"\0", word(1, 42)], 42),
        (lambda heard: [rtu(1, b"\x04\x02\0\7"), word(1, 42)], 42),
    ],
)
@pytest.mark.asyncio
async def test_an_answer_is_found_between_noise_and_the_frames_of_others(
    script: Script, value: int, tmp_path: Path
) -> None:
    async with line_with(script, tmp_path) as (line, _):
        assert await read(line) == value


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (lambda heard: [], "unit 1 did not answer on"),
        (lambda heard: [b"\xf8\x1c\xfe"], "are 115200 baud and the format right"),
        (lambda heard: [word(1, 42)[:-1] + b"\0"], "7 bytes came over"),
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_answer_is_told_with_its_reason(
    script: Script, reason: str, tmp_path: Path
) -> None:
    async with line_with(script, tmp_path) as (line, device):
        with pytest.raises(ModbusSilent, match=reason) as silent:
            await read(line)
        assert silent.value.was_sent
        device.script = lambda heard: [word(2, 7)]
        assert await read(line, 2) == 7, "the line goes on"


@pytest.mark.asyncio
async def test_an_exception_is_one_on_a_serial_line_too(tmp_path: Path) -> None:
    async with line_with(lambda heard: [rtu(1, b"\x83\x02")], tmp_path) as (line, _):
        with pytest.raises(ModbusRefused, match="no such register"):
            await read(line)


@pytest.mark.asyncio
async def test_a_late_answer_is_not_taken_for_that_to_the_next_request(tmp_path: Path) -> None:
    """RTU has no transaction ids: a unit that let us wait is not asked the like for as long again.

    A write goes out at once, as it may be a reduction; a late answer to a read is none to it.
    """
    async with line_with(lambda heard: [], tmp_path) as (line, device):
        first, again = (asyncio.get_running_loop().create_task(read(line)) for _ in range(2))
        with pytest.raises(ModbusSilent):
            await first
        heard_before = device.heard

        def script(heard: bytes) -> list[bytes]:
            if heard[1] == 6:
                return [word(1, 1), heard]
            return [word(2, 7)] if heard[0] == 2 else [word(1, 42)]

        device.script = script
        await line.write(1, 8093, [60])
        assert await read(line, 2) == 7, "others have their turns meanwhile"
        assert device.heard.count(heard_before) == 1, "not asked again yet"
        device.say(word(1, 1))
        assert await again == 42


@pytest.mark.asyncio
async def test_after_an_answer_to_something_else_that_to_the_last_request_is_still_to_come(
    tmp_path: Path,
) -> None:
    """An answer of the wrong length was late: the next one that comes is late, too."""
    two = rtu(1, b"\x03\x04\0\x01\0\x02")
    async with line_with(lambda heard: [two], tmp_path) as (line, device):
        first, again = (asyncio.get_running_loop().create_task(read(line)) for _ in range(2))
        with pytest.raises(ModbusSilent, match="more or less than was asked"):
            await first
        heard_before = device.heard
        device.script = lambda heard: [word(2, 7)] if heard[0] == 2 else [word(1, 42)]
        assert await read(line, 2) == 7, "others have their turns meanwhile"
        assert device.heard.count(heard_before) == 1, "not asked again yet"
        device.say(word(1, 1))
        assert await again == 42


@pytest.mark.asyncio
async def test_bytes_that_came_unasked_are_forgotten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twice = [word(1, 42) + word(1, 1)]
    async with line_with(lambda heard: twice, tmp_path) as (line, device):
        assert await read(line) == 42
        assert await read(line) == 42
        device.say(word(1, 1))
        assert await read(line) == 42
    assert caplog.messages == []


@pytest.mark.asyncio
async def test_on_a_slow_line_the_time_of_the_frames_is_waited_for_as_well(tmp_path: Path) -> None:
    def later(heard: bytes) -> list[bytes]:
        asyncio.get_running_loop().call_later(0.5, device.say, word(1, 42))
        return []

    async with serial_pair(tmp_path) as (ours, theirs), scripted_line(theirs, later) as device:
        line = PymodbusLine(SerialPlace(str(ours), 1200), 0.1)
        assert await read(line) == 42
        await line.close()


@pytest.mark.asyncio
async def test_a_cancelled_request_leaves_the_line_usable(tmp_path: Path) -> None:
    async with line_with(lambda heard: [], tmp_path) as (line, device):
        asking = asyncio.get_running_loop().create_task(read(line))
        await device.is_asked.wait()
        asking.cancel()
        device.script = lambda heard: [word(heard[0], 42)]
        assert await read(line, 2) == 42
        assert await read(line, 1) == 42


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing", "there is no serial line .*/nothing: is the adapter plugged in"),
        ("a-file", "is no usable serial line"),
    ],
)
@pytest.mark.asyncio
async def test_a_line_that_cannot_be_opened_says_why_and_nothing_was_sent(
    name: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(ModbusSilent, match=reason) as silent:
        await read(PymodbusLine(SerialPlace(str(tmp_path / name))))
    assert not silent.value.was_sent


@pytest.mark.asyncio
async def test_a_line_has_one_master(tmp_path: Path) -> None:
    async with line_with(lambda heard: [word(1, 42)], tmp_path) as (line, _):
        assert await read(line) == 42
        with pytest.raises(ModbusSilent, match="in use by another program"):
            await read(PymodbusLine(SerialPlace(str(tmp_path / "line-a"), BAUD)))


@pytest.mark.asyncio
async def test_an_adapter_that_is_pulled_out_and_put_back_is_used_again(tmp_path: Path) -> None:
    place = SerialPlace(str(tmp_path / "line-a"), BAUD)
    line = PymodbusLine(place, PATIENCE_S)
    for _ in range(2):
        async with (
            serial_pair(tmp_path) as (_, theirs),
            scripted_line(theirs, lambda heard: [word(1, 42)]),
        ):
            assert await read(line) == 42
        with pytest.raises(ModbusSilent):
            await read(line)
    await line.close()
