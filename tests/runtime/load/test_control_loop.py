"""The site's current in virtual time, as its wallboxes see it on the wire."""

import asyncio
from itertools import pairwise

import pytest
from tests.support.boxes import WALL_START, Box, Manner, Outlet, all_come, boxes
from tests.support.shared_current import SITE, offered, settle, site, three_at_13_6
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

# Sharing


@in_virtual_time()
async def test_41_a_among_three_are_13_6_each_and_a_fourth_that_waits_gets_nothing() -> None:
    world = World(site("A", "B", "C", "D"))
    await world.start()
    them = boxes(world, "A", "B", "C", "D")
    await all_come(world, *them)
    for box in them[:3]:
        await box.start()
    await settle(12)
    assert offered(world) == {"A": 13.6, "B": 13.6, "C": 13.6, "D": 0.0}
    await world.kill()


@in_virtual_time()
async def test_41_a_among_four_are_10_2_each() -> None:
    world = World(site("A", "B", "C", "D"))
    await world.start()
    them = boxes(world, "A", "B", "C", "D")
    await all_come(world, *them, start=True)
    await settle(20)
    assert set(offered(world).values()) == {10.2}
    await world.kill()


@in_virtual_time()
async def test_a_higher_class_is_served_first() -> None:
    head = SITE.replace("63", "43")
    world = World(site("A", "B", head=head, B="priority = 2"))
    await world.start()
    await all_come(world, *boxes(world, "A", "B"), start=True)
    await settle(20)
    assert offered(world) == {"A": 0.0, "B": 16.0}  # 21 A: 5 A are left, which nobody can use
    await world.kill()


@in_virtual_time()
async def test_who_has_waited_longest_comes_first_and_the_turn_passes_on_after_15_minutes() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "33")))  # 11 A: for one only
    await world.start()
    first, second = boxes(world, "B", "A")
    await all_come(world, first, second)
    await first.start()
    await settle()
    await second.start()
    await settle()
    assert offered(world) == {"A": 0.0, "B": 11.0}
    await asyncio.sleep(900)
    assert offered(world) == {"A": 11.0, "B": 0.0}
    for _ in range(2):
        await asyncio.sleep(440)
        assert offered(world) == {"A": 11.0, "B": 0.0}
    await asyncio.sleep(40)
    assert offered(world) == {"A": 0.0, "B": 11.0}
    await world.kill()


@in_virtual_time()
async def test_cars_on_different_phases_get_the_whole_of_each() -> None:
    turned = {
        name: f'phases = 1\nphase_rotation = "{rotation}"'
        for name, rotation in zip("ABC", ("RST", "STR", "TRS"), strict=True)
    }
    world = World(site("A", "B", "C", head=SITE.replace("63", "38"), **turned))
    await world.start()
    await all_come(world, *boxes(world, "A", "B", "C"), start=True)
    await settle(12)
    assert set(offered(world).values()) == {16.0}
    await world.kill()


@in_virtual_time()
async def test_two_connectors_share_their_feeder() -> None:
    world = World(
        SITE
        + '[[wallbox]]\nid = "CP1"\nmax_current_a = 20\n'
        + '[[evse]]\nid = "A"\naddress = "CP1"\nconnector = 1\n'
        + '[[evse]]\nid = "B"\naddress = "CP1"\nconnector = 2\n'
    )
    await world.start()
    box = Box(outlets={1: Outlet(16), 2: Outlet(16)})
    await box.come(world)
    await box.start(1)
    await box.start(2)
    await settle(12)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


# What the wallbox is told


@in_virtual_time()
async def test_charging_is_not_permitted_after_a_boot_and_before_any_transaction_P13_P14() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await box.come(world)
    await box.got("SetChargingProfile")
    await box.report(1, "Preparing")
    await settle()
    assert set(box.limits_a()) == {0}
    await world.kill()


@in_virtual_time()
async def test_a_refused_card_gets_no_current_and_an_accepted_one_does_P14() -> None:
    world = World(site("A") + '[[card]]\nid_tag = "04A1"\n')
    await world.start()
    (box,) = boxes(world, "A")
    await box.come(world)
    assert (await box.start(card="FFFF"))["idTagInfo"]["status"] == "Invalid"
    await settle()
    assert set(box.limits_a()) == {0}
    await box.stop()
    assert (await box.start(card="04A1"))["idTagInfo"]["status"] == "Accepted"
    await settle()
    assert box.limits_a()[-1] == 16
    await box.stop()
    await settle()
    assert box.limits_a()[-1] == 0
    await world.kill()


