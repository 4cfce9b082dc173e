import asyncio

import pytest

from wattgate.adapters.modbus.turns import Turns, Urgency

READ, WRITE = Urgency.READ, Urgency.WRITE


class Line:
    """Notes who had it, in order; nobody lets go of it before `free`."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.had: list[str] = []
        self.free = asyncio.Event()

    def wanted(self, name: str, unit: int, urgency: Urgency = READ) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._have(name, unit, urgency))

    async def _have(self, name: str, unit: int, urgency: Urgency) -> None:
        await self.turns.take(unit, urgency)
        try:
            self.had.append(name)
            await self.free.wait()
        finally:
            self.turns.pass_on()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        ([("a1", 1, READ), ("a2", 1, READ), ("a3", 1, READ)], ["a1", "a2", "a3"]),
        (
            [("a1", 1, READ), ("a2", 1, READ), ("a3", 1, READ), ("b1", 2, READ), ("c1", 3, READ)],
            ["a1", "b1", "c1", "a2", "a3"],
        ),
        ([("a1", 1, READ), ("b1", 2, READ), ("a2", 1, WRITE)], ["a1", "a2", "b1"]),
        (
            [("a1", 1, READ), ("a2", 1, WRITE), ("a3", 1, WRITE), ("b1", 2, WRITE)],
            ["a1", "b1", "a2", "a3"],
        ),
    ],
)
@pytest.mark.asyncio
async def test_writes_go_first_and_units_take_turns(
    wanted: list[tuple[str, int, Urgency]], order: list[str]
) -> None:
    line = Line()
    tasks = [line.wanted(*each) for each in wanted]
    await settle()
    assert line.had == order[:1], "one at a time"
    line.free.set()
    await asyncio.gather(*tasks)
    assert line.had == order


@pytest.mark.asyncio
async def test_who_gives_up_waiting_is_passed_over() -> None:
    line = Line()
    first, second, third = (line.wanted(name, unit) for unit, name in enumerate("abc"))
    await settle()
    second.cancel()
    await settle()
    line.free.set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert line.had == ["a", "c"]


@pytest.mark.asyncio
async def test_who_is_cancelled_in_the_moment_of_its_turn_passes_it_on() -> None:
    line = Line()

    async def first() -> None:
        await line.turns.take(1, READ)
        await line.free.wait()
        line.turns.pass_on()
        second.cancel()  # it has just been called, and does not know it yet

    held = asyncio.get_running_loop().create_task(first())
    await settle()
    second, third = line.wanted("b", 2), line.wanted("c", 3)
    await settle()
    line.free.set()
    await asyncio.gather(held, second, third, return_exceptions=True)
    assert second.cancelled() and line.had == ["c"]
    await line.wanted("d", 4)
    assert line.had == ["c", "d"]
