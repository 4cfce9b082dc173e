"""What the manager notes of messages that wallbox and backend exchange directly (mode T, P1)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog

from wattgate.core.errors import PeerError
from wattgate.core.gateway.link.registration import Registered, read_boot_answer
from wattgate.core.ocpp.frames import Call, CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.measurements import Measurement, newest_stamp
from wattgate.core.station.meter_keys import is_meter_configuration
from wattgate.core.station.requests import (
    StartRequest,
    StopRequest,
    read_meter_ids,
    read_start,
    read_stop,
)
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store import (
    AnswerTransaction,
    BindTransaction,
    Change,
    CloseTransaction,
    RememberStation,
    StoreFailed,
)
from wattgate.runtime.gateway.delivery.backend_answers import is_transaction_id
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.meter_configuration import keep_meter_configuration
from wattgate.runtime.station.reports import look_at_values, note_report
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

_TRANSACTION: Final = ("transactionId",)
_STAMP: Final = ("timestamp",)


class Observer:
    """Notes what one wallbox says; `link_id` is that of its relayed transactions in the store.

    What it makes nothing of, and what cannot be stored, passes all the same.
    """

    def __init__(self, station: Station, link_id: str) -> None:
        self._station = station
        self._house = station.house
        self._link_id = link_id
        self._in_order = asyncio.Lock()
        self._seen: Mapping[str, Callable[[str], None]] = {
            "MeterValues": self._meter_values,
            "StartTransaction": self._stamped,
            "StatusNotification": self._status,
            "StopTransaction": self._stamped,
        }
        self._answered: Mapping[str, Callable[[Call, CallResult], None]] = {
            "BootNotification": self._boot,
            "DataTransfer": self._data_transfer,
            "MeterValues": self._values,
            "StartTransaction": self._start,
            "StopTransaction": self._stop,
        }

    def saw(self, call: Call) -> None:
        """A message of the wallbox passes on."""
        note = self._seen.get(call.action)
        if note is not None:
            note(call.payload_text)

    def answered(self, call: Call, outcome: object) -> None:
        """The backend has answered it; a refusal means nothing here."""
        note = self._answered.get(call.action)
        if note is None or not isinstance(outcome, CallResult):
            return
        try:
            note(call, outcome)
        except PeerError as exc:
            log.info("relayed, but not understood", action=call.action, reason=str(exc))

    # At once

    def _stamped(self, text: str) -> None:
        self._station.presence.heard_time(read_stamp(read_scalar(text, _STAMP)))

    def _status(self, text: str) -> None:
        self._stamped(text)
        number = read_scalar(text, ("connectorId",))
        evse = self._station.evse_at(number) if number != 0 else None
        if evse is not None:
            note_report(self._house, evse, text)

    def _meter_values(self, text: str) -> None:
        self._station.presence.heard_time(newest_stamp(text))
        try:
            evse = self._station.evse_at(read_meter_ids(text).connector_id)
        except PeerError:
            return
        if evse is not None:
            look_at_values(self._station, evse, text)

    def _values(self, call: Call, taken: CallResult) -> None:
        request = read_meter_ids(call.payload_text)
        if request.transaction_id is not None:
            backend_id = request.transaction_id
            self._later("meter values", lambda: self._store_evidence(call, taken, backend_id))

    def _data_transfer(self, call: Call, _: CallResult) -> None:
        text = call.payload_text
        if is_meter_configuration(text):
            self._later("keys", lambda: keep_meter_configuration(self._station, text))

    def _boot(self, call: Call, taken: CallResult) -> None:
        verdict = read_boot_answer(taken.payload_text)
        if isinstance(verdict, Registered):
            self._station.presence.heartbeat_s = verdict.heartbeat_s
            self._station.booted(call.payload_text)
            self._later("boot", lambda: self._store_boot(call.payload_text))

    def _start(self, call: Call, taken: CallResult) -> None:
        backend_id = read_scalar(taken.payload_text, _TRANSACTION)
        if is_transaction_id(backend_id):
            request = read_start(call.payload_text)
            self._later("start", lambda: self._store_start(call, request, backend_id, taken))

    def _stop(self, call: Call, taken: CallResult) -> None:
        request = read_stop(call.payload_text)
        self._later("stop", lambda: self._store_stop(call, taken, request))

    # In the store, in the order of the messages

    def _later(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        name = f"{self._station.station_id} observed {what}"
        self._house.tasks.spawn(self._in_turn(work), name=name)

    async def _in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            async with self._in_order:
                await work()
        except StoreFailed as exc:
            say_not_stored(exc, link=self._link_id)

    async def _store_boot(self, boot_text: str) -> None:
        seen_at = self._house.tools.clock.wall()
        await self._house.store.commit(
            RememberStation(self._station.station_id, seen_at, boot_text)
        )

    async def _store_start(
        self, call: Call, request: StartRequest, backend_id: int, taken: CallResult
    ) -> None:
        """A repetition that the backend numbers anew is another transaction to it (R67)."""
        evse, station_id = self._station.evse_at(request.connector_id), self._station.station_id
        start = TransactionStart(
            station_id=station_id,
            connector=request.connector_id,
            evse_id=evse.evse_id if evse is not None else "",
            link_id=self._link_id,
            id_tag=request.id_tag,
            meter_start_wh=int(request.meter_start),
            started_at=request.timestamp,
            key=f"{request.key} {backend_id}",
        )
        opened = await self._house.store.open_transaction(
            start,
            (),
            self._house.tools.clock.wall(),
        )
        if opened.repeated:
            return
        number = opened.transaction_id
        await self._house.store.commit(
            BindTransaction(number, self._link_id, backend_id),
            AnswerTransaction(number, taken.payload_text),
            *self._relayed(number, call, taken),
        )
        record = TransactionRecord(number, start, backend_id, taken.payload_text)
        self._station.open.began(record)
        if evse is not None:
            self._begin(evse, record, backend_id)

    def _begin(self, evse: StationEvse, record: TransactionRecord, backend_id: int) -> None:
        status = read_scalar(record.answer_text or "{}", ("idTagInfo", "status"))
        evse.transaction = OpenTransaction(
            record,
            self._house.tools.clock.monotonic(),
            may_charge=status == AuthorizationStatus.ACCEPTED,
            backend_ids={self._link_id: backend_id},
        )
        # What the last car drew says nothing about this one.
        evse.connector = replace(evse.connector, measurement=Measurement())
        self._station.on_transaction(evse)

    async def _store_evidence(self, call: Call, taken: CallResult, backend_id: int) -> None:
        record = await self._house.store.transaction_of_backend(self._link_id, backend_id)
        if record is not None:
            await self._house.store.commit(*self._relayed(record.transaction_id, call, taken))

    def _relayed(self, number: int, call: Call, taken: CallResult) -> tuple[Change, ...]:
        station_id, link_id = self._station.station_id, self._link_id
        return self._house.evidence.relayed(station_id, link_id, number, call, taken.unique_id)

    async def _store_stop(self, call: Call, taken: CallResult, request: StopRequest) -> None:
        store = self._house.store
        record = await store.transaction_of_backend(self._link_id, request.transaction_id)
        if record is None:
            log.info("end of a transaction that was not observed", id=request.transaction_id)
            return
        station_id, number = self._station.station_id, record.transaction_id
        await store.commit(
            CloseTransaction(station_id, number, request.stop),
            *self._relayed(number, call, taken),
        )
        self._station.transaction_ended(number)
