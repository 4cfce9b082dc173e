"""Wallboxes that do not do what they are told, with the whole manager (R100a, R100b)."""

import pytest
from tests.support.shared_current import SITE, settle
from tests.support.simulated_box import Manners, SimulatedBox
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.core.charging.obedience import Verdict
from wattgate.runtime.evse_state import EvseState

LADDER_S = 600.0
"""s in which every way to say a limit has been tried and found wanting."""


def site(limit_a: int, more: str = "") -> str:
    return (
        SITE.replace("63", str(limit_a + 22))
        + f'[[evse]]\nid = "A"\naddress = "A"\n{more}\n'
        + '[[evse]]\nid = "B"\naddress = "B"\n'
    )


def state_of(world: World, evse_id: str) -> EvseState:
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    return state


async def a_liar_and_a_neighbour(limit_a: int, more: str = "") -> tuple[World, list[SimulatedBox]]:
    world = World(site(limit_a, more))
    await world.start()
    liar, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    for box in (liar, other):
        await box.come(world)
        await box.plug()
    await settle(60)
    liar.behave(Manners.LIES)
    return world, [liar, other]


@in_virtual_time()
async def test_who_draws_more_than_offered_is_counted_at_that_and_the_neighbour_pays_R100a() -> (
    None
):
    world, (liar, other) = await a_liar_and_a_neighbour(24)
    assert other.draw_a(1) == 12
    await settle(60)
    assert [liar.draw_a(1), other.draw_a(1)] == [16, 8]
    state = state_of(world, "A")
    assert state.counted_a == 16
    assert state.safety.obedience.words == "does not obey: 16 A drawn, 12 A offered"
    assert state_of(world, "B").safety.obedience.verdict is Verdict.OBEYS
    await world.kill()


@in_virtual_time()
async def test_a_neighbour_of_a_liar_is_never_raised_into_what_the_liar_draws() -> None:
    world, (liar, other) = await a_liar_and_a_neighbour(20)
    await settle(60)
    for _ in range(900):
        await settle(1)
        assert liar.draw_a(1) + other.draw_a(1) <= 20
    await world.kill()


@in_virtual_time()
async def test_who_follows_again_is_counted_at_its_limit_again() -> None:
    world, (liar, other) = await a_liar_and_a_neighbour(24)
    await settle(60)
    liar.mend()
    await settle(120)
    assert state_of(world, "A").counted_a < 16
    assert state_of(world, "A").safety.obedience.verdict is Verdict.OBEYS
    assert liar.draw_a(1) + other.draw_a(1) <= 24
    await world.kill()


@in_virtual_time()
async def test_every_way_is_tried_before_charging_is_ended_on_an_overloaded_circuit_R100b() -> None:
    world, (liar, other) = await a_liar_and_a_neighbour(12)
    await settle(90)
    assert other.draw_a(1) == 0
    assert liar.all_of("RemoteStopTransaction") == []
    await settle(LADDER_S)
    assert liar.all_of("RemoteStopTransaction") == [{"transactionId": 1}]
    purposes = {
        each["csChargingProfiles"]["chargingProfilePurpose"]
        for each in liar.all_of("SetChargingProfile")
    }
    assert purposes == {"TxDefaultProfile", "TxProfile", "ChargePointMaxProfile"}
    assert liar.draw_a(1) == 0
    assert other.draw_a(1) == 12
    await world.kill()


@pytest.mark.parametrize(
    ("limit_a", "more"), [(20, ""), (12, "last_resort_stop = false")], ids=["room", "opt-out"]
)
@in_virtual_time()
async def test_charging_is_never_ended_where_there_is_room_or_the_owner_forbids_it_R100b(
    limit_a: int, more: str
) -> None:
    world, (liar, other) = await a_liar_and_a_neighbour(limit_a, more)
    await settle(LADDER_S + 120)
    assert liar.all_of("RemoteStopTransaction") == []
    assert [liar.draw_a(1), other.draw_a(1)] == [16, 0]
    assert state_of(world, "A").safety.obedience.exhausted
    await world.kill()


@in_virtual_time()
async def test_what_a_model_obeys_is_known_for_the_next_wallbox_and_after_a_restart() -> None:
    """A wallbox that takes TxProfiles only is found out once; its sister begins with them."""
    world = World(site(24))
    await world.start()
    one, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    for box in (one, other):
        box.ignores = frozenset({"TxDefaultProfile"})
    await one.come(world)
    await one.plug()
    await settle(120)
    assert world.manager is not None
    await world.manager.patch_site({"site": {"max_current_a": 22 + 10}})
    await settle(300)
    assert one.draw_a(1) == 10
    method = state_of(world, "A").safety.behaviour.obeyed
    assert str(method).startswith("TxProfile")
    await world.kill()
    await world.start()
    await one.go() if one.is_connected else None
    await other.come(world)
    await settle(20)
    assert state_of(world, "B").evse.method == str(method)
    await world.kill()


# Wallboxes that may charge and do not


@in_virtual_time()
async def test_a_wallbox_that_keeps_a_default_for_new_sessions_only_is_told_a_tx_profile_R96() -> (
    None
):
    world = World(site(24))
    await world.start()
    box = SimulatedBox(station_id="A", late_defaults=True)
    await box.come(world)
    await settle(20)
    await box.plug()
    await settle(30)
    assert box.draw_a(1) == 0  # the standing profile of before the session
    await settle(120)
    assert box.draw_a(1) == 16
    assert state_of(world, "A").evse.method.startswith("TxProfile")
    await world.kill()
