"""What a wallbox falls back to by itself is counted, also where that is more than its grant.

A has a fallback of 6 A and shares 18 A with B, which charges first: A is paused.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import pytest
from tests.support.neighbours import Neighbours, circuit
from tests.support.observing import meanwhile
from tests.support.shared_current import settle
from tests.support.simulated_box import Manners, SimulatedBox
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT

from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.station.models import WallboxModel

FALLBACK: Final = "fallback_current_a = 6"
FIRST: Final = "priority = 2"
SHARED_A: Final = 18
SHORT: Final = '[[wallbox]]\nid = "A"\ngrant_lifetime_s = 60\n'
PER_TRANSACTION: Final = '[[wallbox]]\nid = "A"\nstrategy = "tx-profile"\n'
RELATIVE_ONLY: Final = {**BOOT, "chargePointVendor": "Wall Box Chargers"}


def shared(more: str = "") -> str:
    return circuit(SHARED_A, more, a=FALLBACK, b=FIRST)


def unmeasured(**boot: str) -> SimulatedBox:
    return SimulatedBox(station_id="A", measures=False, boot={**BOOT, **boot})


async def paused(pair: Neighbours) -> Neighbours:
    """B charges with all it can take, and A waits with its car."""
    await pair.come()
    await pair.b.plug()
    await settle(30)
    await pair.a.plug()
    await settle(60)
    assert pair.drawn_a == [0, 16]
    return pair


def proven(pair: Neighbours) -> None:
    """The end of a grant, and that the fallback survives, have been seen at wallboxes like A."""
    method = Method(Strategy.TWO_PERIODS)
    known = Behaviour(method, (), Proof.PROVEN, Proof.PROVEN, method)
    pair.manager.behaviours.learn(WallboxModel("Vendor", "Model", ""), known)


# A grant below the fallback ends upwards


@in_virtual_time()
async def test_a_paused_wallbox_that_refuses_renewals_counts_at_its_fallback_R100a() -> None:
    pair = await paused(Neighbours(shared(), unmeasured()))
    pair.a.behave(Manners.REFUSES)
    assert await pair.largest_sum_a(within_s=2000) <= SHARED_A
    assert pair.counted_a == 6
    assert pair.drawn_a == [6, 12]
    await pair.world.kill()


@in_virtual_time()
async def test_a_proven_wallbox_that_is_silent_counts_at_its_fallback_afterwards_R100a() -> None:
    pair = await paused(Neighbours(shared()))
    proven(pair)
    assert pair.evse.reading(0).is_harmless_when_silent
    await pair.a.go()
    assert await pair.largest_sum_a(within_s=2000) <= SHARED_A
    assert pair.counted_a == 6
    assert pair.drawn_a == [6, 12]
    await pair.world.kill()


@in_virtual_time()
async def test_a_deactivated_wallbox_that_refuses_counts_at_its_old_fallback_P15() -> None:
    pair = await paused(Neighbours(shared('on_deactivation = "stop"'), unmeasured()))
    pair.a.behave(Manners.REFUSES)
    await pair.manager.operations.deactivate(pair.evse)
    assert await pair.largest_sum_a(within_s=2000) <= SHARED_A
    assert pair.drawn_a == [6, 12]
    await pair.world.kill()


@in_virtual_time()
async def test_a_grant_that_ends_before_the_silence_shows_makes_no_overload_R100a() -> None:
    pair = await paused(Neighbours(shared(SHORT)))
    await settle(25)
    await pair.a.go()
    assert await pair.largest_sum_a(within_s=300) <= SHARED_A
    assert pair.a.draw_a(1) == 6
    await pair.world.kill()


@in_virtual_time()
async def test_after_a_long_restart_the_neighbour_comes_back_beside_the_fallback_R100a() -> None:
    pair = await paused(Neighbours(shared()))
    await pair.kill()
    await settle(1500)
    assert pair.drawn_a == [6, 0]
    await pair.world.start()
    await pair.b.come(pair.world, boots=False)
    assert await pair.largest_sum_a(within_s=50) <= SHARED_A
    assert pair.drawn_a == [6, 12]
    assert await pair.largest_sum_a(within_s=60) <= SHARED_A  # now A counts as silent
    await pair.world.kill()


# A fallback that is no longer wanted


@in_virtual_time(within_s=6000)
async def test_whoever_is_deactivated_while_idle_does_not_fall_back_to_current_P15() -> None:
    pair = Neighbours(shared('on_deactivation = "stop"'), unmeasured())
    await pair.come()
    await settle(30)
    await pair.manager.operations.deactivate(pair.evse)
    await pair.b.plug()
    await settle(1200)
    await pair.a.plug()
    assert await pair.largest_sum_a(within_s=1500) == 16
    assert pair.counted_a == 0
    assert pair.drawn_a == [0, 16]
    await pair.world.kill()


# A fallback between two transactions


async def waiting_for_a_car(pair: Neighbours) -> Neighbours:
    """B charges with what the fallback of the idle A leaves: that holds at a StartTransaction."""
    await pair.come()
    await pair.b.plug()
    await settle(60)
    assert pair.counted_a == 6
    assert pair.drawn_a == [0, 12]
    return pair


@in_virtual_time()
async def test_limits_of_a_transaction_only_leave_the_fallback_counted_before_it_R100a() -> None:
    pair = await waiting_for_a_car(Neighbours(shared(PER_TRANSACTION), unmeasured()))
    pair.a.behave(Manners.REFUSES)
    await pair.a.plug()
    assert await pair.largest_sum_a(within_s=120) <= SHARED_A
    assert pair.drawn_a == [6, 12]
    await pair.world.kill()


@in_virtual_time()
async def test_a_relative_profile_leaves_the_fallback_counted_before_a_transaction_R100a() -> None:
    pair = await waiting_for_a_car(Neighbours(shared(), unmeasured(**RELATIVE_ONLY)))
    pair.a.behave(Manners.SLOW)
    await pair.a.plug()
    assert await pair.largest_sum_a(within_s=60, every_s=0.1) <= SHARED_A
    await pair.world.kill()


# What a deactivated wallbox keeps


@dataclass
class House:
    """What else the site takes, A per phase, and a grid meter that sees everything."""

    pair: Neighbours
    load_a: float = 0.0

    async def read_for_ever(self) -> None:
        while True:
            sum_a = sum(self.pair.drawn_a) + self.load_a
            self.pair.manager.meter_read((sum_a, sum_a, sum_a))
            await asyncio.sleep(2)


@pytest.mark.parametrize(("load_a", "kept_a"), [(13.9, 6.0), (18.0, 0.0)])
@in_virtual_time()
async def test_a_deactivated_wallbox_keeps_its_minimum_while_there_is_room_for_it_P15(
    load_a: float, kept_a: float
) -> None:
    metered = circuit(20, 'grid_meter = "api"\non_deactivation = "minimum"')
    pair = Neighbours(metered)
    await pair.come()
    house = House(pair)
    meter = meanwhile(house.read_for_ever())
    await pair.a.plug()
    await settle(30)
    await pair.manager.operations.deactivate(pair.evse)
    await settle(60)
    assert pair.a.draw_a(1) == 6
    house.load_a = load_a
    await settle(300)
    assert pair.a.draw_a(1) == pair.counted_a == kept_a
    meter.cancel()
    await pair.world.kill()
