"""What is not known for sure stays counted: over a restart, a stalling disk, a late boot."""

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.support.neighbours import ALFEN, AT_BACKEND, Neighbours, circuit
from tests.support.observing import changed_to, meanwhile, setting
from tests.support.shared_current import settle
from tests.support.simulated_box import SimulatedBox
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.ports.store import Change, SaveGrant

SHARED_A: Final = 24


# Profiles of others


async def charging_by_others() -> Neighbours:
    """A charges with 16 A by a profile of its backend that cannot be removed, and counts so."""
    stacks = {"ChargeProfileMaxStackLevel": "8"}
    a = SimulatedBox(station_id="A", boot=ALFEN, measures=False, configuration=stacks)
    pair = Neighbours(circuit(SHARED_A, 'load_management = "observe"', a=AT_BACKEND), a)
    await pair.come()
    await pair.charge()
    answer = await pair.backend.ask("SetChargingProfile", setting(16, level=5))
    assert answer[2] == {"status": "Accepted"}
    await settle(20)
    await changed_to(pair.world, "active")
    await settle(60)
    assert pair.counted_a == 16
    assert pair.drawn_a == [16, 8]
    return pair


@in_virtual_time()
async def test_what_others_left_in_a_wallbox_is_counted_after_a_restart_too_R100a() -> None:
    pair = await charging_by_others()
    await pair.kill()
    await settle(5)
    pair.world.site_toml = pair.site_toml.replace("observe", "active")
    await pair.world.start()
    await pair.a.come(pair.world, boots=False)
    await pair.b.come(pair.world, boots=False)
    assert await pair.largest_sum_a(within_s=300) == SHARED_A
    assert pair.counted_a == 16
    assert pair.drawn_a == [16, 8]
    await pair.world.kill()


# A boot that is told late


@dataclass
class LateBoot(SimulatedBox):
    """Connects `boots_after_s` before it tells of its boot."""

    boots_after_s: float = 0.0

    async def ask(self, action: str, payload: Json | str) -> list[Json]:
        if action == "BootNotification":
            await asyncio.sleep(self.boots_after_s)
        return await super().ask(action, payload)


@in_virtual_time()
async def test_nobody_is_raised_because_of_a_connection_before_its_boot_is_known_R100a() -> None:
    a = LateBoot(station_id="A")
    pair = Neighbours(circuit(SHARED_A), a)
    await pair.come()
    await pair.charge()
    assert pair.drawn_a == [12, 12]
    await a.go()
    a.has_lost_power = True
    a.forget()
    await settle(120)
    assert pair.drawn_a == [16, 8]
    a.boots_after_s = 4.5
    back = meanwhile(a.come(pair.world))
    assert await pair.largest_sum_a(within_s=30, every_s=0.1) <= SHARED_A
    await back
    assert pair.drawn_a == [12, 12]
    await pair.world.kill()


# A disk that stalls


class StallingStore(MemoryStore):
    """Takes `stall_s` for each grant, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.stall_s = 0.0
        self._turn = asyncio.Lock()

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if self.stall_s and any(isinstance(change, SaveGrant) for change in changes):
            async with self._turn:
                await asyncio.sleep(self.stall_s)
                return await super().commit(*changes)
        return await super().commit(*changes)


async def stored_a(world: World) -> float:
    """What a manager that starts now would count A for."""
    grants = {grant.evse_id: grant for grant in (await world.store.recover()).grants}
    return max(grants["A"].committed_a, grants["A"].pending_a or 0.0)


async def limited_to(pair: Neighbours, max_current_a: float) -> None:
    await pair.manager.patch_site({"site": {"max_current_a": max_current_a}})


@in_virtual_time()
async def test_a_raise_is_stored_first_while_a_reduction_is_still_being_noted_R100() -> None:
    pair = Neighbours(circuit(32))
    pair.world.store = store = StallingStore()
    await pair.come()
    await pair.a.plug()
    await settle(60)
    assert pair.drawn_a == [16, 0]
    store.stall_s = 1.0
    await limited_to(pair, 8)
    await settle(0.3)
    assert pair.a.draw_a(1) == 8
    await limited_to(pair, 32)
    for _ in range(200):
        await asyncio.sleep(0.05)
        assert await stored_a(pair.world) >= pair.a.draw_a(1)
    assert pair.a.draw_a(1) == 16
    await pair.world.kill()
