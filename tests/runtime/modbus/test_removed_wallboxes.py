"""A wallbox on Modbus that the site has no more: nobody but the manager can end its session."""

import asyncio

from tests.support.paper_brain import PaperBrain
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted, World, a_backend

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.ports.store import Change, CloseTransaction, StoreFailed

URL = "ws://backend.example/garage"
GATEWAY = {"url": "ws://backend.example/", "client_id": "garage"}
START = {
    "connectorId": 1,
    "idTag": "04A2B3C4",
    "meterStart": 0,
    "timestamp": "2026-05-15T12:00:00Z",
}
BRAIN = {"device_type": "power-brain"}


class Disk(MemoryStore):
    """Takes no end of a transaction while it `is_full`."""

    is_full = False

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if self.is_full and any(isinstance(each, CloseTransaction) for each in changes):
            raise StoreFailed("disk full")
        return await super().commit(*changes)


def a_site(evse_id: str) -> str:
    return site(evse(evse_id, "192.0.2.50", GATEWAY, **BRAIN))


async def in_a_session(
    store: MemoryStore | None = None,
    site_toml: str = "",
    report: Scripted | None = None,
) -> tuple[World, PaperBrain, Scripted]:
    """A world whose manager was killed while a car charges."""
    world = World(site_toml or a_site("garage"), store=store or MemoryStore())
    backend = a_backend()
    world.dialer.backends |= {URL: backend, "ws://one/garage": report or a_backend()}
    await world.start()
    brain = world.lines.put(PaperBrain(clock=world.clock))
    await asyncio.sleep(20)
    brain.plug()
    await asyncio.sleep(6)
    brain.show("04A2B3C4")
    await asyncio.sleep(600)
    await world.kill()
    return world, brain, backend


@in_virtual_time()
async def test_a_renamed_one_ends_its_session_by_the_last_good_value_r109() -> None:
    world, brain, backend = await in_a_session()
    assert backend.all_of("StopTransaction") == []
    told_wh = int(backend.all_of("MeterValues")[-1]["meterValue"][0]["sampledValue"][0]["value"])
    world.site_toml = a_site("carport")
    await world.start()
    stop = await backend.got("StopTransaction")
    start = backend.all_of("StartTransaction")[0]
    assert stop["transactionId"] == 9001
    assert told_wh <= stop["meterStop"] <= brain.energy_wh
    assert stop["timestamp"] > start["timestamp"]
    await asyncio.sleep(600)
    assert len(backend.all_of("StopTransaction")) == 1
    await world.kill()


@in_virtual_time()
async def test_r106_every_backend_that_heard_of_a_session_hears_of_its_end() -> None:
    listens = {"url": "ws://one/", "client_id": "garage", "role": "report"}
    begun = site(evse("garage", "192.0.2.50", GATEWAY, listens, **BRAIN))
    report = a_backend(501)
    world, _, backend = await in_a_session(site_toml=begun, report=report)
    world.site_toml = begun.replace('\nid = "garage"', '\nid = "carport"')
    await world.start()
    for each, theirs in ((backend, 9001), (report, 501)):
        assert (await each.got("StopTransaction"))["transactionId"] == theirs
    await world.kill()


@in_virtual_time()
async def test_one_that_is_gone_leaves_its_end_in_the_queue_and_begins_anew_if_it_comes_back() -> (
    None
):
    world, brain, backend = await in_a_session()
    world.site_toml = site()
    manager = await world.start()
    assert [each.stop is not None for each in await manager.transactions()] == [True]
    await world.kill()
    assert backend.all_of("StopTransaction") == []
    world.site_toml = a_site("garage")
    await world.start()
    assert (await backend.got("StopTransaction"))["transactionId"] == 9001
    await asyncio.sleep(60)
    assert len(backend.all_of("StartTransaction")) == 1
    assert brain.drawn_a == 0
    assert backend.all_of("StatusNotification")[-1]["status"] == "Preparing"
    brain.show("04A2B3C4")
    await asyncio.sleep(20)
    assert len(backend.all_of("StartTransaction")) == 2
    await world.kill()


@in_virtual_time()
async def test_without_a_backend_it_is_ended_here() -> None:
    world = World(site(evse("garage", "192.0.2.50", **BRAIN)))
    await world.start()
    brain = world.lines.put(PaperBrain(clock=world.clock))
    await asyncio.sleep(20)
    brain.plug()
    await asyncio.sleep(600)
    await world.kill()
    world.site_toml = site()
    (record,) = await (await world.start()).transactions()
    assert record.stop is not None
    assert record.stop.inferred
    assert record.start.meter_start_wh <= record.stop.meter_stop_wh <= brain.energy_wh
    await world.kill()


@in_virtual_time()
async def test_what_cannot_be_stored_keeps_nobody_from_starting_and_is_ended_later() -> None:
    disk = Disk()
    world, _, backend = await in_a_session(disk)
    world.site_toml, disk.is_full = a_site("carport"), True
    await world.start()
    await asyncio.sleep(60)
    await world.kill()
    assert backend.all_of("StopTransaction") == []
    disk.is_full = False
    await world.start()
    assert (await backend.got("StopTransaction"))["transactionId"] == 9001
    await world.kill()


@in_virtual_time()
async def test_an_evse_that_gets_another_wallbox_does_not_take_over_its_session() -> None:
    """What runs at an OCPP wallbox lets nobody charge at the one on Modbus in its place."""
    world = World(site(evse("garage", "CP1")))
    await world.start()
    old = Scripted()
    await world.boot("CP1", old)
    await old.ask("StartTransaction", START)
    manager = world.manager
    assert manager is not None
    before = manager.evse("garage")
    assert before is not None
    assert before.evse.transaction is not None
    await world.kill()
    world.site_toml = a_site("garage")
    world.lines.put(PaperBrain(clock=world.clock))
    after = (await world.start()).evse("garage")
    assert after is not None
    assert after.evse.transaction is None
    await world.kill()
