"""Grants outlive the manager, and nothing of ours outlives load management."""

import asyncio
from dataclasses import dataclass, field, replace

from structlog.testing import capture_logs
from tests.support.boxes import WALL_START, Manner, all_come, boxes
from tests.support.scripted_evse import ScriptedEvse
from tests.support.shared_current import SITE, offered, settle, site, three_at_13_6
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time
from tests.support.world import World

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.load.actuation import Plan, SetLimit
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.store import Change, SaveGrant
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor


@in_virtual_time()
async def test_a_raise_that_waits_for_the_store_never_comes_after_the_reduction_that_follows() -> (
    None
):
    world = World(site("A", "B"))
    await world.start()
    them = boxes(world, "A", "B")
    await all_come(world, *them, start=True)
    await settle()
    assert world.manager is not None
    await world.manager.patch_site({"site": {"max_current_a": 42}})  # 10 each
    await settle()
    gate = world.store.gate = asyncio.Event()
    box = them[0]
    told = len(box.limits_a())
    raise_site = asyncio.create_task(  # noqa: TID251 - a person at the API
        world.manager.patch_site({"site": {"max_current_a": 54}})
    )
    gate.set()
    await raise_site
    gate.clear()
    await asyncio.sleep(3)
    assert box.limits_a()[told:] == []  # 16 A are to be stored first
    await them[1].report(1, "Charging")
    house = replace(world.manager.site.site, max_current_a=37)
    world.manager.site = replace(world.manager.site, site=house)
    await asyncio.sleep(4)
    gate.set()
    await settle()
    assert box.limits_a()[told:] == [7.5]
    assert sum(each.may_draw_a(WALL_START) for b in them for each in b.outlets.values()) <= 15
    await world.kill()


# The manager goes and comes


@in_virtual_time()
async def test_a_killed_manager_knows_its_grants_and_charging_goes_on() -> None:
    world, them = await three_at_13_6()
    told = [len(box.limits_a()) for box in them]
    await world.kill()
    for box in them:
        await box.go()
    await asyncio.sleep(20)
    await world.start()
    assert set(offered(world).values()) == {13.6}
    for box in them:
        await box.come(world, boots=False)
    await settle(30)
    assert [set(box.limits_a()[n:]) for box, n in zip(them, told, strict=True)] == [{13.6}] * 3
    await world.kill()


@in_virtual_time(within_s=7200)
async def test_a_grant_from_before_a_restart_is_renewed_even_where_its_target_is_a_bit_higher() -> (
    None
):
    world, them = await three_at_13_6()
    await world.kill()
    for box in them:
        await box.go()
    world.site_toml = site("A", "B", "C", head=SITE.replace("63", "63.5"))
    await world.start()
    for box in them:
        await box.come(world, boots=False)
    await asyncio.sleep(3000)
    at = WALL_START.fromtimestamp(WALL_START.timestamp() + 3000, WALL_START.tzinfo)
    assert all(box.outlets[1].may_draw_a(at) >= 13.6 for box in them)
    await world.kill()


@in_virtual_time()
async def test_nothing_is_raised_while_the_store_fails_and_nobody_spins() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box)
    await settle()
    await box.start()
    world.store.failing = True
    attempts = 0
    commit = world.store.commit

    async def counted(*changes: object) -> object:
        nonlocal attempts
        attempts += any(isinstance(change, SaveGrant) for change in changes)
        return await commit(*changes)  # type: ignore[arg-type]  # as they came

    world.store.commit = counted  # type: ignore[method-assign, assignment]  # a spy
    await settle(30)
    assert box.limits_a()[-1] == 0
    assert attempts <= 12
    world.store.failing = False
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


# Observe

OBSERVE = '[site]\nload_management = "observe"\n'


@in_virtual_time()
async def test_observe_never_sends_a_limit() -> None:
    world = World(site("A", head=OBSERVE))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle(1200)
    assert {action for action, _ in box.calls} <= {"TriggerMessage"}
    assert offered(world) == {"A": 16.0}
    await world.kill()


@in_virtual_time()
async def test_going_over_to_observe_removes_our_profiles_once_also_over_restarts() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    await world.kill()
    await box.go()
    told = len(box.limits_a())
    box.calls.clear()
    world.site_toml = site("A", head=OBSERVE)
    for _ in range(2):
        await world.start()
        await box.come(world, boots=False)
        await settle(60)
        assert box.all_of("ClearChargingProfile") == [
            *({"id": number} for number in range(9101, 9105)),
            {},
        ]
        assert box.outlets[1].profiles == {}
        await world.kill()
        await box.go()
    assert told
    assert box.limits_a() == []


@in_virtual_time()
async def test_observe_asks_a_wallbox_that_keeps_our_profiles_every_30_s_only() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box)
    await settle()
    box.calls.clear()
    box._cleared = lambda payload: "Rejected"  # type: ignore[method-assign]  # a stubborn one
    assert world.manager is not None
    await world.manager.patch_site({"site": {"load_management": "observe"}})
    await settle(100)
    assert 3 <= len(box.all_of("ClearChargingProfile")) <= 4
    await world.kill()