@in_virtual_time()
async def test_a_booted_wallbox_is_told_again_what_it_may_draw_R100a() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    await box.go()
    told = len(box.limits_a())
    await box.come(world)
    await settle()
    assert set(box.limits_a()[told:]) == {16}
    assert box.outlets[1].may_draw_a(WALL_START) == 16
    await world.kill()


@in_virtual_time()
async def test_raises_of_one_wallbox_keep_5_s_apart_R100() -> None:
    world = World(site("A", "B", "C"))
    await world.start()
    them = boxes(world, "A", "B", "C")
    raised: list[float] = []
    await all_come(world, *them, start=True)
    await settle(12)
    them[0].on_limit.append(lambda *_: raised.append(asyncio.get_running_loop().time()))
    assert world.manager is not None
    for limit_a in (63.4, 64.9, 66.4, 67.9):
        await world.manager.patch_site({"site": {"max_current_a": limit_a}})
        await asyncio.sleep(1)
    await settle(20)
    gaps = [after - before for before, after in pairwise(raised)]
    assert gaps
    assert all(gap >= 5 for gap in gaps)
    await world.kill()


@in_virtual_time(within_s=7200)
async def test_a_grant_is_renewed_at_half_its_life_and_the_car_never_stops_R100() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    arrivals: list[float] = []
    box.on_limit.append(lambda *_: arrivals.append(asyncio.get_running_loop().time()))
    for _ in range(360):
        await asyncio.sleep(10)
        at = WALL_START.fromtimestamp(
            WALL_START.timestamp() + asyncio.get_running_loop().time(), WALL_START.tzinfo
        )
        assert box.outlets[1].may_draw_a(at) == 16
    assert 7 <= len(arrivals) <= 8  # an hour in steps of 450 s
    await world.kill()


# Lower first


@in_virtual_time()
async def test_a_lower_limit_of_the_site_is_on_the_wire_within_one_cycle() -> None:
    world, them = await three_at_13_6()
    assert world.manager is not None
    await world.manager.patch_site({"site": {"max_current_a": 52}})
    await asyncio.sleep(3)
    assert [box.limits_a()[-1] for box in them] == [10, 10, 10]
    await world.kill()


@in_virtual_time()
async def test_a_raise_waits_until_the_reduction_is_confirmed_rule_9() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))  # 20 A
    await world.start()
    slow, other = boxes(world, "A", "B")
    await all_come(world, slow, other)
    await slow.start()
    await settle()
    slow.manner, slow.delay_s = Manner.SLOW, 4.0
    order: list[tuple[str, float, float]] = []
    for box in (slow, other):
        box.on_limit.append(
            lambda box, _, a: order.append((box.station_id, a, asyncio.get_running_loop().time()))
        )
    await other.start()
    await settle(20)
    assert [(name, a) for name, a, _ in order[:2]] == [("A", 10.0), ("B", 10.0)]
    assert order[1][2] - order[0][2] >= 4.0
    await world.kill()


@in_virtual_time()
async def test_nobody_is_raised_into_the_share_of_a_wallbox_that_does_not_answer_rule_9() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))
    await world.start()
    deaf, other = boxes(world, "A", "B")
    await all_come(world, deaf, other)
    await deaf.start()
    await settle()
    deaf.manner = Manner.DEAF
    await other.start()
    await settle(60)
    assert other.limits_a()[-1] == 0  # 4 A are left beside 16
    deaf.manner = Manner.PROMPT
    await settle(20)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


@in_virtual_time()
async def test_the_obeying_neighbours_pay_for_one_that_does_not_answer_R89() -> None:
    world, (deaf, *others) = await three_at_13_6()
    deaf.manner = Manner.DEAF
    assert world.manager is not None
    await world.manager.patch_site({"site": {"max_current_a": 52}})  # 30 A
    await asyncio.sleep(3)
    assert [box.limits_a()[-1] for box in others] == [10, 10]
    await asyncio.sleep(6)
    assert [box.limits_a()[-1] for box in others] == [8.2, 8.2]
    await world.kill()


