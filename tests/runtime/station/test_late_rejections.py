"""The backend refuses a card after the wallbox was told that it may charge (R65, R67)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    ACCEPTED,
    ONE_BACKEND,
    START,
    STOP,
    Literal,
    Refusal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Answer, Json, World, status_of

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.ports.store import AnswerTransaction, Change
from wattgate.runtime.station.late_rejections import LOOK_S, RETRY_S, UNMEASURED_S

CARD = '[[card]]\nid_tag = "04A1"\n'
WITH_CARD = ONE_BACKEND + CARD
BLOCKED = {"idTagInfo": {"status": "Blocked"}, "transactionId": 500}
CONCURRENT = {"idTagInfo": {"status": "ConcurrentTx"}, "transactionId": 113}
REMOTE = (
    '{ "transactionId":1 , "meterStop":52000,"reason":"Remote","timestamp":"2026-05-15T15:00:00Z"}'
)
URL = "ws://backend/CP1"


def configured(**values: str) -> Json:
    """A wallbox's answer to GetConfiguration."""
    return {"configurationKey": [{"key": k, "readonly": False, "value": values[k]} for k in values]}


def answer_held(backend: Literal, answer: Json) -> None:
    """Answer the StartTransactions that wait."""
    for unique_id in backend.held.pop("StartTransaction"):
        backend.send(json.dumps([3, unique_id, answer]))


async def told_too_late(
    answer: Json = BLOCKED, site_toml: str = WITH_CARD, **wallbox_answers: Answer
) -> Site:
    """A site whose backend has just given this answer, 10 s after the wallbox charges."""
    backend = literal_backend(StartTransaction=lambda _: None)
    site = await a_site(literal_wallbox(**wallbox_answers), backend, site_toml)
    await result(site.wallbox, "StatusNotification", status_of(1, "Charging"))
    told = await result(site.wallbox, "StartTransaction", START)
    assert told == ACCEPTED | {"transactionId": 1}
    await asyncio.sleep(10.0)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    answer_held(backend, answer)
    return site


def may_charge(site: Site) -> bool:
    assert site.world.manager is not None
    (state,) = site.world.manager.evses()
    return state.evse.view.transaction_open


@pytest.mark.parametrize("status", ["Blocked", "Invalid", "Expired", "ConcurrentTx"])
@in_virtual_time()
async def test_a_late_rejection_stops_the_car_and_is_billed_as_deauthorized_r65(
    status: str,
) -> None:
    site = await told_too_late({"idTagInfo": {"status": status}, "transactionId": 500})
    assert await site.wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    assert await result(site.wallbox, "StopTransaction", REMOTE) == {}
    await site.backend.got("StopTransaction")
    (text,) = site.backend.payload_texts("StopTransaction")
    told = REMOTE.replace('"transactionId":1', '"transactionId":500')
    assert text == told.replace('"Remote"', '"DeAuthorized"')
    await asyncio.sleep(5 * RETRY_S)
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == 1
    await site.world.kill()


@in_virtual_time()
async def test_a_rejection_in_time_is_the_wallboxs_answer_and_nothing_more_r61() -> None:
    site = await a_site(backend=literal_backend(StartTransaction=lambda _: BLOCKED))
    told = await result(site.wallbox, "StartTransaction", START)
    assert told == BLOCKED | {"transactionId": 1}
    await asyncio.sleep(5 * RETRY_S)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await result(site.wallbox, "StopTransaction", REMOTE)
    assert (await site.backend.got("StopTransaction"))["reason"] == "Remote"
    await site.world.kill()


