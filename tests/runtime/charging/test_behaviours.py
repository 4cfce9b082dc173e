import asyncio

import pytest
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.station.models import WallboxModel
from wattgate.ports.store import Change, Recovered, StoreFailed
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

TWO = Method(Strategy.TWO_PERIODS)
MODEL = WallboxModel("Vendor", "Model", "1.2")
LEARNED = Behaviour().learned_obeys(TWO).learned_proof(TWO, expiry=Proof.PROVEN)


class FullDisk(MemoryStore):
    """A store that keeps nothing."""

    async def commit(self, *changes: Change) -> tuple[()]:
        raise StoreFailed("disk full")


def behaviours(store: MemoryStore, tasks: Supervisor) -> Behaviours:
    return Behaviours(store, Tools(FakeClock(), ScriptedIdentifiers()), tasks)


@in_virtual_time()
async def test_what_was_learned_is_known_at_once_and_after_a_restart() -> None:
    store = MemoryStore()
    async with Supervisor() as tasks:
        known = behaviours(store, tasks)
        known.learn(MODEL, Behaviour().learned_failure(TWO))
        known.learn(MODEL, LEARNED)
        assert known.of(MODEL) == LEARNED
        await asyncio.sleep(1)
        again = behaviours(store, tasks)
        again.recover(await store.recover())
        assert again.of(MODEL) == LEARNED


@in_virtual_time()
async def test_it_holds_for_the_same_firmware_only() -> None:
    async with Supervisor() as tasks:
        known = behaviours(MemoryStore(), tasks)
        known.learn(MODEL, LEARNED)
        assert known.of(WallboxModel("Vendor", "Model", "1.3")) == Behaviour()


@pytest.mark.parametrize("model", [None, WallboxModel("", "", ""), WallboxModel("", "", "1.2")])
def test_nothing_is_learned_of_a_wallbox_that_does_not_say_what_it_is(
    model: WallboxModel | None,
) -> None:
    store = MemoryStore()

    @in_virtual_time()
    async def scenario() -> None:
        async with Supervisor() as tasks:
            known = behaviours(store, tasks)
            known.learn(model, LEARNED)
            await asyncio.sleep(1)
            assert known.of(model) == Behaviour()
            assert await store.recover() == Recovered()

    scenario()


@in_virtual_time()
async def test_a_store_that_fails_costs_no_more_than_the_memory_of_it() -> None:
    async with Supervisor() as tasks:
        known = behaviours(FullDisk(), tasks)
        known.learn(MODEL, LEARNED)
        await asyncio.sleep(1)
        assert known.of(MODEL) == LEARNED
