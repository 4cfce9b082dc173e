"""What one connector is told, to the letter, in every way there is."""

import asyncio

import pytest
from tests.support.charging_bench import bench
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.site.choices import RateUnitChoice, StrategyChoice
from wattgate.core.site.model import WallboxSettings
from wattgate.ports.evse import Cleared, Confirmation, LimitOutcome

ONE_PERIOD = {"ChargingScheduleMaxPeriods": "1"}
TWO_LEVELS = ONE_PERIOD | {"ChargeProfileMaxStackLevel": "3", "MaxChargingProfilesInstalled": "9"}
POWER = {"ChargingScheduleAllowedChargingRateUnit": "Power"}

ALFEN = {"chargePointVendor": "Alfen BV"}


def demanding(strategy: StrategyChoice, unit: RateUnitChoice = RateUnitChoice.AUTO) -> Json:
    return WallboxSettings(id="CP1", strategy=strategy, rate_unit=unit)


WAYS: list[tuple[dict[str, str], WallboxSettings, list[str], list[str], list[str]]] = [
    (
        {},
        WallboxSettings(id="CP1"),
        ["set 9101: 0"],
        ["set 9101: 16 4500:0"],
        ["set 9101: 0"],
    ),
    (
        TWO_LEVELS,
        WallboxSettings(id="CP1"),
        ["set 9101: 0", "set 9102: 0"],
        ["set 9102: 16"],
        ["set 9102: 0"],
    ),
    (
        ONE_PERIOD,
        demanding(StrategyChoice.SINGLE_VALUE),
        ["set 9101: 0"],
        ["set 9101: 16"],
        ["set 9101: 0"],
    ),
    (
        {},
        demanding(StrategyChoice.TX_PROFILE),
        ["set 9101: 0"],
        ["set 9103: 16 4500:0"],
        ["set 9103: 0"],
    ),
    (
        {},
        demanding(StrategyChoice.CHARGE_POINT_MAX),
        ["set 9104: 0"],
        ["set 9104: 16 4500:0"],
        ["set 9104: 0"],
    ),
    (
        POWER,
        WallboxSettings(id="CP1"),
        ["set 9101: 0 W"],
        ["set 9101: 11040 4500:0 W"],
        ["set 9101: 0 W"],
    ),
    (
        {},
        demanding(StrategyChoice.AUTO, RateUnitChoice.W),
        ["set 9101: 0 W"],
        ["set 9101: 11040 4500:0 W"],
        ["set 9101: 0 W"],
    ),
]


@pytest.mark.parametrize(("keys", "wallbox", "idle", "charging", "paused"), WAYS)
@in_virtual_time()
async def test_each_way_says_not_permitted_a_grant_and_a_pause_R100(
    keys: dict[str, str],
    wallbox: WallboxSettings,
    idle: list[str],
    charging: list[str],
    paused: list[str],
) -> None:
    async with bench(keys=keys, wallbox=wallbox) as here:
        assert await here.limit(0, afresh=True) == "accepted"
        await asyncio.sleep(1)
        assert here.news() == ["GetConfiguration", "clear", *idle, "GetCompositeSchedule"]
        here.start()
        assert await here.limit(16) == "accepted"
        assert here.news() == charging
        assert await here.limit(0, reduction=True) == "accepted"
        assert here.news() == paused
        sets = len(idle) + len(charging) + len(paused)
        assert (here.evse.profile_writes, here.charging.profile_writes) == (sets, sets)


@in_virtual_time()
async def test_a_standing_profile_is_written_again_only_where_it_may_be_lost() -> None:
    async with bench(keys=TWO_LEVELS) as here:
        await here.limit(0, afresh=True)
        here.start()
        await here.limit(10)
        await asyncio.sleep(1)
        here.news()
        await here.limit(16)
        assert here.news() == ["set 9102: 16"]
        await here.go()
        here.come()
        await here.limit(16)
        assert here.news() == ["GetConfiguration", "set 9101: 0", "set 9102: 16"]
        await here.evse.release(whole=False)
        here.news()
        await here.limit(16)
        assert here.news() == ["set 9101: 0", "set 9102: 16"]


@in_virtual_time()
async def test_another_fallback_is_written_and_holds_beside_a_pause() -> None:
    async with bench(keys=TWO_LEVELS) as here:
        await here.limit(0)
        here.news()
        here.evse.settings = here.evse.settings.__class__(
            id="A", address="CP1", fallback_current_a=6.0
        )
        here.start()
        await here.limit(0)
        assert here.news() == ["set 9101: 6", "set 9102: 0"]


