"""An hour of chance at four wallboxes on Modbus: whatever happens to them, their fuse holds."""

import asyncio
import random

import pytest
from tests.support.modbus_box import BoxLine, ModbusBox
from tests.support.modbus_fuse import Fuse
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.requests import ModbusCode
from wattgate.runtime.supervisor import Supervisor

pytestmark = pytest.mark.story

STORY_S = 3600.0

FALLING_S = 4.0
"""s within which wallboxes fall one after the other that lost the manager at the same time."""


class Story:
    """What chance does."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.fuse = Fuse({name: ModbusBox(hardware_a=16.0) for name in "ABDE"}, limit_a=30.0)
        self.told: list[str] = []

    def somebody(self) -> tuple[str, ModbusBox, BoxLine]:
        name = self.chance.choice("ABDE")
        return name, self.fuse.boxes[name], self.fuse.lines[name]

    async def happens(self) -> None:
        name, box, line = self.somebody()
        what = self.chance.choice(
            [
                "comes",
                "goes",
                "lost",
                "lost",
                "found",
                "found",
                "slow",
                "refuses",
                "takes",
                "killed",
            ]
        )
        self.told.append(f"{asyncio.get_running_loop().time():.1f} {name} {what}")
        match what:
            case "comes":
                box.plugged = True
            case "goes":
                box.plugged = False
            case "lost":
                lost = self.chance.choice(["loses_requests", "loses_answers", "is_cut"])
                setattr(line, lost, box.refuses_writes is None)  # see core.modbus.lifeline
            case "found":
                line.loses_requests = line.loses_answers = line.is_cut = False
            case "slow":
                line.takes_s = self.chance.choice([0.02, 0.3, 0.9])
            case "refuses" if line.is_whole:
                box.refuses_writes = ModbusCode.SERVER_DEVICE_BUSY
            case "takes" | "refuses":
                box.refuses_writes = None
            case "killed":
                await self.fuse.world.kill()
                await asyncio.sleep(self.chance.choice([0.1, 5, 100, 400]))
                await self.fuse.world.start()
            case _:
                raise AssertionError(what)

    async def calms_down(self) -> None:
        for name, box in self.fuse.boxes.items():
            line = self.fuse.lines[name]
            line.loses_requests = line.loses_answers = line.is_cut = False
            line.takes_s, box.refuses_writes, box.plugged = 0.02, None, True


@pytest.mark.parametrize("seed", [2, 4])
@in_virtual_time(within_s=2 * STORY_S)
async def test_whatever_happens_the_fuse_holds_and_in_the_end_everybody_charges(seed: int) -> None:
    story = Story(seed)
    loop = asyncio.get_running_loop()
    async with Supervisor() as tasks:
        await story.fuse.start(tasks, "A", "B")
        while loop.time() < STORY_S:
            await story.happens()
            await asyncio.sleep(story.chance.choice([0.1, 1, 4, 20, 60, 240]))
        await story.calms_down()
        await asyncio.sleep(400)
        assert story.fuse.over_s <= FALLING_S, story.told
        assert [box.drawn_a for box in story.fuse.boxes.values()] == [7.5] * 4, story.told
    await story.fuse.world.kill()
