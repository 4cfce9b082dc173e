"""Clocks that are wrong, or set, and the ends of the grants that are read by them (R48, R100)."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pytest
from tests.support.boxes import Box
from tests.support.shared_current import settle, site
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import BOOT, World, status_of

from wattgate.runtime.station.presence import Presence

LIFETIME_S: Final = 900
NEAR_S: Final = 5


@dataclass
class Clocked:
    """A wallbox with a clock of its own, `ahead_s` of the true time, charging at a manager."""

    world: World
    ahead_s: float
    takes_time: bool = False
    box: Box = field(default_factory=Box)
    told_at: list[datetime] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    def now(self) -> datetime:
        """What its clock says."""
        return self.clock.wall() + timedelta(seconds=self.ahead_s)

    async def says(self, status: str) -> None:
        stamped = {**status_of(1, status), "timestamp": self.now().isoformat()}
        await self.box.ask("StatusNotification", stamped)

    async def hears_the_time(self, action: str, payload: object) -> None:
        answer = (await self.box.ask(action, payload))[2]
        if self.takes_time:
            self.ahead_s += (
                datetime.fromisoformat(answer["currentTime"]) - self.now()
            ).total_seconds()

    async def charges(self) -> None:
        """Boot, show a card, and charge until the manager has settled."""
        self.box.on_limit.append(lambda *_: self.told_at.append(self.now()))
        self.box.left_at = None
        self.world.plug_in("CP1", self.box)
        await self.hears_the_time("BootNotification", BOOT)
        for status in ("Available", "Available", "Preparing"):
            await self.says(status)
            await settle(12)
        card = {"connectorId": 1, "idTag": "04A1", "meterStart": 1}
        start = {**card, "timestamp": self.now().isoformat()}
        answer = (await self.box.ask("StartTransaction", start))[2]
        self.box.outlets[1].transaction_id = answer["transactionId"]
        await self.says("Charging")
        await settle(20)

    async def charges_on(self, minutes: int) -> None:
        """Every minute its grant is there and ends in time."""
        for _ in range(minutes):
            assert self.draws_a() == 16
            assert self.grant_ends_in_s() == pytest.approx(LIFETIME_S, abs=NEAR_S)
            await self.says("Charging")
            await settle(60)

    def draws_a(self, in_s: float = 0) -> float:
        """A that its profiles let flow, so many s from now by its clock."""
        return self.box.outlets[1].may_draw_a(self.now() + timedelta(seconds=in_s))

    def grant_ends_in_s(self) -> float:
        """S after the last limit came at which the grant ends, by its own clock."""
        since_s = (self.now() - self.told_at[-1]).total_seconds()
        return next(
            after_s for after_s in range(int(since_s), 5000) if not self.draws_a(after_s - since_s)
        )

    def presence(self) -> Presence:
        assert self.world.manager is not None
        return self.world.manager.stations.by_id["CP1"].presence


def manager_clock(world: World) -> FakeClock:
    assert world.manager is not None
    clock = world.manager._tools.clock
    assert isinstance(clock, FakeClock)
    return clock


@pytest.mark.parametrize("takes_time", [True, False])
@pytest.mark.parametrize("ahead_s", [0, 3, -20, 300, -300, 7200, -7200, -1_700_000_000])
@in_virtual_time()
async def test_a_grant_ends_by_the_clock_of_its_wallbox_however_wrong_that_is_r48(
    ahead_s: float, takes_time: bool
) -> None:
    world = World(site("CP1"))
    await world.start()
    wallbox = Clocked(world, ahead_s, takes_time)
    await wallbox.charges()
    expected = 0 if takes_time else ahead_s
    assert wallbox.presence().clock_offset_s == pytest.approx(expected, abs=1)
    assert wallbox.draws_a() == 16
    assert wallbox.grant_ends_in_s() == pytest.approx(LIFETIME_S, abs=NEAR_S)
    await settle(1800)  # it is renewed
    assert wallbox.draws_a() == 16
    assert wallbox.grant_ends_in_s() == pytest.approx(LIFETIME_S, abs=NEAR_S)
    await world.kill()


@pytest.mark.parametrize("takes_time", [True, False])
@pytest.mark.parametrize("jump_s", [3600, -3600])
@in_virtual_time(within_s=7200)
async def test_a_jump_of_our_clock_makes_no_grant_longer_or_shorter_r48(
    jump_s: float, takes_time: bool
) -> None:
    world = World(site("CP1"))
    await world.start()
    wallbox = Clocked(world, 0, takes_time)
    await wallbox.charges()
    manager_clock(world).jump_wall(jump_s)
    await wallbox.charges_on(minutes=20)
    await wallbox.hears_the_time("Heartbeat", {})
    for _ in range(2):  # until it has shown whether it took the time
        await settle(12)
        await wallbox.says("Charging")
    await settle(20)
    await wallbox.charges_on(minutes=20)
    await wallbox.hears_the_time("Heartbeat", {})
    await settle(20)
    await wallbox.charges_on(minutes=20)
    expected = 0 if takes_time else -jump_s
    assert wallbox.presence().clock_offset_s == pytest.approx(expected, abs=1)
    await world.kill()


@in_virtual_time()
async def test_messages_that_waited_do_not_interrupt_a_car_r48() -> None:
    world = World(site("CP1"))
    await world.start()
    wallbox = Clocked(world, 0)
    await wallbox.charges()
    connection = wallbox.presence().connection
    for late_s in (7200, 3600, 1800, 600, 300, 100):
        wallbox.ahead_s = -late_s
        await wallbox.says("Charging")
        await asyncio.sleep(7)
    wallbox.ahead_s = 0
    assert wallbox.presence().connection == connection
    assert wallbox.draws_a() == 16
    await world.kill()
