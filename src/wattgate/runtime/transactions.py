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

from wattgate.core.gateway.outbox import Draft
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
        self._undecided: dict[int, asyncio.Future[str]] = {}

    # StartTransaction

    async def start(self, ask: Ask, rule: Rule) -> None:
        """Open a transaction, let the backend decide about it, and answer with our id (R60-R62)."""
        request = read_start(ask.call.payload_text)
        evse = self._station.evse_at(request.connector_id)
        async with self._in_order:
            opened = await self._open(ask.call.payload_text, rule, request, evse)
        if opened.repeated:
            ask.answer(await self._answer_again(opened, evse, request))
            return
        decided: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._undecided[opened.transaction_id] = decided
        try:
            text = await self._decide(opened, evse, request)
            await self._house.store.commit(AnswerTransaction(opened.transaction_id, text))
            decided.set_result(text)
        finally:
            decided.cancel()
            del self._undecided[opened.transaction_id]
        ask.answer(text)
        self._begin(opened.transaction_id, evse, request, text)

    async def _open(
        self, payload_text: str, rule: Rule, request: StartRequest, evse: EvseOcpp16 | None
    ) -> Opened:
        link = evse.link if evse is not None else None
        link_id = link.identity.link_id if link is not None else None
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
        if link is not None and opened.queued is not None:
            link.pump.expect(opened.queued.number)
            link.pump.added(opened.queued)
        return opened

    async def _decide(self, opened: Opened, evse: EvseOcpp16 | None, request: StartRequest) -> str:
        """The answer to the wallbox: the backend's with our id, else our own (R61, R62)."""
        link = evse.link if evse is not None else None
        if link is not None and opened.queued is not None:
            backend_text = await self._backend_word(link, opened.queued.number)
            if backend_text is not None:
                return replace_scalar(backend_text, _TRANSACTION, str(opened.transaction_id))
        return self._own_word(opened.transaction_id, link, request)

    async def _backend_word(self, link: BackendLink, number: int) -> str | None:
        if not link.is_online:
            link.pump.forget(number)
            return None
        wait_s = QUIET_WAIT_S if link.answers_late else START_WAIT_S
        text = await link.pump.answer_to(number, wait_s)
        link.answers_late = text is None
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
        if undecided is not None:
            return await asyncio.shield(undecided)
        # The manager stopped between storing and answering; the queue delivers what it stored.
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
            evse.link.identity.link_id if evse.link else None,
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
            number = await self._store_stop(ask, request, record)
        self._end(record)
        link = self._link_of(record)
        text = None
        if link is not None and number is not None and link.is_online:
            text = await link.pump.answer_to(number, STOP_WAIT_S)
        ask.answer(text or "{}")

    async def _store_stop(
        self, ask: Ask, request: StopRequest, record: TransactionRecord
    ) -> int | None:
        """Keep the stop; the number of its queued message, None where there is none or again."""
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
        for message in taken.queued:
            if link.is_online:
                link.pump.expect(message.number)
            link.pump.added(message)
        return taken.queued[0].number

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
        transaction_id, link_id = request.transaction_id, None
        if transaction_id is not None:
            record = await self._record(transaction_id, evse)
            if record is None:
                # Never under somebody else's id: the values go, the id that means nothing stays.
                text = remove_member(text, "transactionId")
                transaction_id = None
            else:
                link_id = record.start.link_id
        if transaction_id is None and evse is not None and evse.link is not None:
            link_id = evse.link.identity.link_id
        if evse is None or link_id is None:
            return
        draft = Draft(
            link_id,
            "MeterValues",
            evse.connectors.to_backend(text, rule.connector),
            transaction_id,
        )
        digest = hashlib.sha256(ask.call.payload_text.encode()).hexdigest()
        taken = await self._house.store.take(self._receipt(f"meter {digest}"), Enqueue(draft))
        link = self._link(link_id)
        for message in taken.queued:
            if link is not None:
                link.pump.added(message)

    async def _record(
        self, transaction_id: int, evse: EvseOcpp16 | None
    ) -> TransactionRecord | None:
        current = evse.transaction if evse is not None else None
        if current is not None and current.record.transaction_id == transaction_id:
            return current.record
        return await self._house.store.transaction(self._station.station_id, transaction_id)

    # Shared

    def _receipt(self, key: str) -> Receipt:
        return Receipt(self._station.station_id, key, "{}", self._house.tools.clock.wall())

    def _link_of(self, record: TransactionRecord) -> BackendLink | None:
        return self._link(record.start.link_id) if record.start.link_id is not None else None

    def _link(self, link_id: str) -> BackendLink | None:
        """The link of that name; None when the site has it no longer, and its queue waits."""
        for evse in self._station.evses:
            if evse.link is not None and evse.link.identity.link_id == link_id:
                return evse.link
        return None
