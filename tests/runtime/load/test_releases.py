"""Released EVSEs get no limit, and deactivated ones what the site says (P15, R100d)."""

import pytest
from tests.support.shared_current import SITE, settle
from tests.support.simulated_box import Composite, Manners, SimulatedBox, Socket
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.ports.evse import Cleared, Confirmation, LimitOutcome
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.station.station_evse import StationEvse

PAIR = (
    SITE.replace("63", "42")  # 20 A
    + '[[evse]]\nid = "left"\naddress = "P"\nconnector = 1\n'
    + '[[evse]]\nid = "right"\naddress = "P"\nconnector = 2\n'
)
ONE = SITE.replace("63", "42") + '[[evse]]\nid = "A"\naddress = "A"\n'
TWO = ONE + '[[evse]]\nid = "B"\naddress = "B"\n'
DONE = LimitOutcome.ACCEPTED


def pair(**more: object) -> SimulatedBox:
    return SimulatedBox(station_id="P", sockets={1: Socket(), 2: Socket()}, **more)  # type: ignore[arg-type]  # its own fields


def state_of(world: World, evse_id: str) -> EvseState:
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    return state


def evse_of(world: World, evse_id: str) -> StationEvse:
    return state_of(world, evse_id).evse


def inside(box: SimulatedBox) -> int:
    """How many profiles there are."""
    return len(box.installed.entries)


async def release(world: World, evse_id: str) -> Cleared:
    assert world.manager is not None
    return await world.manager.operations.release(evse_of(world, evse_id))


async def come_and_plug(world: World, *them: SimulatedBox) -> None:
    for box in them:
        await box.come(world)
        for connector in box.sockets:
            await box.plug(connector)
    await settle(20)


# Release


@in_virtual_time()
async def test_a_released_evse_gets_no_limit_any_more_also_after_its_restart_and_ours_R100d() -> (
    None
):
    world = World(ONE)
    await world.start()
    box = SimulatedBox(station_id="A")
    await box.come(world)
    await settle(20)
    assert await release(world, "A") == Cleared(DONE, Confirmation.SCHEDULE)
    assert inside(box) == 0
    told = len(box.all_of("SetChargingProfile"))
    await box.plug()
    await settle(60)
    await box.go()
    await box.come(world)
    await settle(60)
    await world.kill()
    await world.start()
    await box.come(world, boots=False)
    await settle(1200)
    assert len(box.all_of("SetChargingProfile")) == told
    assert box.draw_a(1) == 16
    state = state_of(world, "A")
    assert (state.safety.released, state.counted_a) == (True, 16)
    await world.kill()


@in_virtual_time()
async def test_a_released_evse_counts_at_its_maximum_and_the_others_make_room_R100a() -> None:
    world = World(TWO)
    await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    assert [box.draw_a(1), other.draw_a(1)] == [10, 10]
    await release(world, "A")
    await settle()
    assert [box.draw_a(1), other.draw_a(1)] == [16, 0]
    assert world.manager is not None
    await world.manager.operations.activate(evse_of(world, "A"))
    await settle(20)
    assert [box.draw_a(1), other.draw_a(1)] == [10, 10]
    assert not state_of(world, "A").safety.released
    await world.kill()


@in_virtual_time()
async def test_one_of_two_connectors_is_released_and_the_other_keeps_its_limit_R100d() -> None:
    world = World(PAIR.replace("42", "47"))  # 25 A
    await world.start()
    box = pair()
    await come_and_plug(world, box)
    assert [box.draw_a(1), box.draw_a(2)] == [12.5, 12.5]
    box.calls.clear()
    assert await release(world, "right") == Cleared(DONE, Confirmation.SCHEDULE)
    cleared = box.all_of("ClearChargingProfile")
    assert {} not in cleared
    assert [each for each in cleared if each.get("connectorId", 2) != 2] == []
    await settle(20)
    assert [box.draw_a(1), box.draw_a(2)] == [9, 16]
    await world.kill()


@in_virtual_time()
async def test_the_empty_request_follows_when_all_connectors_are_released_R100d() -> None:
    world = World(PAIR)
    await world.start()
    box = pair()
    await box.come(world)
    await settle(20)
    await release(world, "left")
    assert {} not in box.all_of("ClearChargingProfile")
    await release(world, "right")
    assert box.all_of("ClearChargingProfile")[-1] == {}
    assert inside(box) == 0
    await world.kill()


