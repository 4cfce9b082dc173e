"""What a wallbox's messages set in motion, by the policy table; cards and transactions apart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import structlog

from wattgate.core.gateway.outbox import Draft
from wattgate.core.gateway.policy import Decision, Rule, Sender, rule_for
from wattgate.core.gateway.traffic.masking import masked_call
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.meter_keys import is_meter_configuration
from wattgate.ports.store import Enqueue, NoteRecord, RememberStation, StoreFailed
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.cost_mapping import cost_for_backend, mapped_cost
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.authorising import Authorising
from wattgate.runtime.station.billing import hand_over
from wattgate.runtime.station.fixed_starting import FixedStarting
from wattgate.runtime.station.meter_configuration import take_meter_configuration
from wattgate.runtime.station.meter_readings import MeterReadings
from wattgate.runtime.station.presence import HEARTBEAT_S
from wattgate.runtime.station.reports import note_report, pass_on
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.transaction_ends import TransactionEnds
from wattgate.runtime.station.transactions import Transactions
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.timestamps import ocpp_time

log = structlog.get_logger()


class WallboxMessages:
    """Handles what one wallbox sends."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house
        in_order = station.in_order
        self._cards = Authorising(station)
        self._fixed = {evse.evse_id: FixedStarting(station, evse) for evse in station.evses}
        self._transactions = Transactions(station, in_order)
        self._ends = TransactionEnds(station, in_order)
        self._readings = MeterReadings(station, in_order)
        self._handlers: Mapping[str, Callable[[Ask, Rule], None]] = {
            "Authorize": self._cards.authorize,
            "BootNotification": self._boot,
            "DataTransfer": self._data_transfer,
            "Heartbeat": self._heartbeat,
            "MeterValues": self._meter_values,
            "SecurityEventNotification": self._security_event,
            "SignCertificate": self._sign_certificate,
            "StartTransaction": self._start_transaction,
            "StatusNotification": self._status,
            "StopTransaction": self._stop_transaction,
        }

    def recover(self, notes: Sequence[NoteRecord]) -> None:
        """Take over what was noted before a restart."""
        for fixed in self._fixed.values():
            fixed.recover(notes)

    def called(self, ask: Ask) -> None:
        """Handle one message; every one is answered, now or later."""
        rule = rule_for(ask.call.action, Sender.WALLBOX)
        if rule is None:
            ask.refuse(
                "NotImplemented", f"{ask.call.action} is nothing that a wallbox asks in OCPP 1.6"
            )
            return
        handler = self._handlers.get(ask.call.action, self._relay)
        handler(self._cards.with_fixed_card(ask), rule)

    # Messages that are only passed on

    def _relay(self, ask: Ask, rule: Rule) -> None:
        if rule.keeps_last:
            self._station.in_background(ask, self._station.progress.noticed(ask, rule))
        else:
            self._relay_to(self._station.main_backend(), ask, rule)

    def _relay_to(self, backend: EvseBackend | None, ask: Ask, rule: Rule) -> None:
        if backend is None:
            ask.answer(rule.local_answer, "no backend")
        elif rule.online is Decision.FORWARD and backend.link.is_online:
            self._forward(ask, rule, backend.link)
        else:
            ask.answer(rule.away_answer, "the backend is away")

    def _forward(self, ask: Ask, rule: Rule, link: BackendLink) -> None:
        def heard(outcome: Outcome) -> None:
            match outcome:
                case CallResult(_, payload_text):
                    ask.answer(payload_text)
                case CallError(_, code, description, details_text):
                    ask.peer.refuse(ask.call.unique_id, code, description, details_text)
                case NoAnswer():
                    ask.answer(rule.away_answer)

        link.ask(
            ask.call.action,
            ask.call.payload_text,
            heard,
            timeout_s=rule.timeout_s,
            source=ask.source,
        )

    # Messages with a meaning for the manager

    def _data_transfer(self, ask: Ask, rule: Rule) -> None:
        if is_meter_configuration(ask.call.payload_text):
            work = take_meter_configuration(self._station, ask, rule)
            self._station.in_background(ask, work)
            return
        backend = self._station.main_backend()
        asked = mapped_cost(backend.gateway, ask.call.payload_text) if backend is not None else None
        if backend is None or asked is None:
            self._relay_to(backend, ask, rule)
        else:
            work = self._relay_cost(ask, rule, backend.link_id, asked)
            self._station.in_background(ask, work)

    async def _relay_cost(self, ask: Ask, rule: Rule, link_id: str, transaction_id: int) -> None:
        store, station_id = self._house.store, self._station.station_id
        told = ask.call.payload_text
        text = await cost_for_backend(store, station_id, link_id, told, transaction_id)
        if text is None:
            ask.answer(rule.away_answer, "about no transaction that the backend knows (R118)")
        else:
            self._relay(replace(ask, call=replace(ask.call, payload_text=text)), rule)

    def _heartbeat(self, ask: Ask, rule: Rule) -> None:
        ask.answer(f'{{"currentTime":"{ocpp_time(self._station.presence.tell_time())}"}}')

    def _boot(self, ask: Ask, rule: Rule) -> None:
        self._station.in_background(ask, self._store_boot(ask))

    async def _store_boot(self, ask: Ask) -> None:
        """Take it in, also where the disk is full: its limits are gone, and it needs them again.

        Only a restart would miss its boot data then, until it boots once more.
        """
        station, tools = self._station, self._house.tools
        boot_text = ask.call.payload_text
        try:
            await self._house.store.commit(
                RememberStation(station.station_id, tools.clock.wall(), boot_text)
            )
        except StoreFailed as exc:
            say_not_stored(exc, action=ask.call.action)
        ask.answer(
            f'{{"status":"Accepted","currentTime":"{ocpp_time(station.presence.tell_time())}",'
            f'"interval":{HEARTBEAT_S:.0f}}}'
        )
        log.info("wallbox booted", station=station.station_id)
        station.booted(boot_text)
        for fixed in self._fixed.values():
            fixed.booted()

    def _status(self, ask: Ask, rule: Rule) -> None:
        text = ask.call.payload_text
        number = read_scalar(text, ("connectorId",))
        stamp = read_scalar(text, ("timestamp",))
        self._station.presence.heard_time(read_stamp(stamp))
        ask.answer("{}")
        if number == 0:
            self._report_whole(text)
            return
        evse = self._station.evse_at(number)
        if evse is None:
            log.info("status of a connector no EVSE uses", station=self._station.station_id)
            return
        note_report(self._house, evse, text)
        self._fixed[evse.evse_id].reported()
        for backend in evse.present_backends:
            pass_on(evse, backend, text)

    def _report_whole(self, text: str) -> None:
        """Connector 0 is the wallbox itself: every backend hears of it (R102)."""
        self._station.whole_text = text
        for evse in self._station.evses:
            for backend in evse.present_backends:
                backend.link.whole_reported(text, backend.number)

    def _security_event(self, ask: Ask, rule: Rule) -> None:
        """The backends of the EVSE that speaks for the wallbox hear of it (R102)."""
        speaks = self._station.primary or self._station.evses[0]
        log.warning(
            "security event", station=self._station.station_id, payload=self._readable(ask)[:500]
        )
        if speaks.present_backends:
            self._station.in_background(ask, self._queue(ask, speaks.present_backends))
        else:
            ask.answer(rule.local_answer, "no backend")

    def _readable(self, ask: Ask) -> str:
        """Its payload for the log: what such an event tells of may be a password (R121)."""
        return masked_call(ask.call.action, ask.call.payload_text, self._house.traffic.mask())

    async def _queue(self, ask: Ask, backends: Iterable[EvseBackend]) -> None:
        action, text = ask.call.action, ask.call.payload_text
        drafts = (Draft(each.link_id, action, text) for each in backends)
        queued = await self._house.store.commit(*map(Enqueue, drafts))
        hand_over(self._station, queued, None)
        ask.stored(text)
        ask.answer("{}")

    def _sign_certificate(self, ask: Ask, rule: Rule) -> None:
        self._station.on_signing(ask)

    # Transactions

    def _start_transaction(self, ask: Ask, rule: Rule) -> None:
        self._station.reservations.started(ask.call.payload_text)
        self._station.in_background(ask, self._transactions.start(ask, rule))

    def _stop_transaction(self, ask: Ask, rule: Rule) -> None:
        self._station.in_background(ask, self._ends.stop(ask))

    def _meter_values(self, ask: Ask, rule: Rule) -> None:
        self._station.in_background(ask, self._readings.take(ask, rule))
