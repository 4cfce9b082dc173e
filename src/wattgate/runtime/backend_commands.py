"""What a backend's commands set in motion, by the policy table."""

from collections.abc import Callable, Mapping

import structlog

from wattgate.core.errors import PeerError
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR, with_connector
from wattgate.core.gateway.policy import LINK_KEYS, Decision, Rule, Sender, rule_for
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar, remove_member, replace_scalar
from wattgate.ports.store import StoreFailed
from wattgate.runtime.backend_link import BackendLink, LinkPhase
from wattgate.runtime.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station import Station
from wattgate.runtime.virtual_charging import VirtualCharging, remote_start_profile

log = structlog.get_logger()

REJECTED = '{"status":"Rejected"}'

_URGENT = frozenset({"RemoteStopTransaction", "UnlockConnector", "Reset"})
_NOT_WHILE_PENDING = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})
_OWN_MESSAGES = frozenset({"Heartbeat", "BootNotification"})


class BackendCommandHandler:
    """Handles what one backend asks of one EVSE. Implements BackendCommands."""

    def __init__(self, station: Station, evse: EvseOcpp16, virtual: VirtualCharging) -> None:
        self._station = station
        self._evse = evse
        self._virtual = virtual
        self._handlers: Mapping[str, Callable[[BackendLink, Call, Rule], None]] = {
            "ChangeConfiguration": self._change_configuration,
            "ExtendedTriggerMessage": self._trigger,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "SetChargingProfile": self._set_profile_in_observe,
            "TriggerMessage": self._trigger,
            "UnlockConnector": self._unlock,
        }

    def backend_called(self, link: BackendLink, call: Call) -> None:
        """Handle one command; every one is answered, now or later."""
        rule = rule_for(call.action, Sender.BACKEND)
        if rule is None:
            link.refuse(call.unique_id, "NotImplemented", f"{call.action} is not known here")
            return
        try:
            self._decide(link, call, rule)
        except PeerError as exc:
            link.refuse(call.unique_id, exc.code, exc.description)

    def _decide(self, link: BackendLink, call: Call, rule: Rule) -> None:
        match rule.decide(observing=self._station.house.observing()):
            case Decision.REFUSE:
                self._refuse(link, call, rule)
            case Decision.VIRTUALISE:
                self._station.house.tasks.spawn(
                    self._virtualise(link, call), name=f"{self._evse.evse_id} {call.action}"
                )
            case _ if link.status.phase is LinkPhase.PENDING and call.action in _NOT_WHILE_PENDING:
                link.answer(call.unique_id, REJECTED)  # R41: not before the boot is accepted
            case _:
                self._handlers.get(call.action, self._forward)(link, call, rule)

    def _refuse(self, link: BackendLink, call: Call, rule: Rule) -> None:
        if rule.refusal is not None:
            link.answer(call.unique_id, rule.refusal)
        else:
            link.refuse(call.unique_id, "NotSupported", f"{call.action} ends at the gateway")

    async def _virtualise(self, link: BackendLink, call: Call) -> None:
        try:
            text = await self._virtual.handle(call)
        except PeerError as exc:
            link.refuse(call.unique_id, exc.code, exc.description)
        except StoreFailed:
            link.refuse(call.unique_id, "InternalError", "not stored, please send again")
        else:
            link.answer(call.unique_id, text)

    # To the wallbox

    def _forward(self, link: BackendLink, call: Call, rule: Rule) -> None:
        text = self._evse.connectors.to_wallbox(call.payload_text, rule.connector)
        self._send(link, call, rule, text)

    def _send(self, link: BackendLink, call: Call, rule: Rule, payload_text: str) -> None:
        peer = self._station.peer
        if peer is None:
            link.refuse(call.unique_id, "GenericError", "the wallbox is not connected")
            return

        def heard(outcome: Outcome) -> None:
            match outcome:
                case CallResult(_, answer_text):
                    answer_text = self._evse.connectors.to_backend(
                        answer_text, rule.answer_connector
                    )
                    link.answer(call.unique_id, answer_text)
                case CallError(_, code, description):
                    link.refuse(call.unique_id, code, description)
                case NoAnswer(reason, _):
                    link.refuse(call.unique_id, "GenericError", f"the wallbox: {reason}")

        priority = Priority.STOP if call.action in _URGENT else Priority.BACKEND
        peer.ask(call.action, payload_text, heard, timeout_s=rule.timeout_s, priority=priority)

    def _unlock(self, link: BackendLink, call: Call, rule: Rule) -> None:
        """A connector that does not exist is NotSupported here (16E 3.85)."""
        if read_scalar(call.payload_text, ("connectorId",)) != BACKEND_CONNECTOR:
            link.answer(call.unique_id, '{"status":"NotSupported"}')
            return
        self._forward(link, call, rule)

    def _change_configuration(self, link: BackendLink, call: Call, rule: Rule) -> None:
        key = read_scalar(call.payload_text, ("key",))
        if isinstance(key, str) and key.casefold() in LINK_KEYS:
            log.warning("backend may not re-key the wallbox", evse=self._evse.evse_id, key=key)
            link.answer(call.unique_id, REJECTED)
            return
        self._forward(link, call, rule)

    def _trigger(self, link: BackendLink, call: Call, rule: Rule) -> None:
        """Heartbeat and boot are the gateway's own towards the backend (R44, R88)."""
        message = read_scalar(call.payload_text, ("requestedMessage",))
        if message not in _OWN_MESSAGES:
            self._forward(link, call, rule)
        elif message == "Heartbeat":
            link.answer(call.unique_id, '{"status":"Accepted"}')
            link.heartbeat_now()
        else:
            link.answer(call.unique_id, REJECTED)

    def _remote_start(self, link: BackendLink, call: Call, rule: Rule) -> None:
        """Name the connector; a profile stays here unless we only observe (R75, R101)."""
        text = with_connector(call.payload_text, BACKEND_CONNECTOR)
        if not self._station.house.observing():
            profile_text = remote_start_profile(text)
            if profile_text is not None:
                self._virtual.adopt(profile_text)
            text = remove_member(text, "chargingProfile")
        self._send(link, call, rule, self._evse.connectors.to_wallbox(text, rule.connector))

    def _remote_stop(self, link: BackendLink, call: Call, rule: Rule) -> None:
        self._station.house.tasks.spawn(
            self._map_and_stop(link, call, rule), name=f"{self._evse.evse_id} {call.action}"
        )

    async def _map_and_stop(self, link: BackendLink, call: Call, rule: Rule) -> None:
        text = await self._with_our_transaction(link, call.payload_text, ("transactionId",))
        if text is None:
            link.answer(call.unique_id, REJECTED)  # R74: an unknown id goes no further
        else:
            self._send(link, call, rule, text)

    def _set_profile_in_observe(self, link: BackendLink, call: Call, rule: Rule) -> None:
        self._station.house.tasks.spawn(
            self._map_and_set(link, call, rule), name=f"{self._evse.evse_id} {call.action}"
        )

    async def _map_and_set(self, link: BackendLink, call: Call, rule: Rule) -> None:
        text: str | None = call.payload_text
        if rule.transaction is not None:
            text = await self._with_our_transaction(link, call.payload_text, rule.transaction)
        if text is None:
            link.answer(call.unique_id, REJECTED)
            return
        try:
            mapped = self._evse.connectors.to_wallbox(text, rule.connector)
        except PeerError as exc:
            link.refuse(call.unique_id, exc.code, exc.description)
        else:
            self._send(link, call, rule, mapped)

    async def _with_our_transaction(
        self, link: BackendLink, payload_text: str, path: tuple[str, ...]
    ) -> str | None:
        """The payload with our transaction id; as it is where it names none; None: unknown id."""
        backend_id = read_scalar(payload_text, path)
        if backend_id is None:
            return payload_text
        if not isinstance(backend_id, int) or isinstance(backend_id, bool):
            return None
        record = await self._station.house.store.transaction_of_backend(
            link.identity.link_id, backend_id
        )
        if record is None:
            return None
        return replace_scalar(payload_text, path, str(record.transaction_id))
