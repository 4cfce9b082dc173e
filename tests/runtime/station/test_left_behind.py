"""Transactions whose wallbox is at another place in the site, or in it no more (R69, R77)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    START,
    STOP,
    Literal,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.station.lost_stop import Lost
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Change, CloseTransaction, StoreFailed
from wattgate.runtime.station.open_transactions import OpenTransactions

BILLS = {"url": "ws://backend/", "client_id": "A", "offline_policy": "hold"}
HEARS = {"url": "ws://one/", "client_id": "A", "role": "report"}
OTHER = {"url": "ws://other/", "client_id": "B"}
READING = meter_values("2026-05-15T14:30:00Z")
"""The register shows 51900 Wh."""

AT_CP1 = site(evse("stall-1", "CP1", BILLS, HEARS))
AT_CP2 = site(evse("stall-1", "CP2", BILLS, HEARS))
ON_MODBUS = site(evse("stall-1", "192.0.2.9", BILLS, HEARS, device_type="power-brain"))
GONE = site(evse("stall-9", "CP9", OTHER))
SWAPPED = site(evse("stall-1", "CP2", BILLS, HEARS), evse("stall-2", "CP1", OTHER))


class UnwillingStore(MemoryStore):
    """May not be willing to close a transaction."""

    is_willing = True

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if not self.is_willing and any(isinstance(each, CloseTransaction) for each in changes):
            raise StoreFailed("not now")
        return await super().commit(*changes)


def a_world(site_toml: str = AT_CP1) -> tuple[World, Literal, Literal]:
    """A site with its backend that bills and its report."""
    world, bills, hears = World(site_toml), literal_backend(9001), literal_backend(501)
    there = world.dialer.backends
    there |= {"ws://backend/A": bills, "ws://one/A": hears, "ws://other/B": literal_backend(7)}
    return world, bills, hears


async def car_charges(world: World) -> None:
    """A car charges at CP1 when the manager stops."""
    wallbox = literal_wallbox()
    await world.start()
    await world.boot("CP1", wallbox, "Preparing")
    await settled()
    await result(wallbox, "StartTransaction", START)
    await result(wallbox, "MeterValues", READING)
    await settled()
    await world.kill()


async def comes_again(world: World, site_toml: str, *station_ids: str) -> Literal:
    """The manager starts with that site, and wallboxes come; the first of them."""
    world.site_toml = site_toml
    await world.start()
    wallboxes = [literal_wallbox() for _ in station_ids]
    for station_id, wallbox in zip(station_ids, wallboxes, strict=True):
        await world.boot(station_id, wallbox, "Charging")
    await settled()
    return wallboxes[0]


async def the_record(world: World) -> TransactionRecord:
    record = await world.store.any_transaction(1)
    assert record is not None
    return record


def ends(backend: Literal) -> list[Json]:
    return backend.all_of("StopTransaction")


@pytest.mark.parametrize(
    ("site_toml", "station_ids"),
    [(AT_CP2, ("CP2",)), (SWAPPED, ("CP1", "CP2"))],
    ids=["the wallbox has another name", "its EVSE has another wallbox"],
)
@in_virtual_time()
async def test_the_end_at_another_address_reaches_the_backends_it_began_at(
    site_toml: str, station_ids: tuple[str, ...]
) -> None:
    world, bills, hears = a_world()
    await car_charges(world)
    wallbox = await comes_again(world, site_toml, *station_ids)
    later = meter_values("2026-05-15T14:45:00Z")
    await result(wallbox, "MeterValues", later)
    await result(wallbox, "StopTransaction", STOP)
    await settled()
    for backend, theirs in ((bills, 9001), (hears, 501)):
        assert backend.all_of("MeterValues") == [
            each | {"transactionId": theirs} for each in (READING, later)
        ]
        assert ends(backend) == [STOP | {"transactionId": theirs}]
    record = await the_record(world)
    assert record.stop is not None
    assert (record.stop.meter_stop_wh, record.stop.inferred) == (52000, False)
    assert await world.store.dead_letters() == ()
    await world.kill()


@in_virtual_time()
async def test_it_ends_at_the_login_where_it_began_though_the_next_has_another_name() -> None:
    gateway = {"url": "ws://backend/"}
    world = World(site(evse("stall-1", "CP1", gateway)))
    before, after = literal_backend(9001), literal_backend(1)
    world.dialer.backends |= {"ws://backend/CP1": before, "ws://backend/CP2": after}
    await car_charges(world)
    wallbox = await comes_again(world, site(evse("stall-1", "CP2", gateway)), "CP2")
    await result(wallbox, "StopTransaction", STOP)
    await result(wallbox, "StartTransaction", START | {"meterStart": 60000})
    await settled()
    assert ends(before) == [STOP | {"transactionId": 9001}]
    assert ends(after) == []
    assert len(after.all_of("StartTransaction")) == len(before.all_of("StartTransaction")) == 1
    await asyncio.sleep(300)
    assert not before.is_linked
    await world.kill()


@in_virtual_time()
async def test_r66_what_is_owed_does_not_wait_for_a_wallbox_that_has_never_come() -> None:
    gateway = {"url": "ws://backend/"}
    world, backend = World(site(evse("stall-1", "CP1", gateway))), literal_backend(9001)
    await car_charges(world)
    wallbox = await comes_again(world, world.site_toml, "CP1")
    await result(wallbox, "StopTransaction", STOP)
    await world.kill()
    world.dialer.backends["ws://backend/CP1"] = backend
    world.site_toml = site(evse("stall-1", "CP2", gateway))
    await world.start()
    await asyncio.sleep(60)
    assert ends(backend) == [STOP | {"transactionId": 9001}]
    await world.kill()


@in_virtual_time()
async def test_s5_no_other_wallbox_ends_what_has_moved() -> None:
    world, bills, _ = a_world()
    await car_charges(world)
    both = site(evse("stall-1", "CP2", BILLS, HEARS), evse("stall-3", "CP3", OTHER))
    stranger = await comes_again(world, both, "CP3")
    await result(stranger, "StopTransaction", STOP)
    await settled()
    assert ends(bills) == []
    assert (await the_record(world)).stop is None
    await world.kill()


@pytest.mark.parametrize("site_toml", [ON_MODBUS, GONE], ids=["on Modbus", "gone"])
@in_virtual_time()
async def test_where_no_wallbox_can_tell_the_end_it_is_told_by_the_last_reading_r109(
    site_toml: str,
) -> None:
    world, bills, hears = a_world()
    await car_charges(world)
    world.site_toml = site_toml
    await world.start()
    record = await the_record(world)
    assert record.stop is not None
    assert (record.stop.meter_stop_wh, record.stop.reason) == (51900, "Other")
    assert record.stop.inferred
    await asyncio.sleep(300)
    for backend, theirs in ((bills, 9001), (hears, 501)):
        (end,) = ends(backend)
        assert (end["transactionId"], end["meterStop"]) == (theirs, 51900)
    await world.kill()


@in_virtual_time()
async def test_a_login_that_is_only_there_for_an_end_goes_with_it() -> None:
    world, bills, hears = a_world()
    world.dialer.backends.clear()
    world.site_toml = AT_CP1
    await car_charges(world)
    world.site_toml = GONE
    await world.start()
    await asyncio.sleep(600)
    world.dialer.backends |= {"ws://backend/A": bills, "ws://one/A": hears}
    await asyncio.sleep(900)
    for backend, theirs in ((bills, 9001), (hears, 501)):
        assert [action for action, _ in backend.calls] == [
            "BootNotification",
            "StartTransaction",
            "MeterValues",
            "StopTransaction",
        ]
        assert ends(backend)[0]["transactionId"] == theirs
        assert not backend.is_linked
    notes = (await world.store.recover()).notes
    assert [note.name for note in notes if note.scope == "gateway"] == ["stall-9 B@other #1"]
    dialled = len(world.dialer.dialled)
    await world.kill()
    await world.start()
    await asyncio.sleep(60)
    assert len(world.dialer.dialled) == dialled
    await world.kill()


@in_virtual_time()
async def test_r77_an_end_that_comes_after_all_is_no_second_one() -> None:
    world, bills, hears = a_world()
    await car_charges(world)
    world.site_toml = GONE
    await world.start()
    await asyncio.sleep(300)
    await world.kill()
    wallbox = await comes_again(world, AT_CP1, "CP1")
    await result(wallbox, "StopTransaction", STOP)
    await asyncio.sleep(30)
    assert [len(ends(each)) for each in (bills, hears)] == [1, 1]
    (letter,) = await world.store.dead_letters()
    assert json.loads(letter.message.draft.payload_text) == STOP
    record = await the_record(world)
    assert record.stop is not None
    assert (record.stop.meter_stop_wh, record.stop.inferred) == (52000, False)
    await world.kill()


@in_virtual_time()
async def test_without_any_evidence_it_ends_as_it_began() -> None:
    world, bills, _ = a_world(AT_CP1 + "[storage]\nevidence_frames = 0\n")
    await car_charges(world)
    world.site_toml = GONE
    await world.start()
    record = await the_record(world)
    assert record.stop is not None
    assert record.stop.meter_stop_wh == START["meterStart"]
    end = await bills.got("StopTransaction")
    assert end["meterStop"] == START["meterStart"]
    await world.kill()


@pytest.mark.parametrize(
    ("site_toml", "kept"),
    [(AT_CP2, [("end by reset CP2", "SoftReset")]), (GONE, [])],
    ids=["another name", "gone"],
)
@in_virtual_time()
async def test_what_was_noted_of_its_end_moves_with_it_or_goes(
    site_toml: str, kept: list[tuple[str, str]]
) -> None:
    world, bills, _ = a_world()
    await car_charges(world)
    known = OpenTransactions("CP1")
    lost = Lost(world.clock.wall(), "2026-05-15T14:30:00Z", 51900)
    await world.store.commit(known.note_reset(1, "SoftReset"), known.note_lost(1, lost))
    world.site_toml = site_toml
    await world.start()
    notes = (await world.store.recover()).notes
    of_ends = [each for each in notes if each.scope.startswith(("end by", "end missing"))]
    assert [(each.scope, each.text) for each in of_ends] == kept
    if kept:
        wallbox = literal_wallbox()
        await world.boot("CP2", wallbox, "Charging")
        await result(wallbox, "StopTransaction", STOP | {"reason": "Remote"})
        assert ends(bills) == [STOP | {"transactionId": 9001, "reason": "SoftReset"}]
    await world.kill()


@in_virtual_time()
async def test_what_cannot_be_stored_is_settled_at_the_next_start() -> None:
    world, *_ = a_world()
    world.store = store = UnwillingStore()
    await car_charges(world)
    world.site_toml, store.is_willing = GONE, False
    await world.start()
    await world.kill()
    assert (await the_record(world)).stop is None
    store.is_willing = True
    await world.start()
    assert (await the_record(world)).stop is not None
    await world.kill()
