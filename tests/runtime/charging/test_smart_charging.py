"""What a wallbox is told, to the letter, and what it says it can."""

import asyncio

import pytest
from tests.support.boxes import Box, Manner, Outlet
from tests.support.charging_bench import bench, in_short
from tests.support.shared_current import SITE, clear, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.smart_charging import SmartCharging


def said(box: Box) -> list[str]:
    """What was set so far, in short."""
    profiles = box.all_of("SetChargingProfile")
    return [in_short("SetChargingProfile", profile) for profile in profiles]


ONE_PERIOD = {"ChargingScheduleMaxPeriods": "1"}
TWO_LEVELS = ONE_PERIOD | {"ChargeProfileMaxStackLevel": "1", "MaxChargingProfilesInstalled": "2"}

POWER = {"ChargingScheduleAllowedChargingRateUnit": "Power"}

SAYINGS: list[tuple[dict[str, str], list[str], list[str]]] = [
    ({}, ["set 9101: 0"], ["set 9101: 16 4500:0"]),
    (TWO_LEVELS, ["set 9101: 0", "set 9102: 0"], ["set 9102: 16"]),
    (POWER, ["set 9101: 0 W"], ["set 9101: 11040 4500:0 W"]),
]


@pytest.mark.parametrize(
    ("keys", "standing", "granted"), SAYINGS, ids=["two periods", "standing+grant", "W"]
)
@in_virtual_time()
async def test_not_permitted_and_a_grant_are_said_as_the_keys_allow_P13_P14_R100(
    keys: dict[str, str], standing: list[str], granted: list[str]
) -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box(configuration=keys)
    await box.come(world)
    await asyncio.sleep(0.2)
    assert said(box) == standing
    await box.start()
    await asyncio.sleep(0.2)
    assert said(box)[len(standing) :] == granted
    assert len(questions(box)) == 1
    await world.kill()


def questions(box: Box) -> list[Json]:
    """How often it was asked what its smart charging can."""
    asked = box.all_of("GetConfiguration")
    return [each for each in asked if "ChargeProfileMaxStackLevel" in each["key"]]


@in_virtual_time()
async def test_a_profile_goes_out_as_ocpp_wants_it_R93_R95() -> None:
    async with bench() as here:
        here.start()
        await here.limit(16)
        assert here.box.all_of("SetChargingProfile") == [
            {
                "connectorId": 1,
                "csChargingProfiles": {
                    "chargingProfileId": 9101,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": {
                        "startSchedule": "2026-05-15T11:00:00Z",
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [
                            {"startPeriod": 0, "limit": 16, "numberPhases": 3},
                            {"startPeriod": 4500, "limit": 0, "numberPhases": 3},
                        ],
                    },
                },
            }
        ]


@in_virtual_time()
async def test_a_wallbox_that_ignores_get_configuration_is_not_asked_before_every_limit() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box(answers={"GetConfiguration": lambda _: None})
    await box.come(world)
    await settle()
    await box.start()
    await asyncio.sleep(1)
    assert box.limits_a() == [0, 16]
    assert len(questions(box)) == 1
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_refused_is_asked_again_what_it_can() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box(answers={"GetConfiguration": lambda _: None}, manner=Manner.REFUSES)
    await box.come(world)
    await settle()
    del box.answers["GetConfiguration"]
    box.configuration, box.manner = ONE_PERIOD, Manner.PROMPT
    await settle(40)
    assert len(questions(box)) == 2
    await box.start()
    await settle()
    last = box.all_of("SetChargingProfile")[-1]["csChargingProfiles"]["chargingSchedule"]
    assert len(last["chargingSchedulePeriod"]) == 1
    await world.kill()


@in_virtual_time()
async def test_a_refused_limit_is_tried_again_after_30_s_only() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box(manner=Manner.REFUSES)
    await box.come(world)
    await settle(100)
    purposes = [
        each["csChargingProfiles"]["chargingProfilePurpose"]
        for each in box.all_of("SetChargingProfile")
    ]
    assert 3 <= purposes.count("ChargePointMaxProfile") <= 5  # each time every way is tried
    await world.kill()


