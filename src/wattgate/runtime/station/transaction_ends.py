"""From card to bill: how a transaction ends."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

import structlog

from wattgate.core.gateway.outbox import Draft
from wattgate.core.station.attribution import attribute
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.late_rejection import stop_for_backend
from wattgate.core.station.requests import DEFAULT_REASON, StopRequest
from wattgate.core.station.salvage import OddStop, salvage_stop, without_our_id
from wattgate.core.station.transactions import TransactionRecord, TransactionStop
from wattgate.ports.store import Change, CloseTransaction, Enqueue
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.delivery.backend_answers import in_time, tag_of
from wattgate.runtime.station.billing import (
    hand_over,
    keep_orphan,
    once,
    told_now,
)
from wattgate.runtime.station.open_transactions import billed_by, hearers
from wattgate.runtime.station.signed_data import first_seen
from wattgate.runtime.station.station import Station

log = structlog.get_logger()

STOP_WAIT_S: Final = 5.0
"""s a wallbox waits for the backend's word on a StopTransaction; it only feeds its cache (R70)."""

Expected = asyncio.Future[str] | None
"""The backend's answer to come; None where it will not come in time for the wallbox."""


class TransactionEnds:
    """The ends of one wallbox's transactions.

    `in_order` is held while a message is stored: they are kept in the order in which they came.
    """

    def __init__(self, station: Station, in_order: asyncio.Lock) -> None:
        self._station = station
        self._house = station.house
        self._in_order = in_order

    async def stop(self, ask: Ask) -> None:
        """Close a transaction and queue its end for the backend it began at (R59, R63, R69)."""
        request = salvage_stop(ask.call.payload_text)
        self._station.presence.heard_time(read_stamp(request.timestamp))
        async with self._in_order:
            expected = await self._store(ask, request)
        text = await in_time(expected, STOP_WAIT_S) if expected is not None else None
        ask.answer(text or "{}")

    async def _store(self, ask: Ask, request: StopRequest | OddStop) -> Expected:
        record = await self._named(request)
        if record is not None:
            stop = self._stop_of(request, record)
            if record.transaction_id in self._station.open.told:
                return await self._keep_second_end(ask, request, record, stop)
            return await self._close(ask, request.key, record, stop)
        if isinstance(request, OddStop):
            return await self._keep_odd(ask, request)
        return await self._attribute(ask, request)

    async def _named(self, request: StopRequest | OddStop) -> TransactionRecord | None:
        if request.transaction_id is None:
            return None
        number = self._station.open.ours(request.transaction_id)
        return await self._house.store.transaction(self._station.station_id, number)

    def _stop_of(
        self, request: StopRequest | OddStop, record: TransactionRecord
    ) -> TransactionStop:
        if isinstance(request, StopRequest):
            return request.stop
        meter_wh = self._station.open.last_wh(record)
        reason = request.reason or DEFAULT_REASON
        return TransactionStop(meter_wh, request.timestamp, reason, inferred=True)

    async def _close(
        self, ask: Ask, key: str, record: TransactionRecord, stop: TransactionStop, *more: Change
    ) -> Expected:
        """Keep the stop; with the answer to come where a backend is there to give one."""
        station_id, transaction_id = self._station.station_id, record.transaction_id
        changes: list[Change] = [
            CloseTransaction(station_id, transaction_id, stop),
            *self._house.evidence.received(station_id, transaction_id, ask.call),
            *first_seen(self._station.evse_at(record.start.connector), ask.call.payload_text),
            *self._station.open.forget_lost(transaction_id),
            *self._station.open.forget_reset(transaction_id),
            *more,
        ]
        changes += self._telling(ask, record, hearers(record))
        taken = await self._house.store.take(once(self._station, key), *changes)
        ask.stored(ask.call.payload_text)
        if taken.repeated:
            return None  # it has ended what it was about; what fits by now is another one (R69)
        self._end(record)
        return hand_over(self._station, taken.queued, billed_by(record))

    def _telling(
        self, ask: Ask, record: TransactionRecord, link_ids: Iterable[str]
    ) -> Iterator[Enqueue]:
        """The end for each of the links; all hear why it ended."""
        reset_reason = self._station.open.resets.get(record.transaction_id)
        text = stop_for_backend(ask.call.payload_text, record, reset_reason)
        for link_id in link_ids:
            yield Enqueue(Draft(link_id, "StopTransaction", text, record.transaction_id))

    def _end(self, record: TransactionRecord) -> None:
        log.info(
            "transaction stopped",
            station=self._station.station_id,
            transaction=record.transaction_id,
        )
        self._station.transaction_ended(record.transaction_id)

    # What names no transaction, or one that is over

    async def _attribute(self, ask: Ask, request: StopRequest) -> Expected:
        """End the one transaction that it can be about; keep it aside where there is a choice."""
        text = ask.call.payload_text
        known = self._station.open.records.values()
        whose = attribute(request, tag_of(text), known)
        record = await self._named_open(whose)
        if record is None:
            await keep_orphan(self._station, ask, request.key, "stop of an unknown transaction")
            return None
        log.warning(
            "stop of an unknown transaction ends the only one that fits",
            station=self._station.station_id,
            transaction=record.transaction_id,
            named=request.transaction_id,
        )
        stop = request.stop
        inferred = TransactionStop(stop.meter_stop_wh, stop.stopped_at, stop.reason, inferred=True)
        links = hearers(record)
        note = self._station.open.note_told(record.transaction_id, links)
        expected = await self._close(ask, request.key, record, inferred, note)
        if record.transaction_id not in self._station.open.records:
            self._station.open.told[record.transaction_id] = links
        return expected

    async def _named_open(self, whose: TransactionRecord | None) -> TransactionRecord | None:
        """The newest facts of a record."""
        if whose is None:
            return None
        return await self._house.store.transaction(self._station.station_id, whose.transaction_id)

    async def _keep_odd(self, ask: Ask, request: OddStop) -> Expected:
        """A stop that cannot be read and names nothing we know: the backend may judge it (R59)."""
        evses = self._station.evses
        backends = told_now(evses[0]) if len(evses) == 1 else ()
        if not backends or request.transaction_id is not None:
            await keep_orphan(self._station, ask, request.key, "a stop that cannot be read")
            return None
        text = without_our_id(ask.call.payload_text)
        telling = [Enqueue(Draft(each.link_id, "StopTransaction", text)) for each in backends]
        taken = await self._house.store.take(once(self._station, request.key), *telling)
        ask.stored(text)
        awaited = next((each.link_id for each in backends if each.is_primary), None)
        return hand_over(self._station, taken.queued, awaited)

    async def _keep_second_end(
        self,
        ask: Ask,
        request: StopRequest | OddStop,
        record: TransactionRecord,
        stop: TransactionStop,
    ) -> Expected:
        """The wallbox's own end stays here, where a backend was told one we made up (R77).

        Only a backend that was told none gets it.
        """
        station_id, transaction_id = self._station.station_id, record.transaction_id
        reason = f"the end of transaction {transaction_id} had been told without it"
        changes: tuple[Change, ...] = (
            CloseTransaction(station_id, transaction_id, stop),
            *self._house.evidence.received(station_id, transaction_id, ask.call),
            *self._telling(ask, record, self._station.open.to_be_told(record)),
        )
        queued = await keep_orphan(self._station, ask, request.key, reason, *changes)
        return hand_over(self._station, queued, billed_by(record))
