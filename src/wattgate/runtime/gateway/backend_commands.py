"""What a backend's commands set in motion, by the policy table."""

from collections.abc import Callable, Mapping
from functools import partial

from wattgate.core.errors import PeerError
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR, with_connector
from wattgate.core.gateway.link_messages import (
    SIGN_OURS,
    CertificateMatter,
    certificate_matter,
)
from wattgate.core.gateway.policy import Decision, Rule, Sender, rule_for
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar, remove_member, replace_scalar
from wattgate.core.station.transactions import TransactionRecord
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.backend_answers import is_transaction_id
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.gateway.card_commands import CardCommands
from wattgate.runtime.gateway.configuration_commands import ConfigurationCommands
from wattgate.runtime.gateway.cost_mapping import cost_for_wallbox, mapped_cost
from wattgate.runtime.gateway.early_triggers import TRIGGERS, trigger_early
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.virtual_charging import VirtualCharging, remote_start_profile
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

REJECTED = '{"status":"Rejected"}'

_URGENT = frozenset({"RemoteStopTransaction", "UnlockConnector", "Reset"})
_ONCE_ACCEPTED = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})
_OWN_MESSAGES = frozenset({"Heartbeat", "BootNotification", SIGN_OURS})


class BackendCommandHandler:
    """Handles what one backend asks of one EVSE. Implements BackendCommands."""

    def __init__(
        self,
        station: Station,
        evse: StationEvse,
        backend: EvseBackend,
        virtual: VirtualCharging,
        configuration: ConfigurationCommands,
    ) -> None:
        self._station = station
        self._evse = evse
        self._backend = backend
        self._virtual = virtual
        self._cards = CardCommands(station)
        self._configuration = configuration
        self._handlers: Mapping[str, Callable[[BackendLink, Ask, Rule], None]] = {
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._cards.clear_cache,
            "ClearChargingProfile": self._clear_in_observe,
            "DataTransfer": self._data_transfer,
            "ExtendedTriggerMessage": self._trigger,
            "GetConfiguration": self._get_configuration,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "SendLocalList": self._cards.send_local_list,
            "SetChargingProfile": self._set_profile_in_observe,
            "TriggerMessage": self._trigger,
            "UnlockConnector": self._unlock,
        }

    def backend_called(self, link: BackendLink, ask: Ask) -> None:
        """Handle one command; every one is answered, now or later."""
        rule = rule_for(ask.call.action, Sender.BACKEND)
        if rule is None:
            ask.refuse("NotImplemented", f"{ask.call.action} is not known here")
            return
        try:
            self._backend.north.security.heard(ask.call.action)
            self._decide(link, ask, rule)
        except PeerError as exc:
            ask.refuse(exc.code, exc.description)

    def _decide(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        match rule.decide(observing=self._station.house.observing()):
            case Decision.VIRTUALISE:
                self._carry_out(link, ask, rule)
            case _ if ask.call.action in TRIGGERS and not link.is_online:
                trigger_early(link, ask)
            case _ if ask.call.action in _ONCE_ACCEPTED and not link.is_online:
                ask.answer(REJECTED, "not before the boot is accepted (R41)")
            case _:
                self._handlers.get(ask.call.action, self._forward)(link, ask, rule)

    def _carry_out(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        match certificate_matter(ask.call):
            case CertificateMatter.LINK:
                self._link_certificate(link, ask)
            case CertificateMatter.WALLBOX:
                self._forward(link, ask, rule)
            case None:
                self._station.in_background(ask, self._virtualise(link, ask, rule))

    def _link_certificate(self, link: BackendLink, ask: Ask) -> None:
        work = self._backend.north.commands.certificate(ask, link.log_in_again)
        self._station.in_background(ask, work)

    async def _virtualise(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        answer_text = await self._virtual.handle(ask.call)
        if answer_text is not None:
            ask.answer(answer_text)
        else:
            self._decide(link, ask, rule)  # the mode has changed

    # To the wallbox

    def _forward(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        text = self._backend.connectors.to_wallbox(ask.call.payload_text, rule.connector)
        self._send(ask, rule, text)

    def _send(
        self,
        ask: Ask,
        rule: Rule,
        payload_text: str,
        sending: Callable[[], Callable[[Outcome], None]] | None = None,
        rewrite: Callable[[str], str] | None = None,
    ) -> None:
        """Send it on; `sending` is called then, and what it answers when the wallbox has.

        `rewrite` makes of the wallbox's answer what the backend gets.
        """
        peer = self._station.presence.peer
        if peer is None:
            ask.refuse("GenericError", "the wallbox is not connected")
            return
        also_tell = sending() if sending is not None else None

        def heard(outcome: Outcome) -> None:
            if also_tell is not None:
                also_tell(outcome)
            match outcome:
                case CallResult(_, answer_text):
                    answer_text = self._backend.connectors.to_backend(
                        answer_text, rule.answer_connector
                    )
                    ask.answer(rewrite(answer_text) if rewrite is not None else answer_text)
                case CallError(_, code, description, details_text):
                    ask.fail(code, description, details_text)
                case NoAnswer(reason, _):
                    ask.refuse("GenericError", f"the wallbox: {reason}")

        priority = Priority.STOP if ask.call.action in _URGENT else Priority.BACKEND
        peer.ask(
            ask.call.action,
            payload_text,
            heard,
            timeout_s=rule.timeout_s,
            priority=priority,
            source=ask.source,
        )

    def _data_transfer(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        backend_id = mapped_cost(self._evse.settings, ask.call.payload_text)
        if backend_id is None:
            self._forward(link, ask, rule)
        else:
            self._station.in_background(ask, self._cost(link, ask, rule, backend_id))

    async def _cost(self, link: BackendLink, ask: Ask, rule: Rule, backend_id: int) -> None:
        store, link_id = self._station.house.store, link.identity.link_id
        text = await cost_for_wallbox(store, link_id, ask.call.payload_text, backend_id)
        if text is None:
            ask.answer(REJECTED, "about no transaction of this backend (R118)")
        else:
            self._send(ask, rule, text)

    def _unlock(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """A connector that does not exist is NotSupported here (16E 3.85)."""
        if read_scalar(ask.call.payload_text, ("connectorId",)) != BACKEND_CONNECTOR:
            ask.answer('{"status":"NotSupported"}')
            return
        self._forward(link, ask, rule)

    def _change_configuration(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        self._configuration.change(link, ask, partial(self._forward, link, ask, rule))

    def _get_configuration(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        text = ask.call.payload_text
        overlay = partial(self._configuration.overlay, link, text)
        self._send(ask, rule, text, rewrite=overlay)

    def _trigger(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Heartbeat, boot and the link's certificate are the gateway's own (R40, R44, R88)."""
        message = read_scalar(ask.call.payload_text, ("requestedMessage",))
        if message == "MeterValues":
            text = self._backend.connectors.to_wallbox(ask.call.payload_text, rule.connector)
            self._send(ask, rule, text, partial(self._asking_for_meter_values, link))
        elif certificate_matter(ask.call) is CertificateMatter.LINK:
            self._link_certificate(link, ask)
        elif message not in _OWN_MESSAGES:
            self._forward(link, ask, rule)
        elif message == "Heartbeat":
            ask.answer('{"status":"Accepted"}')
            link.heartbeat_now()
        else:
            ask.answer(REJECTED)

    def _asking_for_meter_values(self, link: BackendLink) -> Callable[[Outcome], None]:
        """What it triggers is its own, also where the manager asks at the same time (R88)."""
        presence, link_id = self._station.presence, link.identity.link_id
        presence.backend_triggered(link_id, None)
        return lambda _: presence.backend_triggered(link_id, None)

    def _remote_start(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Name the connector; a profile stays here unless we only observe (R75, R101)."""
        text = with_connector(ask.call.payload_text, BACKEND_CONNECTOR)
        if self._station.house.observing():
            await_start = partial(self._virtual.await_relayed_start, text)
        else:
            await_start = partial(self._virtual.await_start, remote_start_profile(text))
            text = remove_member(text, "chargingProfile")

        def sending() -> Callable[[Outcome], None]:
            await_start()
            self._evse.card_shown_at = self._station.house.tools.clock.monotonic()  # R57
            return self._started

        self._send(ask, rule, self._backend.connectors.to_wallbox(text, rule.connector), sending)

    def _started(self, outcome: Outcome) -> None:
        if not is_accepted(outcome):
            self._virtual.no_start()
            self._evse.card_shown_at = None

    def _remote_stop(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        self._station.in_background(ask, self._map_and_stop(link, ask, rule))

    async def _map_and_stop(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        text = await self._with_our_transaction(link, ask.call.payload_text, ("transactionId",))
        if text is None:
            ask.answer(REJECTED, "unknown transaction (R74)")
        else:
            self._send(ask, rule, text)

    def _set_profile_in_observe(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        self._station.in_background(ask, self._map_and_set(link, ask, rule))

    async def _map_and_set(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        text: str | None = ask.call.payload_text
        if rule.transaction is not None:
            text = await self._with_our_transaction(link, ask.call.payload_text, rule.transaction)
        if text is None:
            ask.answer(REJECTED)
        else:
            self._send_profile(ask, rule, text)

    def _clear_in_observe(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """All profiles of a backend are those of its own connector (R98)."""
        text = ask.call.payload_text
        if not self._backend.connectors.alone and read_scalar(text, ("id",)) is None:
            text = with_connector(text, BACKEND_CONNECTOR)
        self._send_profile(ask, rule, text)

    def _send_profile(self, ask: Ask, rule: Rule, text: str) -> None:
        """What the wallbox makes of it is mirrored, for when load management is active (R97)."""
        self._send(
            ask,
            rule,
            self._backend.connectors.to_wallbox(text, rule.connector),
            lambda: self._virtual.relaying(ask.call),
        )

    async def _with_our_transaction(
        self, link: BackendLink, payload_text: str, path: tuple[str, ...]
    ) -> str | None:
        """The payload with our transaction id; as it is where it names none; None: unknown id."""
        backend_id = read_scalar(payload_text, path)
        if backend_id is None:
            return payload_text
        if not is_transaction_id(backend_id):
            return None
        record = await self._station.house.store.transaction_of_backend(
            link.identity.link_id, backend_id
        )
        if record is not None:
            # Another EVSE behind the login may have been given this id since ours.
            record = self._running_as(backend_id, link.identity.link_id) or record
        if record is None:
            is_shared = self._station.open.shared(backend_id) is not None
            return payload_text if is_shared else None  # the wallbox has the same id for it
        return replace_scalar(payload_text, path, str(record.transaction_id))

    def _running_as(self, backend_id: int, link_id: str) -> TransactionRecord | None:
        """The open transaction, where the backend of that link calls it so."""
        running = self._evse.transaction
        if running is None or running.id_at(link_id) != backend_id:
            return None
        return running.record