@in_virtual_time()
async def test_after_a_restart_what_another_way_left_goes_once_and_after_the_limit_R100() -> None:
    async with bench() as here:
        here.start()
        await here.limit(16)
        assert here.news() == [
            "GetConfiguration",
            "set 9101: 16 4500:0",
            "clear 9102",
            "clear 9103",
            "clear 9104",
        ]
        await here.limit(10)
        assert here.news() == ["set 9101: 10 4500:0"]
        here.restart()
        here.start()
        await here.limit(8)
        assert len(here.news()) == 5


@in_virtual_time()
async def test_what_could_not_be_cleared_is_cleared_with_the_next_limit() -> None:
    async with bench() as here:
        here.start()
        here.says(ClearChargingProfile=lambda _: None)
        assert await here.limit(16) == "unanswered"
        here.news()
        here.says(ClearChargingProfile=lambda _: {"status": "Unknown"})
        assert await here.limit(16) == "accepted"
        assert here.news()[1:] == ["clear 9102", "clear 9103", "clear 9104"]


@in_virtual_time()
async def test_a_way_that_is_not_obeyed_goes_with_its_profiles_and_is_remembered_R100() -> None:
    async with bench(keys=TWO_LEVELS | {"ChargingScheduleMaxPeriods": "2"}) as here:
        await here.limit(0, afresh=True)
        here.start()
        await here.limit(16)
        await asyncio.sleep(1)
        here.news()
        assert here.evse.method == "two periods, A, Absolute"
        assert here.evse.next_method()
        assert here.evse.method == "standing + grant, A, Absolute"
        await here.limit(8, reduction=True)
        assert here.news() == ["set 9101: 0", "set 9102: 8"]
        assert here.evse.next_method()
        await here.limit(8)
        assert here.evse.method == "TxProfile, A, Absolute"
        assert here.news() == ["clear 9102", "set 9101: 0", "set 9103: 8 4500:0"]
        here.evse.is_obeyed()
        here.restart()
        here.start()
        await here.limit(8)
        assert here.evse.method == "TxProfile, A, Absolute"
        here.boot(firmwareVersion="2")
        await here.limit(8)
        assert here.evse.method == "two periods, A, Absolute"


@in_virtual_time()
async def test_after_the_last_way_comes_the_first_and_says_so_until_the_next_boot_R100() -> None:
    async with bench(keys=ONE_PERIOD) as here:
        assert not here.evse.next_method()
        await here.limit(0)
        first, ways = here.evse.method, 1
        while here.evse.next_method():
            ways += 1
        assert (here.evse.method, here.evse.next_method()) == (first, False)
        here.boot()
        await here.limit(0)
        assert here.evse.next_method() == (ways > 1)


@in_virtual_time()
async def test_a_wallbox_that_refuses_is_told_at_once_in_another_way() -> None:
    async with bench() as here:

        def answer(payload: Json) -> Json:
            purpose = payload["csChargingProfiles"]["chargingProfilePurpose"]
            return {"status": "Accepted" if purpose == "ChargePointMaxProfile" else "Rejected"}

        here.says(SetChargingProfile=answer)
        assert await here.limit(0) == "accepted"
        assert here.evse.method == "ChargePointMaxProfile, A, Absolute"
        assert here.news().count("GetConfiguration") == 1


@in_virtual_time()
async def test_what_belongs_to_a_transaction_is_known_as_such() -> None:
    async with bench(wallbox=demanding(StrategyChoice.TX_PROFILE)) as here:
        known = [here.evse.counts_by_transaction]
        for strategy in (StrategyChoice.TX_PROFILE, StrategyChoice.TWO_PERIODS):
            here.evse.wallbox = demanding(strategy)
            await here.limit(0)
            known.append(here.evse.counts_by_transaction)
        assert known == [False, True, False]


# Removing


@in_virtual_time()
async def test_the_only_connector_is_cleared_by_id_and_then_altogether_R100d() -> None:
    async with bench() as here:
        await here.limit(0)
        here.news()
        assert (await here.evse.release(whole=False)).outcome is LimitOutcome.ACCEPTED
        ids = ["clear 9101", "clear 9102", "clear 9103", "clear 9104"]
        assert here.news() == [*ids, "clear", "GetCompositeSchedule"]


@pytest.mark.parametrize(("whole", "last"), [(False, "clear 2"), (True, "clear")])
@in_virtual_time()
async def test_one_of_two_connectors_is_cleared_alone_unless_all_are_released_R100d(
    whole: bool, last: str
) -> None:
    async with bench(connectors=2) as here:
        here.start(1)
        await here.evses[1].release(whole=whole)
        ids = ["clear 9111", "clear 9112", "clear 9113", "clear 9114"]
        assert here.news() == [*ids, last, "GetCompositeSchedule"]


