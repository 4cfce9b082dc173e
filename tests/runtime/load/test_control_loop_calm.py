"""Cars and contactors start seldom, and no profile is written in vain, in virtual time."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from tests.support.boxes import WALL_START, Box, all_come, boxes
from tests.support.shared_current import SITE, offered, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

PAUSE = SITE.replace("pause_s = 0", "pause_s = 300")
FOR_TWO = PAUSE.replace("63", "42")  # 20 A


async def patch(world: World, **settings: float) -> None:
    assert world.manager is not None
    await world.manager.patch_site({"site": settings})


async def two(head: str, each_a: float = 10.0) -> tuple[World, list[Box]]:
    """Two cars that charge with the same current."""
    world = World(site("A", "B", head=head))
    await world.start()
    them = boxes(world, "A", "B")
    await all_come(world, *them, start=True)
    await settle(20)
    assert offered(world) == {"A": each_a, "B": each_a}
    return world, them


# Pause


@in_virtual_time()
async def test_a_car_that_was_paused_stays_paused_for_300_s() -> None:
    world, them = await two(FOR_TWO)
    await patch(world, max_current_a=33)  # 11 A
    await settle()
    assert sorted(offered(world).values()) == [0.0, 11.0]
    await patch(world, max_current_a=42)
    paused, other = sorted(them, key=lambda box: box.limits_a()[-1])
    await asyncio.sleep(280)
    assert [paused.limits_a()[-1], other.limits_a()[-1]] == [0.0, 16.0]
    await asyncio.sleep(30)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


@pytest.mark.parametrize("delay_s", [0.0, 3.0], ids=["prompt", "answers late"])
@in_virtual_time()
async def test_a_new_session_never_waits(delay_s: float) -> None:
    world, them = await two(FOR_TWO)
    await patch(world, max_current_a=33)
    await settle()
    paused, _ = sorted(them, key=lambda box: box.limits_a()[-1])
    await patch(world, max_current_a=42)
    await paused.stop()
    await asyncio.sleep(delay_s)
    await paused.start()
    await settle(20)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


@in_virtual_time()
async def test_whom_a_person_lets_charge_again_does_not_wait() -> None:
    world, _ = await two(FOR_TWO)
    assert world.manager is not None
    state, operations = world.manager.evse("A"), world.manager.operations
    assert state is not None
    await operations.deactivate(state.evse)
    await settle()
    assert offered(world)["A"] == 0
    await operations.activate(state.evse)
    await settle(20)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


@in_virtual_time(within_s=7200)
async def test_beside_a_house_load_that_hovers_around_the_limit_a_car_starts_every_300_s() -> None:
    head = SITE.replace("pause_s = 0", 'pause_s = 300\ngrid_meter = "api"')
    world = World(site("A", head=head))
    await world.start()
    (box,) = boxes(world, "A")
    starts: list[float] = []
    told_a = [0.0]

    def told(_: Box, __: object, limit_a: float) -> None:
        if limit_a > 0 and told_a[-1] == 0:
            starts.append(asyncio.get_running_loop().time())
        told_a.append(limit_a)

    box.on_limit.append(told)
    await all_come(world, box, start=True)
    assert world.manager is not None
    for seconds in range(0, 3600, 5):
        house_a = 56.0 if seconds // 40 % 2 else 54.0  # 5 or 7 A are left
        load_a = house_a + told_a[-1]
        world.manager.meter_read((load_a, load_a, load_a))
        await asyncio.sleep(5)
    assert 8 <= len(starts) <= 12
    assert all(after - before >= 300 for before, after in pairwise(starts))
    await world.kill()


# Reclaim


async def charge(*cars: tuple[Box, float], for_s: float) -> None:
    """Cars take what they want of their offers, and their wallboxes measure it each 10 s."""
    until = asyncio.get_running_loop().time() + for_s
    while asyncio.get_running_loop().time() < until:
        await asyncio.sleep(10)
        for box, appetite_a in cars:
            await measure(box, min(appetite_a, box.limits_a()[-1]))


async def measure(box: Box, current_a: float) -> None:
    at = WALL_START + timedelta(seconds=asyncio.get_running_loop().time())
    values = [
        {"measurand": "Current.Import", "phase": phase, "value": f"{current_a:.1f}", "unit": "A"}
        for phase in ("L1", "L2", "L3")
    ]
    meter_value = {"timestamp": at.isoformat(), "sampledValue": values}
    await box.ask(
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": box.outlets[1].transaction_id,
            "meterValue": [meter_value],
        },
    )


@in_virtual_time()
async def test_what_a_car_leaves_goes_to_the_other_one_and_stays_there() -> None:
    world, (small, other) = await two(FOR_TWO)
    cars = (small, 8.0), (other, 32.0)
    await charge(*cars, for_s=90)
    assert offered(world) == {"A": 9.5, "B": 10.5}
    told = [len(box.limits_a()) for box in (small, other)]
    await charge(*cars, for_s=300)
    assert [len(box.limits_a()) for box in (small, other)] == told
    assert world.manager is not None
    assert all(not each.safety.obedience.exhausted for each in world.manager.evses())
    await world.kill()


@in_virtual_time()
async def test_a_car_that_wants_more_again_is_given_more_for_a_try() -> None:
    world, (small, other) = await two(PAUSE.replace("63", "44"), 11.0)  # 22 A
    await charge((small, 6.0), (other, 32.0), for_s=90)
    assert offered(world) == {"A": 7.5, "B": 14.5}
    await charge((small, 32.0), (other, 32.0), for_s=120)
    assert offered(world) == {"A": 11.0, "B": 11.0}
    await world.kill()


@in_virtual_time()
async def test_while_nobody_is_short_no_profile_is_written_because_of_a_small_car() -> None:
    world = World(site("A", "B", head=PAUSE.replace("63", "54")))  # 32 A: enough for both
    await world.start()
    small, other = boxes(world, "A", "B")
    await all_come(world, small, other, start=True)
    await settle(20)
    told = [len(box.limits_a()) for box in (small, other)]
    await charge((small, 8.0), (other, 32.0), for_s=400)
    assert offered(world) == {"A": 16.0, "B": 16.0}
    assert [len(box.limits_a()) for box in (small, other)] == told
    await world.kill()
