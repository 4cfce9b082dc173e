"""Lines to devices that are away, hang up, answer late, wrong or with something else (TCP)."""

import asyncio
import socket
from collections.abc import Callable

import pytest
import uvloop
from tests.support.scripted_device import HANG_UP, Script, scripted_tcp

from wattgate.adapters.modbus.client import PymodbusLine
from wattgate.adapters.modbus.exchange import Connection
from wattgate.adapters.modbus.frames import Frame
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusFailed, ModbusRefused, ModbusSilent

PATIENCE_S = 0.4
"""Short enough to wait for in vain, long enough for whoever answers."""
LONG_S = 10.0
RIGHT = b"\x03\x02\x00\x2a"
"""Function 03, 2 bytes: 42."""


def mbap(heard: bytes, pdu: bytes, *, transaction: int = 0, unit: int | None = None) -> bytes:
    """The frame that answers a request, or one that is off by so many transactions."""
    number = (int.from_bytes(heard[:2], "big") + transaction) % 65536
    header = number.to_bytes(2, "big") + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big")
    return header + bytes([heard[6] if unit is None else unit]) + pdu


async def read(line: PymodbusLine, unit: int = 1) -> int:
    (word,) = await line.read(unit, Table.HOLDING, 8092, 1)
    return word


@pytest.mark.parametrize(
    ("script", "reason", "kind"),
    [
        (lambda heard: [HANG_UP], "hung up", ModbusSilent),
        (lambda heard: [mbap(heard, RIGHT)[:6], HANG_UP], "hung up", ModbusSilent),
        (lambda heard: [], "did not answer within 0.4 s; is its unit id 1", ModbusSilent),
        (
            lambda heard: [mbap(heard, RIGHT)[:-1]],
            "sent 10 bytes that answer",
            ModbusSilent,
        ),
        (lambda heard: [mbap(heard, RIGHT, transaction=1)], "11 bytes that answer", ModbusSilent),
        (lambda heard: [mbap(heard, RIGHT, unit=2)], "unit 2 answered in place of", ModbusSilent),
        (lambda heard: [mbap(heard, b"\x04" + RIGHT[1:])], "another function", ModbusSilent),
        (
            lambda heard: [mbap(heard, RIGHT, transaction=1) * 1000],
            "more than was asked for, and no end",
            ModbusSilent,
        ),
        (lambda heard: [b"HTTP/1.1 400 Bad Request\r\n"], "is not Modbus TCP", ModbusSilent),
        (lambda heard: [b"\0\1\0\0\0\1\1"], "is not Modbus TCP", ModbusSilent),
        (lambda heard: [mbap(heard, b"\x03\x04\0\1\0\2")], "more or less than was", ModbusSilent),
        (lambda heard: [mbap(heard, b"\x03\x04\0\x2a")], "more or less than was", ModbusSilent),
        (lambda heard: [mbap(heard, b"\x03\x02\0")], "more or less than was", ModbusSilent),
        (lambda heard: [mbap(heard, b"\x83\x02")], "2: the device has no such", ModbusRefused),
        (lambda heard: [mbap(heard, b"\x83\x06")], "6: the device is busy", ModbusRefused),
        (lambda heard: [mbap(heard, b"\x83\x63")], "99, which is not in", ModbusRefused),
        (lambda heard: [mbap(heard, b"\x83\x0a")], "10: the gateway has no way", ModbusSilent),
        (lambda heard: [mbap(heard, b"\x83\x0b")], "11: the gateway got no answer", ModbusSilent),
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_answer_is_told_with_its_reason_and_the_next_request_gets_its_own(
    script: Script, reason: str, kind: type[ModbusFailed]
) -> None:
    async with scripted_tcp(script) as (device, place):
        line = PymodbusLine(place, PATIENCE_S)
        with pytest.raises(kind, match=reason) as failed:
            await read(line)
        if isinstance(failed.value, ModbusSilent):
            assert failed.value.was_sent
        device.script = lambda heard: [mbap(heard, RIGHT)]
        assert await read(line) == 42
        await line.close()


@pytest.mark.asyncio
async def test_an_answer_may_come_in_pieces_and_after_those_to_other_transactions() -> None:
    def script(heard: bytes) -> list[bytes]:
        late = mbap(heard, b"\x03\x02\x00\x01", transaction=-1)
        right = mbap(heard, RIGHT)
        return [late + right[:3], right[3:9], right[9:]]

    async with scripted_tcp(script) as (_, place):
        line = PymodbusLine(place, LONG_S)
        assert await read(line) == 42
        await line.close()


@pytest.mark.parametrize(
    ("words", "confirmed"),
    [([160], b"\x06\x1f\x9d\0\xa1"), ([1, 2], b"\x10\x1f\x9d\0\1"), ([160], b"\x06\x1f\x9d\0")],
)
@pytest.mark.asyncio
async def test_a_write_holds_only_where_the_answer_confirms_just_that(
    words: list[int], confirmed: bytes
) -> None:
    async with scripted_tcp(lambda heard: [mbap(heard, confirmed)]) as (_, place):
        line = PymodbusLine(place, LONG_S)
        with pytest.raises(ModbusSilent, match="confirms another write") as silent:
            await line.write(1, 8093, words)
        assert silent.value.was_sent
        await line.close()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_request_without_answer_gives_the_connection_up_with_all_that_is_under_way(
    run: Callable[..., None],
) -> None:
    """A limit that the system holds for a dead network must not arrive when it is back."""

    async def story() -> None:
        async with scripted_tcp(lambda heard: []) as (device, place):
            line = PymodbusLine(place, PATIENCE_S)
            with pytest.raises(ModbusSilent):
                await line.write(1, 8093, [320])
            device.script = lambda heard: [mbap(heard, RIGHT)]
            assert await read(line) == 42
            assert (device.connections, device.resets) == (2, 1)
            await line.close()

    run(story())


@pytest.mark.asyncio
async def test_a_cancelled_request_leaves_the_line_usable_and_its_answer_to_nobody() -> None:
    asked = asyncio.Event()

    def script(heard: bytes) -> list[bytes]:
        asked.set()
        return []

    async with scripted_tcp(script) as (device, place):
        line = PymodbusLine(place, LONG_S)
        first = asyncio.get_running_loop().create_task(read(line))
        waiting = asyncio.get_running_loop().create_task(read(line))
        await asked.wait()
        waiting.cancel()
        first.cancel()
        await asyncio.gather(first, waiting, return_exceptions=True)
        device.script = lambda heard: [mbap(heard, RIGHT)]
        assert await read(line) == 42
        assert first.cancelled() and waiting.cancelled()
        await line.close()


@pytest.mark.asyncio
async def test_closing_tells_whoever_waits_and_can_be_repeated() -> None:
    asked = asyncio.Event()

    def script(heard: bytes) -> list[bytes]:
        asked.set()
        return []

    async with scripted_tcp(script) as (_, place):
        line = PymodbusLine(place, LONG_S)
        await line.close()
        asking = asyncio.get_running_loop().create_task(read(line))
        await asked.wait()
        await line.close()
        await line.close()
        with pytest.raises(ModbusSilent, match="the line was closed"):
            await asking


@pytest.mark.asyncio
async def test_a_line_that_is_closed_while_it_connects_stays_closed() -> None:
    async with scripted_tcp(lambda heard: [mbap(heard, RIGHT)]) as (_, place):
        connection = Connection(place)
        connection.close()
        with pytest.raises(ModbusSilent, match="the line was closed") as silent:
            await connection.open()
        assert not silent.value.was_sent
        with pytest.raises(ModbusSilent, match="hung up") as silent:
            await connection.ask(Frame(1, RIGHT), LONG_S)
        assert not silent.value.was_sent


@pytest.mark.parametrize(
    ("host", "reason"),
    [("127.0.0.1", "nobody listens at 127.0.0.1:{port}"), ("localhost", "nobody listens at")],
)
@pytest.mark.asyncio
async def test_where_nobody_listens_nothing_was_sent(host: str, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as was_there:
        port = was_there.getsockname()[1]
    with pytest.raises(ModbusSilent, match=reason.format(port=port)) as silent:
        await read(PymodbusLine(TcpPlace(host, port), PATIENCE_S))
    assert not silent.value.was_sent


@pytest.mark.asyncio
async def test_a_host_without_address_is_named() -> None:
    with pytest.raises(ModbusSilent, match=r'no host has the name "wallbox\.invalid"') as silent:
        await read(PymodbusLine(TcpPlace("wallbox.invalid", 502), PATIENCE_S))
    assert not silent.value.was_sent


@pytest.mark.asyncio
async def test_a_device_that_hung_up_meanwhile_is_called_again() -> None:
    async with scripted_tcp(lambda heard: [mbap(heard, RIGHT), HANG_UP]) as (device, place):
        line = PymodbusLine(place, LONG_S)
        assert await read(line) == 42
        await line.close()
        assert await read(line) == 42
        assert device.connections == 2
        one, other = (heard[:2] for heard in device.heard)
        assert one != other, "each request has a transaction of its own"
        await line.close()


@pytest.mark.asyncio
async def test_a_silent_unit_behind_a_gateway_does_not_keep_the_others_waiting_for_ever() -> None:
    def script(heard: bytes) -> list[bytes]:
        return [] if heard[6] == 9 else [mbap(heard, RIGHT)]

    async with scripted_tcp(script) as (_, place):
        line = PymodbusLine(place, PATIENCE_S)
        outcomes = await asyncio.gather(
            read(line, 9), read(line, 9), read(line, 1), read(line, 2), return_exceptions=True
        )
        assert [type(each) for each in outcomes] == [ModbusSilent, ModbusSilent, int, int]
        await line.close()
