"""MeterValues on their way to the bill, and what they tell us.

As every message of a transaction, they are stored first and confirmed afterwards.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.outbox import Draft
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.splice import remove_member
from wattgate.core.station.connector import IDLE
from wattgate.core.station.measurements import (
    is_triggered,
    newest_stamp,
)
from wattgate.core.station.requests import MeterValuesRequest
from wattgate.core.station.salvage import OddMeterValues, salvage_meter_ids, without_our_id
from wattgate.core.station.signed import is_expendable
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Change, Enqueue
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.station.billing import (
    backend_hearing,
    backend_named,
    evse_of,
    hand_over,
    keep_orphan,
    once,
    told_now,
)
from wattgate.runtime.station.open_transactions import hearers
from wattgate.runtime.station.pacing import Pacing
from wattgate.runtime.station.reports import look_at_values
from wattgate.runtime.station.signed_data import first_seen
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse


@dataclass(frozen=True, slots=True)
class _Values:
    """Meter values on their way, with whose they are; `text` has the wallbox's numbers still."""

    text: str
    request: MeterValuesRequest | OddMeterValues
    rule: Rule
    record: TransactionRecord | None
    evse: StationEvse | None


class MeterReadings:
    """The meter values of one wallbox.

    `in_order` is held while a message is stored: they are kept in the order in which they came.
    """

    def __init__(self, station: Station, in_order: asyncio.Lock) -> None:
        self._station = station
        self._house = station.house
        self._in_order = in_order
        self._pacing = Pacing(station)

    async def take(self, ask: Ask, rule: Rule) -> None:
        """Keep meter values for the backend, and look at them ourselves (R58, R63, R76).

        What only the manager asked for stays here (R88), unless it is signed (R113, R117).
        """
        text = ask.call.payload_text
        request = salvage_meter_ids(text)
        evse = self._evse_of(request)
        self._station.presence.heard_time(newest_stamp(text))
        if evse is not None and request.connector_id != 0:
            look_at_values(self._station, evse, text)
        asked_by = self._asked_by(request, text)
        if asked_by is not None and not asked_by:
            ask.absorbed("only asked for by the manager (R88)")
        else:
            async with self._in_order:
                await self._store(ask, rule, request, evse, asked_by)
        ask.answer("{}")

    def _asked_by(
        self, request: MeterValuesRequest | OddMeterValues, text: str
    ) -> frozenset[str] | None:
        """The links whose backends asked for these values; None where they are for all."""
        if not is_triggered(text):
            return None
        return self._station.presence.triggered_for(request.connector_id)

    def _evse_of(self, request: MeterValuesRequest | OddMeterValues) -> StationEvse | None:
        """Connector 0 is the wallbox's own meter, of which its main EVSE's backends hear (R102)."""
        if request.connector_id == 0:
            return self._station.primary
        return evse_of(self._station, request)

    async def _store(
        self,
        ask: Ask,
        rule: Rule,
        request: MeterValuesRequest | OddMeterValues,
        evse: StationEvse | None,
        asked_by: frozenset[str] | None,
    ) -> None:
        text = ask.call.payload_text
        record = await self._record(request.transaction_id, evse)
        if record is not None:
            evse = evse or self._evse_named(record.start.evse_id)
        elif isinstance(request, OddMeterValues):
            text = without_our_id(text)
        elif request.transaction_id is not None:
            # Never under somebody else's id: the values go, the id that means nothing stays.
            text = remove_member(text, "transactionId")
        self._note_register(record, evse)
        links = _hearing(record, evse, asked_by)
        values = _Values(text, request, rule, record, evse)
        drafts = [draft for each in links if (draft := self._draft(values, each)) is not None]
        if links and not drafts:
            ask.absorbed("the backend asked for fewer samples (R80)")
            return
        transaction_id = record.transaction_id if record is not None else None
        changes: list[Change] = [
            *self._house.evidence.received(self._station.station_id, transaction_id, ask.call),
        ]
        if not links and not changes:
            await self._keep_odd(ask, request)
            return
        changes += [*first_seen(evse, text), *map(Enqueue, drafts)]
        taken = await self._house.store.take(once(self._station, _key(ask)), *changes)
        ask.stored(drafts[0].payload_text if drafts else text)
        hand_over(self._station, taken.queued, None)

    def _draft(self, values: _Values, link_id: str) -> Draft | None:
        """What one backend gets of them; None: nothing of it.

        One that has not heard of the transaction does not hear of it now.
        """
        told = self._pacing.for_backend(values.text, link_id, values.request)
        if told is None:
            return None
        record, transaction_id = values.record, None
        backend = backend_named(self._station, values.evse, link_id)
        if record is not None and link_id in hearers(record):
            transaction_id = record.transaction_id
            backend = backend_hearing(self._station, record, link_id)
        elif record is not None:
            told = remove_member(told, "transactionId")
        if backend is not None:
            told = _numbered(values.request, backend).to_backend(told, values.rule.connector)
        expendable = is_expendable(told)
        return Draft(link_id, "MeterValues", told, transaction_id, expendable=expendable)

    def _note_register(self, record: TransactionRecord | None, evse: StationEvse | None) -> None:
        """Values that come late tell nothing of the transaction that runs since.

        Those that name none tell its register while a car is there, but not that it goes on.
        """
        known, now = self._station.open, self._house.tools.clock.monotonic()
        running = evse.transaction.record if evse is not None and evse.transaction else None
        if record is not None:
            known.metered(record.transaction_id)
        if evse is None or running is None:
            return
        is_unnamed = record is None and evse.connector.status not in IDLE
        if is_unnamed or (record and record.transaction_id == running.transaction_id):
            known.read(running.transaction_id, evse.connector.measurement.energy_wh, now)

    async def _keep_odd(self, ask: Ask, request: MeterValuesRequest | OddMeterValues) -> None:
        """Where a wallbox has backends, what cannot be read may be for any of them (R59)."""
        has_backends = any(told_now(evse) for evse in self._station.evses)
        if isinstance(request, OddMeterValues) and has_backends:
            reason = "meter values that cannot be read"
            await keep_orphan(self._station, ask, _key(ask), reason)

    async def _record(
        self, transaction_id: int | None, evse: StationEvse | None
    ) -> TransactionRecord | None:
        if transaction_id is None:
            return None
        transaction_id = self._station.open.ours(transaction_id)
        current = evse.transaction if evse is not None else None
        if current is not None and current.record.transaction_id == transaction_id:
            return current.record
        return await self._house.store.transaction(self._station.station_id, transaction_id)

    def _evse_named(self, evse_id: str) -> StationEvse | None:
        return next((evse for evse in self._station.evses if evse.evse_id == evse_id), None)


def _hearing(
    record: TransactionRecord | None,
    evse: StationEvse | None,
    asked_by: frozenset[str] | None,
) -> tuple[str, ...]:
    """Who hears of values: of a transaction's who heard its start, of triggered ones who asked."""
    now = tuple(each.link_id for each in told_now(evse))
    links = now if record is None else hearers(record)
    if asked_by is None:
        return links
    return tuple(each for each in dict.fromkeys((*links, *now)) if each in asked_by)


def _numbered(request: MeterValuesRequest | OddMeterValues, backend: EvseBackend) -> ConnectorMap:
    """The connector is what that backend knows it as, whichever EVSE the site has there by now.

    Connector 0 is the wallbox's own meter for everybody (R102).
    """
    if request.connector_id == 0:
        return backend.connectors
    return replace(backend.connectors, number=request.connector_id)


def _key(ask: Ask) -> str:
    """What makes a repetition recognisable (R68)."""
    return f"meter {hashlib.sha256(ask.call.payload_text.encode()).hexdigest()}"
