"""From card to bill: how a transaction begins.

Each is stored first, with its place in the backend's queue, and answered afterwards: a confirmation
means stored. The queue is the only way north, also while the backend is there, so that an ordinary
session and one that a crash interrupts take the same path.
"""

import asyncio
from dataclasses import replace
from typing import Final, NamedTuple

import structlog

from wattgate.core.gateway.outbox import Draft
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.measurements import Measurement
from wattgate.core.station.requests import StartRequest
from wattgate.core.station.salvage import OddStart, salvage_start
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store import (
    AnswerTransaction,
    Change,
    Opened,
)
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.delivery.backend_answers import in_time, under_our_id
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.authorising import judge_session
from wattgate.runtime.station.billing import (
    evse_of,
    hand_over,
    keep_orphan,
    link_named,
    told_now,
)
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.open_transactions import ids_given
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()

START_WAIT_S: Final = 20.0
"""s a wallbox waits for the backend's word on a StartTransaction (R16, R61)."""

QUIET_WAIT_S: Final = 2.0
"""s it waits while the backend has been letting us wait in vain (R61a)."""


class _Awaited(NamedTuple):
    """The answer to come of the backend that bills it, where it is there to give one."""

    link: BackendLink
    answer: asyncio.Future[str]


class Transactions:
    """The beginnings of one wallbox's transactions.

    `in_order` is held while a message is stored: they are kept in the order in which they came.
    """

    def __init__(self, station: Station, in_order: asyncio.Lock) -> None:
        self._station = station
        self._house = station.house
        self._in_order = in_order
        self._undecided: dict[int, asyncio.Future[str | None]] = {}

    async def start(self, ask: Ask, rule: Rule) -> None:
        """Open a transaction, let the backend decide about it, and answer with our id (R60-R62)."""
        request = salvage_start(ask.call.payload_text)
        self._station.presence.heard_time(read_stamp(request.timestamp))
        evse = evse_of(self._station, request)
        async with self._in_order:
            opened, awaited = await self._open(ask, rule, request, evse)
        if opened.repeated:
            again = await self._answer_again(ask, opened, evse, request)
            ask.answer(again, "as the first time (R61a)")
            return
        decided: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._undecided[opened.transaction_id] = decided
        try:
            text, evidence = await self._decide(ask, opened.transaction_id, awaited, request)
            answer = AnswerTransaction(opened.transaction_id, text)
            await self._house.store.commit(answer, *evidence)
            decided.set_result(text)
        finally:
            if not decided.done():
                decided.set_result(None)  # whoever joined tries for himself
            del self._undecided[opened.transaction_id]
        ask.answer(text)
        self._begin(opened.transaction_id, evse, text)

    async def _open(
        self, ask: Ask, rule: Rule, request: StartRequest, evse: StationEvse | None
    ) -> tuple[Opened, _Awaited | None]:
        """Store it with what each backend is to hear of it; only one is waited for (R106)."""
        start = self._start_of(request, evse)
        drafts = [self._told(each, ask.call.payload_text, rule) for each in told_now(evse)]
        frame = self._house.evidence.opening(self._station.station_id, ask.call)
        opened = await self._house.store.open_transaction(
            start, drafts, self._house.tools.clock.wall(), frame
        )
        if not opened.repeated:
            self._station.open.began(TransactionRecord(opened.transaction_id, start))
        if isinstance(request, OddStart) and not drafts:
            await keep_orphan(self._station, ask, request.key, "a start that cannot be read")
        ask.stored(drafts[0].payload_text if drafts else ask.call.payload_text)
        answer = hand_over(self._station, opened.queued, start.link_id)
        link = link_named(self._station, start.link_id)
        return opened, None if answer is None or link is None else _Awaited(link, answer)

    def _told(self, backend: EvseBackend, payload_text: str, rule: Rule) -> Draft:
        """As a backend hears it: with its numbers of the connector and of a reservation."""
        text = backend.connectors.to_backend(payload_text, rule.connector)
        text = self._station.reservations.reservation_for(backend.link_id, text)
        return Draft(backend.link_id, "StartTransaction", text)

    async def _decide(
        self,
        ask: Ask,
        transaction_id: int,
        awaited: _Awaited | None,
        request: StartRequest,
    ) -> tuple[str, tuple[Change, ...]]:
        """The answer to the wallbox: the backend's with our id, else our own (R61, R62)."""
        if awaited is not None:
            backend_text = await self._backend_word(awaited)
            if backend_text is not None:
                return under_our_id(backend_text, transaction_id), ()
        text = self._own_word(transaction_id, request)
        return text, self._evidence_of_own_word(ask, transaction_id, text)

    def _evidence_of_own_word(self, ask: Ask, transaction_id: int, text: str) -> tuple[Change, ...]:
        station_id = self._station.station_id
        return self._house.evidence.answered(station_id, transaction_id, ask.call, text)

    async def _backend_word(self, awaited: _Awaited) -> str | None:
        pump = awaited.link.pump
        wait_s = QUIET_WAIT_S if pump.answers_late or pump.is_held else START_WAIT_S
        text = await in_time(awaited.answer, wait_s)
        if not awaited.answer.done():
            pump.answers_late = True
        return text

    def _own_word(self, transaction_id: int, request: StartRequest) -> str:
        evse = evse_of(self._station, request)
        if isinstance(request, OddStart):
            status = AuthorizationStatus.INVALID  # it is kept (R59), but nobody charges by it
        elif evse is not None or self._house.observing():
            status = judge_session(self._house, evse, request.id_tag)
        else:
            # Nobody limits a connector that the site does not know: nobody may charge there.
            status = AuthorizationStatus.INVALID
        return _answer(transaction_id, status.value)

    async def _answer_again(
        self, ask: Ask, opened: Opened, evse: StationEvse | None, request: StartRequest
    ) -> str:
        """A repeated StartTransaction gets the first answer, or joins the wait for it (R61a)."""
        if opened.answer_text is not None:
            return opened.answer_text
        undecided = self._undecided.get(opened.transaction_id)
        text = await asyncio.shield(undecided) if undecided is not None else None
        if text is not None:
            return text
        # Stored but never answered; the queue delivers what it stored, or has done so already.
        record = await self._house.store.transaction(
            self._station.station_id, opened.transaction_id
        )
        evidence: tuple[Change, ...] = ()
        if record is not None and record.late_verdict is not None:
            text = _answer(opened.transaction_id, record.late_verdict)
        else:
            text = self._own_word(opened.transaction_id, request)
            evidence = self._evidence_of_own_word(ask, opened.transaction_id, text)
        await self._house.store.commit(AnswerTransaction(opened.transaction_id, text), *evidence)
        self._begin(opened.transaction_id, evse, text)
        return text

    def _begin(self, transaction_id: int, evse: StationEvse | None, answer_text: str) -> None:
        """Let the EVSE want current, if the card may charge."""
        status = read_scalar(answer_text, ("idTagInfo", "status"))
        log.info(
            "transaction started",
            station=self._station.station_id,
            transaction=transaction_id,
            verdict=status,
        )
        record = self._station.open.records.get(transaction_id)
        if evse is None or record is None:
            return  # nobody limits that connector, or its end has overtaken the answer
        evse.transaction = OpenTransaction(
            TransactionRecord(
                transaction_id,
                record.start,
                answer_text=answer_text,
                late_verdict=_verdict(evse, transaction_id),
            ),
            self._house.tools.clock.monotonic(),
            may_charge=status == AuthorizationStatus.ACCEPTED,
            backend_ids=_backend_ids(evse, record),
        )
        # What the last car drew says nothing about this one.
        evse.connector = replace(evse.connector, measurement=Measurement())
        self._station.on_transaction(evse)
        self._house.something_changed()

    def _start_of(self, request: StartRequest, evse: StationEvse | None) -> TransactionStart:
        billing = evse.primary if evse is not None else None
        return TransactionStart(
            station_id=self._station.station_id,
            connector=request.connector_id,
            evse_id=evse.evse_id if evse is not None else "",
            link_id=billing.link_id if billing is not None else None,
            id_tag=request.id_tag,
            meter_start_wh=int(request.meter_start),
            started_at=request.timestamp,
            key=request.key,
            report_link_ids=tuple(each.link_id for each in told_now(evse) if each is not billing),
        )


def _backend_ids(evse: StationEvse, record: TransactionRecord) -> dict[str, int]:
    """The ids of a transaction that begins, of the backends that have given one already.

    Some may have done so before a restart, where its first answer was never given.
    """
    known = ((each.link_id, each.newest_binding) for each in evse.backends)
    return ids_given(record) | {
        link_id: binding[1]
        for link_id, binding in known
        if binding is not None and binding[0] == record.transaction_id
    }


def _verdict(evse: StationEvse, transaction_id: int) -> str | None:
    """How the backend has refused the card of a transaction that begins; None where it has not."""
    refused, verdict = evse.newest_refusal or (None, None)
    return verdict if refused == transaction_id else None


def _answer(transaction_id: int, status: str) -> str:
    return f'{{"idTagInfo":{{"status":"{status}"}},"transactionId":{transaction_id}}}'