@in_virtual_time()
async def test_from_observe_to_active_the_wallbox_counts_at_its_maximum_until_it_obeys() -> None:
    head = SITE.replace("63", "42")
    world = World(site("A", "B", head=head + 'load_management = "observe"\n'))
    await world.start()
    deaf, other = boxes(world, "A", "B")
    await all_come(world, deaf, other, start=True)
    await settle()
    deaf.manner = Manner.DEAF
    assert world.manager is not None
    await world.manager.patch_site({"site": {"load_management": "active"}})
    await settle(20)
    assert other.limits_a()[-1] == 0
    deaf.manner = Manner.PROMPT
    await settle(20)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.manager.patch_site({"site": {"load_management": "observe"}})
    await settle()
    assert [box.outlets[1].profiles for box in (deaf, other)] == [{}, {}]
    await world.kill()


@in_virtual_time()
async def test_what_others_set_while_we_observed_goes_before_our_limit() -> None:
    world = World(site("A"))
    manager = await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box)
    await settle()
    await box.go()
    await manager.patch_site({"site": {"load_management": "observe"}})
    await settle()
    await box.come(world, boots=False)
    await manager.patch_site({"site": {"load_management": "active"}})
    box.calls.clear()
    await settle()
    said = [action for action, _ in box.calls if action.endswith("ChargingProfile")]
    assert said == ["ClearChargingProfile", "SetChargingProfile"]
    await world.kill()


@in_virtual_time()
async def test_a_grant_is_set_again_at_once_after_a_reconnect() -> None:
    world, them = await three_at_13_6()
    assert world.manager is not None
    await world.manager.patch_site({"site": {"max_current_a": 63.5}})  # 0.1 A more is no raise
    await settle()
    told = len(them[0].limits_a())
    await them[0].go()
    await them[0].come(world, boots=False)
    await settle(12)
    assert them[0].limits_a()[told:] == [13.6]
    await world.kill()


# How long a limit takes


@dataclass
class SlowEvse(ScriptedEvse):
    """Answers a limit when it is let; every message of it may have been answered in time."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        await self.may_answer.wait()
        return self.outcome


@in_virtual_time()
async def test_a_limit_may_take_6_s_with_all_its_messages_before_the_neighbours_pay_R89() -> None:
    async with Supervisor() as tasks:
        clock = FakeClock()
        limits = Limits(MemoryStore(), Tools(clock, ScriptedIdentifiers()), tasks, lambda: None)
        limits.assume("a", 16.0)
        evse = SlowEvse()
        limits.carry_out(Plan(lower=(SetLimit("a", 6.0),)), {"a": evse})
        await asyncio.sleep(5)
        assert limits.overdue(clock.monotonic()) == frozenset()
        limits.carry_out(Plan(lower=(SetLimit("a", 0.0),)), {"a": evse})  # it has not settled yet
        await asyncio.sleep(1)
        assert limits.overdue(clock.monotonic()) == {"a"}
        evse.may_answer.set()
        await asyncio.sleep(0.1)
        assert limits.overdue(clock.monotonic()) == frozenset()


@in_virtual_time()
async def test_the_life_of_a_grant_begins_when_it_is_sent_not_when_its_answer_is_read_R100() -> (
    None
):
    """A manager that was stopped in between must not take an old grant for a fresh one."""
    async with Supervisor() as tasks:
        clock = FakeClock()
        limits = Limits(MemoryStore(), Tools(clock, ScriptedIdentifiers()), tasks, lambda: None)
        limits.assume("a", 0.0)
        evse = SlowEvse(lifetime_s=60)
        limits.carry_out(Plan(raise_=(SetLimit("a", 10.0),)), {"a": evse})
        await asyncio.sleep(31)
        evse.may_answer.set()
        await asyncio.sleep(0.1)
        assert limits.position("a").committed_a == 10
        assert limits.due_for_renewal(evse, clock.monotonic())


@in_virtual_time(within_s=4000)
async def test_the_log_tells_of_limits_that_are_new_and_not_of_their_renewals() -> None:
    """A wallbox on Modbus would fill it: it is told the same limit every 15 s, if need be."""
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    with capture_logs() as logs:
        await all_come(world, box, start=True)
        await asyncio.sleep(3000)
    said = [line["current_a"] for line in logs if line["event"] == "limit set"]
    assert said[-1] > 0
    assert len(said) == len({*said})
    assert len(box.limits_a()) > len(said)
    await world.kill()


class HangingStore(MemoryStore):
    """Takes grants and never comes back, as a disk that dies."""

    hangs = False

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if self.hangs and any(isinstance(change, SaveGrant) for change in changes):
            await asyncio.Event().wait()
        return await super().commit(*changes)


@in_virtual_time()
async def test_a_reduction_does_not_wait_for_a_disk_that_hangs_and_a_raise_does_r100() -> None:
    store = HangingStore()
    world = World(site("A", "B"), store=store)
    manager = await world.start()
    box, other = boxes(world, "A", "B")
    await all_come(world, box, other, start=True)
    await settle(12)
    store.hangs = True
    for limit_a, told_a in ((42, 10), (36, 7)):
        await manager.patch_site({"site": {"max_current_a": limit_a}})
        await settle(4)
        assert box.limits_a()[-1] == told_a
    await manager.patch_site({"site": {"max_current_a": 63}})
    await settle(20)
    assert box.limits_a()[-1] == 7
    await world.kill()