@in_virtual_time()
async def test_where_clearing_frees_the_sibling_too_it_waits_until_that_is_done_R100d() -> None:
    async with bench(connectors=2) as here:
        here.boot(**ALFEN)
        await here.limit(0, 2)
        here.start(1)
        here.news()
        assert await here.evses[1].release(whole=False) == Cleared(LimitOutcome.REFUSED)
        assert await here.limit(0, 2, afresh=True) == "accepted"
        assert here.news() == ["set 9111: 0"]
        assert not here.evses[1].next_method()
        here.evses[0].transaction = None
        assert (await here.evses[1].release(whole=False)).outcome is LimitOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [({"status": "Rejected"}, LimitOutcome.REFUSED), (None, LimitOutcome.UNANSWERED)],
)
@in_virtual_time()
async def test_a_release_that_fails_is_not_confirmed(answer: Json, outcome: LimitOutcome) -> None:
    async with bench() as here:
        here.says(ClearChargingProfile=lambda _: answer)
        assert await here.evse.release(whole=True) == Cleared(outcome)


def stated(*limits: float) -> Json:
    periods = [{"startPeriod": 10 * n, "limit": limit} for n, limit in enumerate(limits)]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    return {"status": "Accepted", "chargingSchedule": schedule}


CLEARED: list[tuple[Json, Json, Confirmation]] = [
    (stated(0), stated(16), Confirmation.SCHEDULE),
    (stated(0), stated(32), Confirmation.SCHEDULE),
    (stated(0), {"status": "Accepted"}, Confirmation.SCHEDULE),
    (stated(0), stated(0), Confirmation.CONTRADICTED),
    (stated(0), stated(16, 6), Confirmation.CONTRADICTED),
    (stated(0), {"status": "Rejected"}, Confirmation.NONE),
    (stated(0), None, Confirmation.NONE),
    ({"status": "Accepted"}, stated(16), Confirmation.NONE),  # it cannot tell: not asked again
]


@pytest.mark.parametrize(("before", "after", "confirmation"), CLEARED)
@in_virtual_time()
async def test_a_release_is_confirmed_by_what_the_wallbox_says_holds_R100d(
    before: Json, after: Json, confirmation: Confirmation
) -> None:
    async with bench() as here:
        here.says(GetCompositeSchedule=lambda _: before)
        await here.limit(0, afresh=True)
        await asyncio.sleep(1)
        here.says(GetCompositeSchedule=lambda _: after)
        cleared = await here.evse.release(whole=False)
        assert cleared == Cleared(LimitOutcome.ACCEPTED, confirmation)


ADOPTED: list[tuple[Json, Confirmation]] = [
    (stated(0), Confirmation.SCHEDULE),
    (stated(16), Confirmation.CONTRADICTED),
    ({"status": "Accepted"}, Confirmation.NONE),
    ({}, Confirmation.NONE),
    (None, Confirmation.NONE),
]


@pytest.mark.parametrize(("answer", "confirmation"), ADOPTED)
@in_virtual_time()
async def test_an_adoption_is_verified_by_what_the_wallbox_says_holds(
    answer: Json, confirmation: Confirmation
) -> None:
    async with bench() as here:
        here.says(GetCompositeSchedule=lambda _: answer)
        assert await here.limit(0, afresh=True) == "accepted"
        await asyncio.sleep(10)
        assert here.evse.standing_confirmation is confirmation


@in_virtual_time()
async def test_a_verification_delays_no_limit_and_says_nothing_of_a_newer_one() -> None:
    async with bench() as here:
        here.says(Reset=lambda _: None, GetCompositeSchedule=lambda _: stated(0))
        await here.limit(0, afresh=True)
        peer = here.presence.peer
        assert peer is not None
        peer.ask("Reset", "{}", lambda _: None, timeout_s=3)  # the line is busy: both wait
        here.news()
        assert await here.limit(16) == "accepted"
        await asyncio.sleep(1)
        assert here.news() == ["Reset", "set 9101: 16 4500:0", "GetCompositeSchedule"]
        assert here.evse.standing_confirmation is Confirmation.NONE


# Sweeping


@in_virtual_time()
async def test_others_profiles_are_swept_between_two_times_of_our_limit() -> None:
    async with bench(keys=TWO_LEVELS) as here:
        here.start()
        assert await here.evse.sweep() is LimitOutcome.UNSENT  # nothing was said yet
        await here.limit(10)
        here.news()
        assert await here.evse.sweep() is LimitOutcome.ACCEPTED
        ours = ["set 9101: 0", "set 9102: 10"]
        tx, second, third = "TxProfile", "TxDefaultProfile 2", "TxDefaultProfile 3"
        assert here.news() == [
            *ours,
            f"clear 1 {tx}",
            f"clear 1 {second}",
            f"clear 1 {third}",
            *ours,
        ]