@in_virtual_time()
async def test_no_limit_is_sent_while_profiles_are_being_cleared() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    box = Box(answers={"GetDiagnostics": lambda _: None})
    await box.come(world)
    await box.start()
    await settle()
    peer = manager.stations.by_id["CP1"].presence.peer
    assert peer is not None
    peer.ask("GetDiagnostics", "{}", lambda _: None, timeout_s=4)  # the line is busy
    clearing = asyncio.get_running_loop().create_task(clear(world, "CP1"))
    await asyncio.sleep(1)
    await manager.patch_site({"site": {"max_current_a": 32}})
    assert await clearing is LimitOutcome.ACCEPTED
    await settle()
    actions = [action for action, _ in box.calls if action.endswith("ChargingProfile")]
    assert actions[-1] == "SetChargingProfile"
    assert box.limits_a()[-1] == 10
    await world.kill()


TWO = SITE + "".join(
    f'[[evse]]\nid = "{name}"\naddress = "CP1"\nconnector = {connector}\n'
    for connector, name in enumerate("AB", 1)
)


@in_virtual_time()
async def test_profiles_are_cleared_by_id_and_the_siblings_stay_R100d() -> None:
    world = World(TWO)
    await world.start()
    box = Box(outlets={1: Outlet(16), 2: Outlet(16)})
    await box.come(world)
    await box.start(2)
    await settle()
    box.calls.clear()
    assert await clear(world, "A") is LimitOutcome.ACCEPTED
    await settle()
    clears = box.all_of("ClearChargingProfile")
    ids = [{"id": number} for number in range(9101, 9105)]
    assert clears == [*ids, {"connectorId": 1}, {"connectorId": 1}]
    assert (box.limits_a(1), box.limits_a(2)) == ([0], [])  # set again, the sibling untouched
    assert box.outlets[2].profiles[0]["chargingProfileId"] == 9111
    await world.kill()


@in_virtual_time()
async def test_it_is_asked_for_its_state_and_for_a_boot_only_if_it_never_had_one_R44() -> None:
    async with bench() as here:
        await here.charging.ask_for_state((1, 2))
        asked = [
            {"requestedMessage": "StatusNotification", "connectorId": connector}
            for connector in (1, 2)
        ]
        assert here.box.all_of("TriggerMessage") == asked
        here.presence.boot_text = None
        await here.charging.ask_for_state(())
        assert here.box.all_of("TriggerMessage")[2:] == [{"requestedMessage": "BootNotification"}]


@in_virtual_time()
async def test_a_transaction_is_ended_by_the_id_that_the_wallbox_knows_R100b() -> None:
    async with bench() as here:
        assert await here.charging.stop_transaction(7) is LimitOutcome.ACCEPTED
        assert here.box.all_of("RemoteStopTransaction") == [{"transactionId": 7}]
        here.says(RemoteStopTransaction=lambda _: {"status": "Rejected"})
        assert await here.charging.stop_transaction(7) is LimitOutcome.REFUSED


@in_virtual_time()
async def test_the_writes_of_all_connectors_are_those_of_the_wallbox() -> None:
    async with bench(connectors=2) as here:
        await here.limit(0, 1)
        await here.limit(0, 2)
        await here.limit(0, 2)
        writes = [evse.profile_writes for evse in here.evses]
        assert (writes, here.charging.profile_writes) == ([1, 2], 3)


@in_virtual_time()
async def test_without_tasks_nothing_is_asked_in_the_background() -> None:
    async with bench() as here:
        charging = SmartCharging(here.presence, alone=True)
        charging.in_background(charging.connector(1, lambda: False), 0)
        await asyncio.sleep(1)
        assert here.news() == []
