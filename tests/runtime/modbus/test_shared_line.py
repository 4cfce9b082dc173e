"""Turns on a line: a reduction goes first, and nobody is kept waiting by whoever has given up."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.support.modbus_box import BoxLine, BoxLines, ModbusBox
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.places import SerialPlace, TcpPlace
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusSilent
from wattgate.runtime.modbus.shared_line import (
    PATIENCE_OF_PROBES,
    SharedLine,
    SharedLines,
    Urgency,
)
from wattgate.runtime.supervisor import Supervisor


def a_line(units: int = 6, **named: Any) -> tuple[BoxLine, SharedLine]:  # noqa: ANN401 - a BoxLine's own fields
    line = BoxLine({unit: ModbusBox() for unit in range(1, units + 1)}, **named)
    return line, SharedLine(line)


def a_read(line: SharedLine, unit: int, urgency: Urgency) -> Coroutine[Any, Any, tuple[int, ...]]:
    return line.read(unit, Table.HOLDING, 8093, 2, urgency, lambda: None)


@in_virtual_time()
async def test_of_those_who_wait_the_most_urgent_is_next_and_of_equals_the_first() -> None:
    line, shared = a_line()
    waiting = [Urgency.POLL, Urgency.PROBE, Urgency.POLL, Urgency.LIMIT, Urgency.REDUCTION]
    await asyncio.gather(
        *(a_read(shared, unit, urgency) for unit, urgency in enumerate(waiting, start=1))
    )
    assert [unit for _, unit, _ in line.asked] == [1, 5, 4, 3, 2]


@in_virtual_time()
async def test_on_a_line_that_is_full_of_polls_a_probe_has_its_turn_too() -> None:
    line, shared = a_line()

    async def poll_for_ever(unit: int) -> None:
        while True:
            await a_read(shared, unit, Urgency.POLL)

    async with Supervisor() as tasks:
        for unit in (1, 2, 3):
            tasks.spawn(poll_for_ever(unit), name=str(unit))
        await asyncio.sleep(1)
        async with asyncio.timeout(2 * PATIENCE_OF_PROBES * line.takes_s):
            await a_read(shared, 4, Urgency.PROBE)


@in_virtual_time()
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
async def test_whoever_stops_waiting_is_passed_over_even_if_its_turn_has_just_come(
    rounds: int,
) -> None:
    line, shared = a_line()
    async with Supervisor() as tasks:
        first, second, third = (
            tasks.start(a_read(shared, unit, Urgency.POLL), name=str(unit)) for unit in (1, 2, 3)
        )
        loop = asyncio.get_running_loop()

        def cancel_after(more: int) -> None:
            _ = loop.call_soon(cancel_after, more - 1) if more else second.cancel()

        loop.call_at(line.takes_s, cancel_after, rounds)
        await asyncio.gather(first, third)
        assert [unit for _, unit, _ in line.asked if unit != 2] == [1, 3]
        await a_read(shared, 4, Urgency.POLL)


@in_virtual_time()
async def test_a_request_that_fails_or_is_prevented_leaves_the_line_to_others() -> None:
    line, shared = a_line(loses_requests=True)
    with pytest.raises(ModbusSilent):
        await a_read(shared, 1, Urgency.POLL)

    def prevented() -> None:
        raise ModbusSilent("not now", was_sent=False)

    with pytest.raises(ModbusSilent):
        await shared.write(1, 8094, (0,), Urgency.LIMIT, prevented)
    line.loses_requests = False
    await a_read(shared, 2, Urgency.POLL)
    assert [unit for _, unit, _ in line.asked] == [1, 2]


def test_there_is_one_line_to_each_place() -> None:
    serial, tcp = SerialPlace("/dev/ttyUSB0"), TcpPlace("192.0.2.7", 4701)
    lines = SharedLines(BoxLines({str(place): BoxLine({}) for place in (serial, tcp)}))
    assert lines.line(serial) is lines.line(SerialPlace("/dev/ttyUSB0"))
    assert lines.line(serial) is not lines.line(tcp)
