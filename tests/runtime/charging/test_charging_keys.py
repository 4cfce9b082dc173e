"""What a wallbox says it can, and how seldom it is asked."""

import asyncio

import pytest
from tests.support.charging_bench import bench
from tests.support.virtual_time import in_virtual_time

from wattgate.core.charging.ladder import ChargingKeys
from wattgate.runtime.charging.charging_keys import KnownKeys, read_charging_keys
from wattgate.runtime.charging.profile_commands import Commands


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


@in_virtual_time()
async def test_it_is_asked_once_and_again_after_a_boot() -> None:
    async with bench(keys={"ChargingScheduleMaxPeriods": "2"}) as here:
        keys = KnownKeys(here.presence, Commands(here.presence))
        for _ in range(2):
            assert await keys.known(urgent=False) == ChargingKeys(max_periods=2)
        assert here.news() == ["GetConfiguration"]
        keys.ask_again()
        here.keys = {"ChargingScheduleMaxPeriods": "1"}
        assert await keys.known(urgent=True) == ChargingKeys(max_periods=1)


@in_virtual_time()
async def test_a_wallbox_that_does_not_answer_is_not_asked_before_every_limit() -> None:
    async with bench() as here:
        here.says(GetConfiguration=lambda _: None)
        keys = KnownKeys(here.presence, Commands(here.presence))
        assert await keys.known(urgent=True) == ChargingKeys()
        assert await keys.known(urgent=True) == ChargingKeys()
        assert here.news() == ["GetConfiguration"]


@in_virtual_time()
async def test_a_wallbox_that_was_away_is_asked_when_it_is_back() -> None:
    async with bench(keys={"ChargingScheduleMaxPeriods": "2"}) as here:
        keys = KnownKeys(here.presence, Commands(here.presence))
        await here.go()
        assert await keys.known(urgent=True) == ChargingKeys()
        here.come()
        here.says(GetConfiguration=lambda _: None)
        asking = asyncio.get_running_loop().create_task(keys.known(urgent=True))
        await asyncio.sleep(1)
        await here.go()
        assert await asking == ChargingKeys()
        here.come()
        here.says(GetConfiguration=lambda _: here._configured())
        assert await keys.known(urgent=True) == ChargingKeys(max_periods=2)


@in_virtual_time()
async def test_connectors_share_one_question_but_a_reduction_waits_for_no_slow_one_R90() -> None:
    async with bench() as here:
        keys = KnownKeys(here.presence, Commands(here.presence))
        peer = here.presence.peer
        assert peer is not None
        here.says(Reset=lambda _: None)
        peer.ask("Reset", "{}", lambda _: None, timeout_s=1)
        peer.ask("UnlockConnector", "{}", lambda _: None)
        loop = asyncio.get_running_loop()
        asking = [loop.create_task(keys.known(urgent=urgent)) for urgent in (False, False, True)]
        assert await asyncio.gather(*asking) == [ChargingKeys()] * 3
        assert here.news() == ["Reset", "GetConfiguration", "UnlockConnector", "GetConfiguration"]
