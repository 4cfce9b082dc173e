"""From card to bill: StartTransaction, MeterValues, StopTransaction.

Each is stored first, with its place in the backend's queue, and answered afterwards: a confirmation
means stored. The queue is the only way north, also while the backend is there, so that an ordinary
session and one that a crash interrupts take the same path.
"""

import asyncio
import hashlib
from dataclasses import replace
from typing import Final

import structlog

from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.splice import read_scalar, remove_member, replace_scalar
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.core.station.measurements import read_meter_values
from wattgate.core.station.requests import (
    MeterValuesRequest,
    StartRequest,
    StopRequest,
    read_meter_ids,
    read_start,
    read_stop,
)
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store import (
    AnswerTransaction,
    Change,
    CloseTransaction,
    Enqueue,
    Opened,
    Receipt,
)
from wattgate.runtime.backend_link import BackendLink
from wattgate.runtime.evse_ocpp16 import EvseOcpp16, OpenTransaction
from wattgate.runtime.outbox_pump import in_time
from wattgate.runtime.station import Ask, Station

log = structlog.get_logger()

START_WAIT_S: Final = 20.0
"""s a wallbox waits for the backend's word on a StartTransaction (R16, R61)."""

QUIET_WAIT_S: Final = 2.0
"""s it waits while the backend has been letting us wait in vain (R61a)."""

STOP_WAIT_S: Final = 5.0
"""s a wallbox waits for the backend's word on a StopTransaction; it only feeds its cache (R70)."""

_TRANSACTION: Final = ("transactionId",)