@pytest.mark.parametrize(
    ("overtaking", "of_others_a"),
    [("true", [10.0, 10.0]), ("false", [8.2, 8.2])],
)
@in_virtual_time()
async def test_a_reduction_passes_a_slow_command_of_a_backend_or_the_neighbours_pay_R89(
    overtaking: str, of_others_a: list[float]
) -> None:
    head = f'{SITE}[[wallbox]]\nid = "A"\novertaking = {overtaking}\n'
    world, (busy, *others) = await three_at_13_6(head)
    assert world.manager is not None
    busy.answers["GetDiagnostics"] = lambda _: None
    peer = world.manager.stations.by_id["A"].presence.peer
    assert peer is not None
    peer.ask("GetDiagnostics", "{}", lambda _: None, timeout_s=30)
    await world.manager.patch_site({"site": {"max_current_a": 52}})
    await asyncio.sleep(9)
    assert [box.limits_a()[-1] for box in others] == of_others_a
    await settle(40)
    assert set(offered(world).values()) == {10.0}
    await world.kill()


@in_virtual_time()
async def test_a_raise_that_waits_for_the_line_never_comes_after_the_reduction_that_follows() -> (
    None
):
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box)
    await settle()
    box.answers["GetDiagnostics"] = lambda _: None
    assert world.manager is not None
    peer = world.manager.stations.by_id["A"].presence.peer
    assert peer is not None
    peer.ask("GetDiagnostics", "{}", lambda _: None, timeout_s=4)
    told = len(box.limits_a())
    await box.start()
    await asyncio.sleep(1)
    await world.manager.patch_site({"site": {"max_current_a": 32}})  # 10 A
    await settle(20)
    assert box.limits_a()[told:] == [10]
    await world.kill()


# Wallboxes that go and come


@in_virtual_time()
async def test_a_silent_wallbox_counts_at_its_maximum_after_60_s_R100a() -> None:
    world, (gone, *others) = await three_at_13_6()
    await gone.go()
    await asyncio.sleep(59)
    assert [box.limits_a()[-1] for box in others] == [13.6, 13.6]
    await asyncio.sleep(5)
    assert [box.limits_a()[-1] for box in others] == [12.5, 12.5]
    await gone.come(world, boots=False)
    await settle(20)
    assert set(offered(world).values()) == {13.6}
    await world.kill()


@in_virtual_time()
async def test_a_reconnect_within_60_s_changes_nothing_P12() -> None:
    world, them = await three_at_13_6()
    for box in them:
        box.calls.clear()
    await them[0].go()
    await asyncio.sleep(50)
    await them[0].come(world, boots=False)
    await settle(30)
    assert [box.limits_a() for box in them] == [[13.6], [], []]
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_refuses_counts_at_its_maximum_while_a_car_is_plugged() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "52"), each="max_current_a = 22"))
    await world.start()
    stubborn, other = boxes(world, "A", "B", hardware_a=22)
    stubborn.manner = Manner.REFUSES
    await all_come(world, stubborn, other)
    await other.start()
    await settle()
    assert offered(world)["B"] == 22  # no car there: it cannot draw
    await stubborn.start()
    await settle(10)
    assert offered(world)["B"] == 8
    await stubborn.stop()
    await settle(40)
    assert offered(world)["B"] == 22
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_seen_for_the_first_time_without_a_boot_counts_at_its_maximum() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))  # 20 A
    await world.start()
    stranger, other = boxes(world, "A", "B")
    stranger.manner = Manner.DEAF
    await all_come(world, other, start=True)
    await settle()
    assert offered(world)["B"] == 16
    await stranger.come(world, boots=False)
    await settle()
    assert offered(world)["B"] == 0
    await world.kill()


@in_virtual_time()
async def test_what_others_left_in_a_booted_wallbox_goes_before_our_limit_R100() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    schedule = {
        "startSchedule": "2026-05-15T10:00:00Z",
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32, "numberPhases": 3}],
    }
    box.outlets[1].profiles[7] = {"chargingProfileId": 1, "chargingSchedule": schedule}
    await box.come(world, forgets=False)
    await settle()
    assert list(box.outlets[1].profiles) == [0]
    assert box.limits_a() == [0]
    await world.kill()
