"""What a wallbox had by itself is known over restarts, and forgotten once it has it again (R80)."""

import pytest
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.configuration.config_baseline import Changed
from wattgate.ports.store import StoreFailed
from wattgate.runtime.station.own_values import OwnValues

KEY = "MeterValueSampleInterval"


async def recovered(store: MemoryStore, station_id: str = "CP1") -> OwnValues:
    """What is known after a restart."""
    own = OwnValues(station_id, store)
    own.recover((await store.recover()).notes)
    return own


async def told(own: OwnValues, key: str, present: str, value: str) -> Changed | None:
    """Tell it something; what was noted before."""
    async with own.telling(key, present, value) as before:
        return before


@in_virtual_time()
async def test_what_it_had_outlasts_a_restart_and_is_its_own_alone_r80() -> None:
    store = MemoryStore()
    own = OwnValues("CP1", store)
    assert await told(own, KEY, "60", "10") is None
    assert await told(own, KEY, "10", "5") == Changed("60", "10")
    again = await recovered(store)
    assert again.values == {KEY: "60"}
    assert again.over({KEY.casefold(): "5"}, KEY) == "60"
    assert again.over({"foo": "1"}, "Foo") == "1"
    assert not (await recovered(store, "CP2")).values


@in_virtual_time()
async def test_what_it_has_again_or_others_have_set_is_forgotten_r80() -> None:
    store = MemoryStore()
    own = OwnValues("CP1", store)
    await told(own, KEY, "60", "10")
    await told(own, "LocalPreAuthorize", "true", "false")
    await told(own, "ClockAlignedDataInterval", "0", "900")
    await own.seen({KEY.casefold(): "30", "localpreauthorize": "false"})
    await told(own, "ClockAlignedDataInterval", "900", "0")
    assert own.values == {"LocalPreAuthorize": "true"}
    assert (await recovered(store)).values == own.values


@in_virtual_time()
async def test_what_could_not_be_noted_is_not_known_r80() -> None:
    store = MemoryStore()
    own = OwnValues("CP1", store)
    store.failing = True
    with pytest.raises(StoreFailed):
        await told(own, KEY, "60", "10")
    assert not own.values


@in_virtual_time()
async def test_what_it_is_being_told_is_not_forgotten_for_what_it_said_just_before_r80() -> None:
    own = OwnValues("CP1", MemoryStore())
    async with own.telling(KEY, "60", "10"):
        await own.seen({KEY.casefold(): "60"})
    assert own.values == {KEY: "60"}
    await own.seen({KEY.casefold(): "60"})
    assert not own.values