@in_virtual_time()
async def test_a_start_made_while_the_backend_was_away_may_be_rejected_later_r62_r65() -> None:
    site = await a_site(site_toml=WITH_CARD)
    del site.world.dialer.backends[URL]
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "StartTransaction", START)
    site.backend.answers["StartTransaction"] = lambda _: BLOCKED
    site.world.dialer.backends[URL] = site.backend
    assert await site.wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    await site.world.kill()


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, Refusal(), None])
@in_virtual_time()
async def test_a_wallbox_that_does_not_stop_is_told_again_r65(answer: Json) -> None:
    site = await told_too_late(RemoteStopTransaction=lambda _: answer)
    await asyncio.sleep(3.5 * (RETRY_S + 6.0))
    assert len(site.wallbox.all_of("RemoteStopTransaction")) >= 3
    await result(site.wallbox, "StopTransaction", STOP)
    told = len(site.wallbox.all_of("RemoteStopTransaction"))
    await asyncio.sleep(5 * RETRY_S)
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == told
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_is_away_is_stopped_when_it_is_back_r65() -> None:
    backend = literal_backend(StartTransaction=lambda _: None)
    site = await a_site(backend=backend, site_toml=WITH_CARD)
    await result(site.wallbox, "StartTransaction", START)
    site.wallbox.hang_up()
    await settled()
    answer_held(backend, BLOCKED)
    await asyncio.sleep(120.0)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await site.world.boot("CP1", site.wallbox, "Charging")
    assert await site.wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_leaves_in_between_is_told_on_its_next_connection_r65() -> None:
    site = await told_too_late(GetConfiguration=lambda _: None)
    await asyncio.sleep(1.0)
    site.wallbox.hang_up()
    await asyncio.sleep(RETRY_S)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    site.wallbox.answers["GetConfiguration"] = lambda _: {}
    site.world.plug_in("CP1", site.wallbox)
    assert await site.wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    await site.world.kill()


@in_virtual_time()
async def test_a_late_rejection_survives_the_end_of_the_manager_r65() -> None:
    site = await told_too_late(RemoteStopTransaction=lambda _: None)
    await settled()
    await site.world.kill()
    wallbox = literal_wallbox()
    await site.world.start()
    await site.world.boot("CP1", wallbox, "Charging")
    assert await wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    await result(wallbox, "StopTransaction", REMOTE)
    assert (await site.backend.got("StopTransaction"))["reason"] == "DeAuthorized"
    await site.world.kill()


