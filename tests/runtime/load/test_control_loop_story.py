"""Two virtual hours of chance: whatever happens, no limit promises more than a circuit carries."""

import asyncio
import random
from datetime import timedelta

import pytest
from tests.support.boxes import WALL_START, Box, Manner, Outlet, all_come
from tests.support.current_audit import CurrentAudit
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

pytestmark = pytest.mark.story

SITE = """
[site]
max_current_a = 63
house_load_a = 20
reserve_a = 2
pause_s = 0
"""
ALL = frozenset({0, 1, 2})


class Story:
    """Chance events at five wallboxes with seven connectors."""

    HEAD = SITE + '[[wallbox]]\nid = "E"\nmax_current_a = 20\n'
    TOML = (
        HEAD
        + '[[evse]]\nid = "A"\naddress = "A"\n'
        + '[[evse]]\nid = "B"\naddress = "B"\nmax_current_a = 32\n'
        + '[[evse]]\nid = "C"\naddress = "C"\nphases = 1\nphase_rotation = "STR"\n'
        + '[[evse]]\nid = "D"\naddress = "D"\npriority = 2\n'
        + '[[evse]]\nid = "E1"\naddress = "E"\nconnector = 1\n'
        + '[[evse]]\nid = "E2"\naddress = "E"\nconnector = 2\n'
    )

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.world = World(self.TOML)
        self.boxes = [
            Box(station_id="A"),
            Box(station_id="B", outlets={1: Outlet(32)}),
            Box(station_id="C"),
            Box(station_id="D"),
            Box(station_id="E", outlets={1: Outlet(16), 2: Outlet(16)}),
        ]
        self.audit = CurrentAudit(
            {
                (box.station_id, connector): frozenset({1}) if box.station_id == "C" else ALL
                for box in self.boxes
                for connector in box.outlets
            },
            self.boxes,
            limit_a=41,
            feeders_a={"E": 20},
        )

    async def run(self) -> None:
        await self.world.start()
        await all_come(self.world, *self.boxes)
        loop = asyncio.get_running_loop()
        while loop.time() < 7200:
            await self._something()
            await asyncio.sleep(self.chance.choice([0.01, 0.06, 1, 3, 7, 20, 80]))
            assert not self.audit.complaints, self.audit.complaints

    async def calm(self) -> None:
        for box in self.boxes:
            box.manner = Manner.PROMPT
            if not box.is_connected:
                await box.come(self.world)
        await asyncio.sleep(120)

    def drawn_a(self, phase: int) -> float:
        """What the profiles in the wallboxes let flow on a phase now, by their own arithmetic."""
        at = WALL_START + timedelta(seconds=asyncio.get_running_loop().time())
        return sum(
            outlet.may_draw_a(at)
            for box in self.boxes
            for connector, outlet in box.outlets.items()
            if phase in self.audit.phases[box.station_id, connector]
        )

    async def _something(self) -> None:
        box = self.chance.choice(self.boxes)
        happenings = [self._car, self._car, self._link, self._manner, self._limit, self._kill]
        await self.chance.choices(happenings, [6, 6, 4, 4, 2, 0.5])[0](box)

    async def _car(self, box: Box) -> None:
        connector = self.chance.choice(list(box.outlets))
        if not box.is_connected:
            return
        if box.outlets[connector].transaction_id is None:
            await box.start(connector)
        else:
            await box.stop(connector)

    async def _link(self, box: Box) -> None:
        if box.is_connected:
            await box.go()
            await asyncio.sleep(self.chance.choice([0.01, 5, 50, 100]))
        await box.come(
            self.world,
            boots=self.chance.random() < 0.5,
            forgets=self.chance.random() < 0.5,
        )

    async def _manner(self, box: Box) -> None:
        box.manner = self.chance.choice([Manner.PROMPT, *Manner])
        box.delay_s = self.chance.choice([0.5, 3, 5.9, 8])

    async def _limit(self, _: Box) -> None:
        assert self.world.manager is not None
        limit_a = self.chance.choice([30, 40, 52, 63, 80])
        self.audit.limit_a = max(self.audit.limit_a, limit_a - 22)
        await self.world.manager.patch_site({"site": {"max_current_a": limit_a}})
        await asyncio.sleep(0.001)  # what was on the wire before
        self.audit.limit_a = limit_a - 22

    async def _kill(self, _: Box) -> None:
        outlets = [outlet for box in self.boxes for outlet in box.outlets.values()]
        if any(outlet.bare for outlet in outlets) or self.world.manager is None:
            return
        self.world.site_toml = self.TOML.replace("63", str(self.audit.limit_a + 22))
        await self.world.kill()
        gone = [box for box in self.boxes if box.is_connected]
        for box in gone:
            await box.go()
        await asyncio.sleep(self.chance.choice([0.1, 30, 1000]))
        self.audit.manager_since = asyncio.get_running_loop().time()
        await self.world.start()
        for box in gone:
            await box.come(self.world, boots=False)


@pytest.mark.parametrize("seed", range(1))
def test_no_frame_ever_promises_more_than_a_circuit_carries_rule_9(seed: int) -> None:
    story = Story(seed)

    @in_virtual_time(within_s=12_000)
    async def told() -> None:
        await story.run()
        await story.calm()
        assert story.audit.complaints == []
        assert story.audit.checked > 300
        assert max(map(story.drawn_a, ALL)) <= story.audit.limit_a + 1e-6
        await story.world.kill()

    told()