class Transactions:
    """The transactions of one wallbox."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house
        # Messages are stored in the order in which they came, whatever else waits.
        self._in_order = asyncio.Lock()
        self._undecided: dict[int, asyncio.Future[str | None]] = {}

    # StartTransaction

    async def start(self, ask: Ask, rule: Rule) -> None:
        """Open a transaction, let the backend decide about it, and answer with our id (R60-R62)."""
        request = read_start(ask.call.payload_text)
        evse = self._station.evse_at(request.connector_id)
        async with self._in_order:
            opened, expected = await self._open(ask.call.payload_text, rule, request, evse)
        if opened.repeated:
            ask.answer(await self._answer_again(opened, evse, request))
            return
        decided: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._undecided[opened.transaction_id] = decided
        try:
            text = await self._decide(opened.transaction_id, expected, evse, request)
            await self._house.store.commit(AnswerTransaction(opened.transaction_id, text))
            decided.set_result(text)
        finally:
            if not decided.done():
                decided.set_result(None)  # whoever joined tries for himself
            del self._undecided[opened.transaction_id]
        ask.answer(text)
        self._begin(opened.transaction_id, evse, request, text)

    async def _open(
        self, payload_text: str, rule: Rule, request: StartRequest, evse: EvseOcpp16 | None
    ) -> tuple[Opened, asyncio.Future[str] | None]:
        """Store it; with the answer to come where a backend is there to give one."""
        link = evse.link if evse is not None else None
        link_id = _link_id(evse)
        start = TransactionStart(
            station_id=self._station.station_id,
            connector=request.connector_id,
            evse_id=evse.evse_id if evse is not None else "",
            link_id=link_id,
            id_tag=request.id_tag,
            meter_start_wh=int(request.meter_start),
            started_at=request.timestamp,
            key=request.key,
        )
        draft = None
        if evse is not None and link_id is not None:
            text = evse.connectors.to_backend(payload_text, rule.connector)
            draft = Draft(link_id, "StartTransaction", text)
        opened = await self._house.store.open_transaction(
            start, draft, self._house.tools.clock.wall()
        )
        if link is None or opened.queued is None:
            return opened, None
        return opened, self._hand_over(link, opened.queued)

    def _hand_over(self, link: BackendLink, message: OutboxMessage) -> asyncio.Future[str] | None:
        """Tell the queue of its message; the answer to come where the backend is there."""
        expected = link.pump.expect(message.number) if link.is_online else None
        link.pump.added(message)
        return expected

    async def _decide(
        self,
        transaction_id: int,
        expected: asyncio.Future[str] | None,
        evse: EvseOcpp16 | None,
        request: StartRequest,
    ) -> str:
        """The answer to the wallbox: the backend's with our id, else our own (R61, R62)."""
        link = evse.link if evse is not None else None
        if link is not None and expected is not None:
            backend_text = await self._backend_word(link, expected)
            if backend_text is not None:
                return replace_scalar(backend_text, _TRANSACTION, str(transaction_id))
        return self._own_word(transaction_id, link, request)

    async def _backend_word(self, link: BackendLink, expected: asyncio.Future[str]) -> str | None:
        wait_s = QUIET_WAIT_S if link.pump.answers_late else START_WAIT_S
        text = await in_time(expected, wait_s)
        if not expected.done():
            link.pump.answers_late = True
        return text

    def _own_word(
        self, transaction_id: int, link: BackendLink | None, request: StartRequest
    ) -> str:
        link_id = link.identity.link_id if link is not None else None
        status = self._house.cards.decide(link_id, request.id_tag)
        return f'{{"idTagInfo":{{"status":"{status.value}"}},"transactionId":{transaction_id}}}'

    async def _answer_again(
        self, opened: Opened, evse: EvseOcpp16 | None, request: StartRequest
    ) -> str:
        """A repeated StartTransaction gets the first answer, or joins the wait for it (R61a)."""
        if opened.answer_text is not None:
            return opened.answer_text
        undecided = self._undecided.get(opened.transaction_id)
        text = await asyncio.shield(undecided) if undecided is not None else None
        if text is not None:
            return text
        # Stored but never answered; the queue delivers what it stored.
        link = evse.link if evse is not None else None
        text = self._own_word(opened.transaction_id, link, request)
        await self._house.store.commit(AnswerTransaction(opened.transaction_id, text))
        self._begin(opened.transaction_id, evse, request, text)
        return text

    def _begin(
        self, transaction_id: int, evse: EvseOcpp16 | None, request: StartRequest, answer_text: str
    ) -> None:
        """Let the EVSE want current, if the card may charge."""
        status = read_scalar(answer_text, ("idTagInfo", "status"))
        log.info(
            "transaction started",
            station=self._station.station_id,
            transaction=transaction_id,
            verdict=status,
        )
        if evse is None:
            return
        start = TransactionStart(
            self._station.station_id,
            request.connector_id,
            evse.evse_id,
            _link_id(evse),
            request.id_tag,
            int(request.meter_start),
            request.timestamp,
            request.key,
        )
        evse.transaction = OpenTransaction(
            TransactionRecord(transaction_id, start, answer_text=answer_text),
            self._house.tools.clock.monotonic(),
            may_charge=status == AuthorizationStatus.ACCEPTED,
        )
        self._station.on_transaction(evse)
        self._house.something_changed()

    # StopTransaction

    async def stop(self, ask: Ask) -> None:
        """Close a transaction and queue its end for the backend it began at (R59, R63, R69)."""
        request = read_stop(ask.call.payload_text)
        async with self._in_order:
            record = await self._house.store.transaction(
                self._station.station_id, request.transaction_id
            )
            if record is None:
                log.warning(
                    "stop of an unknown transaction",
                    station=self._station.station_id,
                    transaction=request.transaction_id,
                    payload=ask.call.payload_text[:500],
                )
                ask.answer("{}")
                return
            expected = await self._store_stop(ask, request, record)
        self._end(record)
        text = await in_time(expected, STOP_WAIT_S) if expected is not None else None
        ask.answer(text or "{}")

    async def _store_stop(
        self, ask: Ask, request: StopRequest, record: TransactionRecord
    ) -> asyncio.Future[str] | None:
        """Keep the stop; with the answer to come where a backend is there to give one."""
        changes: list[Change] = [
            CloseTransaction(self._station.station_id, record.transaction_id, request.stop)
        ]
        link_id = record.start.link_id
        if link_id is not None:
            text = ask.call.payload_text
            draft = Draft(link_id, "StopTransaction", text, record.transaction_id)
            changes.append(Enqueue(draft))
        taken = await self._house.store.take(self._receipt(request.key), *changes)
        link = self._link_of(record)
        if link is None or not taken.queued:
            return None
        return self._hand_over(link, taken.queued[0])

    def _end(self, record: TransactionRecord) -> None:
        log.info(
            "transaction stopped",
            station=self._station.station_id,
            transaction=record.transaction_id,
        )
        for evse in self._station.evses:
            current = evse.transaction
            if current is not None and current.record.transaction_id == record.transaction_id:
                evse.transaction = None
                self._station.on_transaction(evse)
        self._house.something_changed()

    # MeterValues

    async def meter_values(self, ask: Ask, rule: Rule) -> None:
        """Keep meter values for the backend, and look at them ourselves (R58, R63, R76)."""
        request = read_meter_ids(ask.call.payload_text)
        evse = self._evse_of(request)
        async with self._in_order:
            await self._store_meter_values(ask, rule, request, evse)
        ask.answer("{}")
        if evse is not None and request.connector_id != 0:
            measurement = read_meter_values(ask.call.payload_text, evse.connector.measurement)
            evse.connector = replace(evse.connector, measurement=measurement)

    def _evse_of(self, request: MeterValuesRequest) -> EvseOcpp16 | None:
        """Connector 0 is the wallbox's own meter: its values go to the primary only (R102)."""
        if request.connector_id == 0:
            return self._station.primary
        return self._station.evse_at(request.connector_id)

    async def _store_meter_values(
        self, ask: Ask, rule: Rule, request: MeterValuesRequest, evse: EvseOcpp16 | None
    ) -> None:
        text = ask.call.payload_text
        record = await self._record(request.transaction_id, evse)
        if request.transaction_id is not None and record is None:
            # Never under somebody else's id: the values go, the id that means nothing stays.
            text = remove_member(text, "transactionId")
        if evse is None and record is not None:
            evse = self._evse_named(record.start.evse_id)
        link_id = record.start.link_id if record is not None else _link_id(evse)
        if link_id is None:
            return
        if evse is not None:
            text = evse.connectors.to_backend(text, rule.connector)
        draft = Draft(link_id, "MeterValues", text, record.transaction_id if record else None)
        digest = hashlib.sha256(ask.call.payload_text.encode()).hexdigest()
        taken = await self._house.store.take(self._receipt(f"meter {digest}"), Enqueue(draft))
        link = self._link(link_id)
        for message in taken.queued:
            if link is not None:
                link.pump.added(message)

    async def _record(
        self, transaction_id: int | None, evse: EvseOcpp16 | None
    ) -> TransactionRecord | None:
        if transaction_id is None:
            return None
        current = evse.transaction if evse is not None else None
        if current is not None and current.record.transaction_id == transaction_id:
            return current.record
        return await self._house.store.transaction(self._station.station_id, transaction_id)

    # Shared

    def _receipt(self, key: str) -> Receipt:
        return Receipt(self._station.station_id, key, "{}", self._house.tools.clock.wall())

    def _evse_named(self, evse_id: str) -> EvseOcpp16 | None:
        return next((evse for evse in self._station.evses if evse.evse_id == evse_id), None)

    def _link_of(self, record: TransactionRecord) -> BackendLink | None:
        return self._link(record.start.link_id) if record.start.link_id is not None else None

    def _link(self, link_id: str) -> BackendLink | None:
        """The link of that name; None when the site has it no longer, and its queue waits."""
        for evse in self._station.evses:
            if evse.link is not None and evse.link.identity.link_id == link_id:
                return evse.link
        return None


def _link_id(evse: EvseOcpp16 | None) -> str | None:
    """The queue of an EVSE's backend; None without one."""
    return evse.link.identity.link_id if evse is not None and evse.link is not None else None