@in_virtual_time()
async def test_an_evse_that_was_away_is_released_when_it_comes_back() -> None:
    world = World(ONE)
    await world.start()
    box = SimulatedBox(station_id="A")
    await come_and_plug(world, box)
    await box.go()
    assert (await release(world, "A")).outcome is LimitOutcome.UNSENT
    assert state_of(world, "A").counted_a == 16
    await settle(20)
    await box.come(world, boots=False)
    await settle(20)
    assert inside(box) == 0
    assert state_of(world, "A").safety.cleared == Cleared(DONE, Confirmation.SCHEDULE)
    await world.kill()


@pytest.mark.parametrize(
    ("composite", "manners", "said"),
    [
        (Composite.TRUE, Manners.PROMPT, Cleared(DONE, Confirmation.SCHEDULE)),
        (Composite.EMPTY, Manners.PROMPT, Cleared(DONE, Confirmation.NONE)),
        (Composite.UNSUPPORTED, Manners.PROMPT, Cleared(DONE, Confirmation.NONE)),
        (Composite.TRUE, Manners.REFUSES, Cleared(LimitOutcome.REFUSED)),
        (Composite.TRUE, Manners.SECRETIVE, Cleared(LimitOutcome.UNANSWERED)),
    ],
)
@in_virtual_time()
async def test_that_limits_are_gone_is_confirmed_or_said_not_to_be_P15(
    composite: Composite, manners: Manners, said: Cleared
) -> None:
    world = World(ONE)
    await world.start()
    box = SimulatedBox(station_id="A", composite=composite)
    await box.come(world)
    await settle(20)
    box.manners = manners
    assert await release(world, "A") == said
    await world.kill()


@pytest.mark.parametrize(
    ("manners", "confirmation"),
    [(Manners.PROMPT, Confirmation.MEASUREMENT), (Manners.LIES, Confirmation.NONE)],
)
@in_virtual_time()
async def test_a_car_that_draws_more_confirms_that_limits_are_gone_R100d(
    manners: Manners, confirmation: Confirmation
) -> None:
    """Where it drew no more than before, nobody knows."""
    world = World(TWO)
    await world.start()
    box = SimulatedBox(station_id="A", composite=Composite.UNSUPPORTED)
    other = SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    box.sockets[1].appetite_a = 16 if manners is Manners.PROMPT else 10
    box.manners = manners
    assert (await release(world, "A")).confirmation is Confirmation.NONE
    await settle(20)
    assert state_of(world, "A").safety.cleared == Cleared(DONE, confirmation)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_refuses_to_be_cleared_is_asked_again_every_30_s() -> None:
    world = World(ONE)
    await world.start()
    box = SimulatedBox(station_id="A")
    await box.come(world)
    await settle(20)
    box.manners = Manners.REFUSES
    await release(world, "A")
    box.calls.clear()
    await settle(100)
    assert 3 <= len(box.all_of("ClearChargingProfile")) <= 4
    box.manners = Manners.PROMPT
    await settle(40)
    assert inside(box) == 0
    await world.kill()


# Deactivation


@pytest.mark.parametrize(
    ("on_deactivation", "drawn_a", "left_a"), [("stop", 0, 16), ("minimum", 6, 14)]
)
@in_virtual_time()
async def test_a_deactivated_evse_stops_or_keeps_its_minimum_P15(
    on_deactivation: str, drawn_a: float, left_a: float
) -> None:
    world = World(TWO.replace("[site]", f'[site]\non_deactivation = "{on_deactivation}"'))
    manager = await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    await manager.operations.deactivate(evse_of(world, "A"))
    await settle(20)
    assert [box.draw_a(1), other.draw_a(1)] == [drawn_a, left_a]
    await world.kill()
    await settle(1800)
    assert [box.draw_a(1), other.draw_a(1)] == [drawn_a, 0]  # without a manager, too


@in_virtual_time()
async def test_deactivating_under_release_cancels_all_limits_until_it_is_activated_P15() -> None:
    world = World(ONE.replace("[site]", '[site]\non_deactivation = "release"'))
    manager = await world.start()
    box = SimulatedBox(station_id="A")
    await come_and_plug(world, box)
    await manager.operations.deactivate(evse_of(world, "A"))
    await settle(20)
    assert inside(box) == 0
    assert state_of(world, "A").safety.released
    await box.go()
    await box.come(world)
    await settle(20)
    assert inside(box) == 0
    await manager.operations.activate(evse_of(world, "A"))
    await settle(20)
    assert box.draw_a(1) == 16
    assert inside(box) == 1
    await world.kill()