class AnswersLater(MemoryStore):
    """What the wallbox is to be told is stored only when `may_answer` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if any(isinstance(change, AnswerTransaction) for change in changes):
            await self.may_answer.wait()
        return await super().commit(*changes)


@in_virtual_time()
async def test_a_rejection_while_our_own_answer_is_being_stored_is_late_too_r65() -> None:
    backend = literal_backend(StartTransaction=lambda _: None)
    store = AnswersLater()
    world = World(WITH_CARD, store=store)
    world.dialer.backends[URL] = backend
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox, "Charging")
    await backend.got("StatusNotification")
    asking = asyncio.gather(result(wallbox, "StartTransaction", START))
    await backend.got("StartTransaction")
    await asyncio.sleep(25.0)  # it has been decided, and waits for the store
    answer_held(backend, BLOCKED)
    await settled()
    store.may_answer.set()
    (told,) = await asking
    assert told == ACCEPTED | {"transactionId": 1}
    assert await wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_comes_and_goes_is_not_told_more_often_r65() -> None:
    site = await told_too_late(RemoteStopTransaction=lambda _: {"status": "Rejected"})
    await settled()
    for _ in range(10):
        site.wallbox.hang_up()
        await settled()
        await site.world.boot("CP1", site.wallbox, "Charging")
        await asyncio.sleep(1.0)
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == 1
    await asyncio.sleep(RETRY_S)
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == 2
    await site.world.kill()


class NeverAnswers(MemoryStore):
    """Its manager is always killed before it has stored what the wallbox is to be told."""

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if any(isinstance(change, AnswerTransaction) for change in changes):
            await asyncio.get_running_loop().create_future()
        return await super().commit(*changes)


@in_virtual_time()
async def test_a_rejection_stored_before_a_kill_is_the_answer_to_the_repetition_r65_r68() -> None:
    backend = literal_backend(StartTransaction=lambda _: CONCURRENT)
    world = World(WITH_CARD, store=NeverAnswers())
    world.dialer.backends[URL] = backend
    await world.start()
    await world.boot("CP1", literal_wallbox(), "Charging")
    await backend.got("StatusNotification")
    start = json.dumps(START)
    station_side = literal_wallbox()
    world.plug_in("CP1", station_side)
    station_side.send(f'[2,"x","StartTransaction",{start}]')
    await backend.got("StartTransaction")
    await settled()
    await world.kill()
    world.store.__class__ = MemoryStore
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox, "Charging")
    told = await result(wallbox, "StartTransaction", START)
    assert told == {"idTagInfo": {"status": "ConcurrentTx"}, "transactionId": 1}
    await world.kill()


# What the wallbox is configured for


@in_virtual_time()
async def test_a_wallbox_that_is_not_to_stop_gets_no_more_current_r65() -> None:
    keys = configured(StopTransactionOnInvalidId="false")
    site = await told_too_late(GetConfiguration=lambda _: keys)
    assert may_charge(site)
    await asyncio.sleep(30.0)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    assert not may_charge(site)
    last = site.wallbox.all_of("SetChargingProfile")[-1]
    periods = last["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"]
    assert periods[0]["limit"] == 0
    await site.world.kill()


@in_virtual_time()
async def test_while_we_only_observe_such_a_wallbox_is_left_alone_r65() -> None:
    keys = configured(StopTransactionOnInvalidId="false")
    observing = WITH_CARD.replace("[site]", '[site]\nload_management = "observe"')
    site = await told_too_late(site_toml=observing, GetConfiguration=lambda _: keys)
    await asyncio.sleep(5 * RETRY_S)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    assert site.wallbox.all_of("SetChargingProfile") == []
    await site.world.kill()


@in_virtual_time()
async def test_the_energy_that_the_wallbox_allows_is_drawn_first_r65() -> None:
    keys = configured(MaxEnergyOnInvalidId="500")
    site = await told_too_late(GetConfiguration=lambda _: keys)

    async def register(energy_wh: int) -> int:
        at = {"timestamp": "2026-05-15T12:00:40Z", "sampledValue": [{"value": str(energy_wh)}]}
        values = {"connectorId": 1, "transactionId": 1, "meterValue": [at]}
        await result(site.wallbox, "MeterValues", values)
        await asyncio.sleep(2 * LOOK_S)
        return len(site.wallbox.all_of("RemoteStopTransaction"))

    start_wh = int(str(START["meterStart"]))
    assert await register(start_wh + 499) == 0
    assert await register(start_wh + 500) == 1
    await site.world.kill()


@in_virtual_time()
async def test_energy_that_nobody_measures_counts_as_drawn_after_a_while_r65() -> None:
    keys = configured(MaxEnergyOnInvalidId="500")
    site = await told_too_late(GetConfiguration=lambda _: keys)
    await asyncio.sleep(UNMEASURED_S - 10.0)
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await asyncio.sleep(30.0)
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == 1
    await site.world.kill()


# Our own repetition is no rival (R67)


@in_virtual_time()
async def test_a_start_sent_before_a_kill_is_not_its_own_rival_after_it_r67() -> None:
    backend = literal_backend(StartTransaction=lambda _: None)
    site = await a_site(backend=backend, site_toml=WITH_CARD)
    await result(site.wallbox, "StartTransaction", START)  # told Accepted after 20 s
    await site.world.kill()
    backend.answers["StartTransaction"] = lambda _: CONCURRENT
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox, "Charging")
    await backend.got("StartTransaction", times=2)
    first, second = backend.payload_texts("StartTransaction")
    assert first == second
    await asyncio.sleep(5 * RETRY_S)
    assert wallbox.all_of("RemoteStopTransaction") == []
    await result(wallbox, "StopTransaction", STOP)
    assert (await backend.got("StopTransaction"))["transactionId"] == 113
    await site.world.kill()


@in_virtual_time()
async def test_a_start_that_never_left_before_the_kill_may_have_a_rival_r67() -> None:
    site = await a_site(site_toml=WITH_CARD)
    del site.world.dialer.backends[URL]
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "StartTransaction", START)
    await site.world.kill()
    site.backend.answers["StartTransaction"] = lambda _: CONCURRENT
    site.world.dialer.backends[URL] = site.backend
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox, "Charging")
    assert await wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    await site.world.kill()


@in_virtual_time()
async def test_nothing_of_a_start_that_was_taken_stays_noted_r67() -> None:
    site = await a_site()
    await result(site.wallbox, "StartTransaction", START)
    notes = (await site.world.store.recover()).notes
    assert [note for note in notes if note.scope.startswith("start sent")] == []
    await site.world.kill()
