"""What a wallbox is told, to the letter, and what it says it can."""

import asyncio
from typing import Any

import pytest
from tests.support.boxes import Box, Manner, Outlet
from tests.support.shared_current import SITE, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.core.load.strategies import ChargingKeys
from wattgate.runtime.smart_charging import read_charging_keys


def profile(
    *periods: tuple[int, float],
    level: int = 0,
    unit: str = "A",
    number: int = 9101,
    **schedule: object,
) -> dict[str, object]:
    """A SetChargingProfile payload of connector 1, sent at noon."""
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": number,
            "stackLevel": level,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "startSchedule": "2026-05-15T11:00:00Z",
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": [
                    {"startPeriod": start, "limit": limit, "numberPhases": 3}
                    for start, limit in periods
                ],
                **schedule,
            },
        },
    }


ONE_PERIOD = {"ChargingScheduleMaxPeriods": "1"}
TWO_LEVELS = ONE_PERIOD | {"ChargeProfileMaxStackLevel": "1", "MaxChargingProfilesInstalled": "2"}

SAYINGS: list[tuple[dict[str, str], list[Any], list[Any]]] = [
    ({}, [profile((0, 0))], [profile((0, 16), (4500, 0))]),
    (
        TWO_LEVELS,
        [profile((0, 0)), profile((0, 0), level=1, number=9102, duration=4500)],
        [profile((0, 0)), profile((0, 16), level=1, number=9102, duration=4500)],
    ),
    (ONE_PERIOD, [profile((0, 0))], [profile((0, 16))]),
    (
        {"ChargingScheduleAllowedChargingRateUnit": "Power"},
        [profile((0, 0), unit="W")],
        [profile((0, 11040), (4500, 0), unit="W")],
    ),
]


@pytest.mark.parametrize(
    ("keys", "standing", "granted"), SAYINGS, ids=["two periods", "standing+grant", "single", "W"]
)
@in_virtual_time()
async def test_not_permitted_and_a_grant_are_said_as_the_keys_allow_P13_P14_R100(
    keys: dict[str, str], standing: list[Any], granted: list[Any]
) -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box(configuration=keys)
    await box.come(world)
    await asyncio.sleep(0.2)
    assert box.all_of("SetChargingProfile") == standing
    await box.start()
    await asyncio.sleep(0.2)
    assert box.all_of("SetChargingProfile")[len(standing) :] == granted
    assert len(box.all_of("GetConfiguration")) == 1
    await world.kill()


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
    assert len(box.all_of("GetConfiguration")) == 1
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
    assert len(box.all_of("GetConfiguration")) == 2
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
    assert 3 <= len(box.limits_a()) <= 5
    await world.kill()


@in_virtual_time()
async def test_a_raise_in_two_steps_stops_between_them_when_a_reduction_follows() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    box = Box(configuration=TWO_LEVELS)
    await box.come(world)
    await settle()
    told = len(box.limits_a())
    box.manner, box.delay_s = Manner.SLOW, 2.0
    await box.start()
    await asyncio.sleep(1)  # the standing profile is on its way
    await manager.patch_site({"site": {"max_current_a": 32}})
    await settle(20)
    assert box.limits_a()[told:] == [0, 0, 10]
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
    clearing = asyncio.get_running_loop().create_task(manager.clear_profiles("CP1"))
    await asyncio.sleep(1)
    await manager.patch_site({"site": {"max_current_a": 32}})
    assert await clearing == "accepted"
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
    manager = await world.start()
    box = Box(outlets={1: Outlet(16), 2: Outlet(16)})
    await box.come(world)
    await box.start(2)
    await settle()
    box.calls.clear()
    assert await manager.clear_profiles("A") == "accepted"
    await settle()
    clears = box.all_of("ClearChargingProfile")
    assert clears == [{"id": 9101}, {"id": 9102}, {"connectorId": 1}]
    assert (box.limits_a(1), box.limits_a(2)) == ([0], [])  # set again, the sibling untouched
    assert box.outlets[2].profiles[0]["chargingProfileId"] == 9111
    await world.kill()


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("{}", ChargingKeys()),
        ("[]", ChargingKeys()),
        ('{"configurationKey":[{"key":"chargingschedulemaxperiods","value":" 2"}]}', 2),
        ('{"configurationKey":[{"key":"ChargingScheduleMaxPeriods","value":"many"}]}', None),
        ('{"configurationKey":[{"key":"ChargingScheduleMaxPeriods","readonly":true}]}', None),
    ],
)
def test_keys_are_read_whatever_their_case_and_nonsense_is_silence(
    text: str, keys: ChargingKeys | int | None
) -> None:
    expected = keys if isinstance(keys, ChargingKeys) else ChargingKeys(max_periods=keys)
    assert read_charging_keys(text) == expected