@in_virtual_time()
async def test_what_was_deactivated_stays_so_over_a_restart() -> None:
    world = World(ONE)
    manager = await world.start()
    await manager.operations.deactivate(evse_of(world, "A"))
    text = await world.store.document("site")
    assert text is not None
    assert '"enabled": false' in text
    await world.kill()


# Clearing once


@in_virtual_time()
async def test_clearing_an_active_evse_sets_its_limit_again_and_says_so_R100d() -> None:
    world = World(ONE)
    manager = await world.start()
    box = SimulatedBox(station_id="A")
    await come_and_plug(world, box)
    done = await manager.operations.clear_profiles(evse_of(world, "A"))
    assert (done.cleared, done.limited_again) == (Cleared(DONE, Confirmation.SCHEDULE), True)
    await settle(20)
    assert inside(box) == 1
    assert state_of(world, "A").safety.cleared is None
    await manager.patch_site({"site": {"load_management": "observe"}})
    await settle(20)
    done = await manager.operations.clear_profiles(evse_of(world, "A"))
    assert not done.limited_again
    await world.kill()


# Fallback


@in_virtual_time()
async def test_without_a_manager_an_evse_may_draw_its_fallback_current() -> None:
    world = World(TWO.replace('id = "A"\n', 'id = "A"\nfallback_current_a = 8\n'))
    await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    assert [box.draw_a(1), other.draw_a(1)] == [10, 10]
    await world.kill()
    await settle(1800)
    assert [box.draw_a(1), other.draw_a(1)] == [8, 0]


@in_virtual_time(within_s=7200)
async def test_an_idle_evse_with_a_fallback_begins_a_session_at_what_it_is_given() -> None:
    """Its grant of 0 A must not run out: the next car would begin with the fallback current."""
    world = World(TWO.replace('id = "A"\n', 'id = "A"\nfallback_current_a = 8\n'))
    await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await box.come(world)
    await come_and_plug(world, other)
    await settle(3600)
    assert other.draw_a(1) == 16
    assert inside(box) > 0
    box.manners = Manners.DEAF
    await box.plug()
    assert box.draw_a(1) == 0
    await world.kill()


@pytest.mark.parametrize(("on_deactivation", "drawn_a"), [("stop", 0), ("minimum", 6)])
@in_virtual_time(within_s=7200)
async def test_what_holds_without_a_manager_is_told_anew_when_it_changes_R100(
    on_deactivation: str, drawn_a: float
) -> None:
    """Its grant of 0 A would end in the fallback of before."""
    text = TWO.replace('id = "A"\n', 'id = "A"\nfallback_current_a = 8\n')
    world = World(text.replace("[site]", f'[site]\non_deactivation = "{on_deactivation}"'))
    manager = await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    await manager.operations.deactivate(evse_of(world, "A"))
    await settle(3000)
    assert box.draw_a(1) == drawn_a
    assert box.draw_a(1) + other.draw_a(1) <= 20
    await world.kill()


@in_virtual_time()
async def test_a_released_evse_is_not_proven_it_would_get_profiles_R100d() -> None:
    world = World(ONE)
    manager = await world.start()
    box = SimulatedBox(station_id="A")
    await come_and_plug(world, box)
    await release(world, "A")
    reason = manager.operations.prove(evse_of(world, "A"))
    assert reason == "load management does not limit this EVSE"
    await settle(20)
    assert inside(box) == 0
    await world.kill()


@pytest.mark.parametrize("manners", [Manners.PROMPT, Manners.SLOW])
@in_virtual_time()
async def test_the_others_make_room_before_a_wallbox_is_cleared_rule_9(manners: Manners) -> None:
    world = World(TWO)
    await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    other.behave(manners)
    drawn_a: list[float] = []
    box.on_command.append(lambda *_: drawn_a.append(other.draw_a(1)))
    await release(world, "A")
    assert set(drawn_a) == {0}
    assert box.draw_a(1) == 16
    await world.kill()


@in_virtual_time()
async def test_a_neighbour_that_does_not_answer_delays_a_release_for_12_s_only() -> None:
    world = World(TWO)
    await world.start()
    box, other = SimulatedBox(station_id="A"), SimulatedBox(station_id="B")
    await come_and_plug(world, box, other)
    other.behave(Manners.DEAF)
    assert (await release(world, "A")).outcome is DONE
    assert box.draw_a(1) == 16
    await world.kill()