@in_virtual_time()
async def test_a_sweep_that_a_wallbox_refuses_says_so_and_leaves_our_limit() -> None:
    async with bench(keys={"ChargeProfileMaxStackLevel": "0"}) as here:
        here.start()
        await here.limit(10)
        here.says(ClearChargingProfile=lambda _: {"status": "Rejected"})
        here.news()
        assert await here.evse.sweep() is LimitOutcome.REFUSED
        ours = "set 9101: 10 4500:0"
        assert here.news() == [ours, "clear 1 TxProfile", ours]


@in_virtual_time()
async def test_a_sweep_lengthens_no_grant() -> None:
    async with bench() as here:
        here.start()
        await here.limit(10)
        (told,) = here.box.all_of("SetChargingProfile")
        await asyncio.sleep(400)
        await here.evse.sweep()
        assert here.box.all_of("SetChargingProfile") == [told] * 3


@in_virtual_time()
async def test_a_sweep_says_only_what_may_have_been_said_on_this_connection() -> None:
    async with bench() as here:
        here.start()
        await here.limit(6)
        peer = here.presence.peer
        assert peer is not None
        here.says(Reset=lambda _: None)
        peer.ask("Reset", "{}", lambda _: None, timeout_s=10)  # the line is busy
        assert await here.limit(16) == "unsent"
        await asyncio.sleep(10)
        here.news()
        assert await here.evse.sweep() is LimitOutcome.ACCEPTED
        assert {line for line in here.news() if "set" in line} == {"set 9101: 6 4500:0"}
        await here.go()
        here.come()
        assert await here.evse.sweep() is LimitOutcome.UNSENT
        await here.limit(6)
        await here.evse.release(whole=True)
        assert await here.evse.sweep() is LimitOutcome.UNSENT


@pytest.mark.parametrize(
    ("keys", "levels"),
    [
        ({}, list(range(1, 11))),
        ({"ChargeProfileMaxStackLevel": "0"}, []),
        ({"ChargeProfileMaxStackLevel": "2"}, [1, 2]),
        ({"ChargeProfileMaxStackLevel": "998"}, [*range(1, 11), 998]),
    ],
)
@in_virtual_time()
async def test_the_levels_that_the_wallbox_has_are_swept_and_the_highest(
    keys: dict[str, str], levels: list[int]
) -> None:
    async with bench(keys=keys) as here:
        here.start()
        await here.limit(10)
        here.news()
        await here.evse.sweep()
        swept = [line for line in here.news() if "TxDefault" in line]
        assert swept == [f"clear 1 TxDefaultProfile {level}" for level in levels]


@in_virtual_time()
async def test_a_tx_profile_of_ours_is_not_swept_away() -> None:
    async with bench(wallbox=demanding(StrategyChoice.TX_PROFILE)) as here:
        here.start()
        await here.limit(10)
        here.news()
        await here.evse.sweep()
        assert here.news() == ["set 9101: 0", "set 9103: 10 4500:0"]


@in_virtual_time()
async def test_nothing_is_swept_where_clearing_frees_the_car() -> None:
    async with bench() as here:
        here.boot(**ALFEN)
        here.start()
        await here.limit(10)
        assert here.news() == ["GetConfiguration", "set 9101: 10 4500:0"]
        assert await here.evse.sweep() is LimitOutcome.UNSENT


@in_virtual_time()
async def test_a_sweep_waits_for_the_limit_on_its_way_and_ends_with_a_newer_one() -> None:
    async with bench() as here:
        here.start()
        await here.limit(10)
        here.news()
        loop = asyncio.get_running_loop()

        def slowly(payload: Json) -> None:
            frame = here.box.texts[-1].split('"')[1]
            loop.call_later(1, here.box.send, f'[3,"{frame}",{{"status":"Accepted"}}]')

        here.says(SetChargingProfile=slowly)
        first = loop.create_task(here.limit(8))
        await asyncio.sleep(0.5)
        sweeping = loop.create_task(here.evse.sweep())
        await asyncio.sleep(1)
        assert first.done()
        assert here.news() == ["set 9101: 8 4500:0", "set 9101: 8 4500:0"]
        assert await here.limit(6) == "accepted"
        assert await sweeping is LimitOutcome.UNANSWERED
        assert here.news() == ["set 9101: 6 4500:0"]


@in_virtual_time()
async def test_a_limit_for_a_wallbox_that_is_away_stays_unsent() -> None:
    async with bench() as here:
        await here.limit(0)
        await here.go()
        assert await here.limit(0) == "unsent"
        assert await here.evse.release(whole=True) == Cleared(LimitOutcome.UNSENT)
