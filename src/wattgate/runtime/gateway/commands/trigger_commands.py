"""What a backend wants to be told now, and by whom (R40, R44, R88)."""

from typing import Final

from wattgate.core.gateway.commands.progress import NOTICES
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR, with_connector
from wattgate.core.gateway.policy import CONNECTOR, Rule
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.triggers import METER_VALUES
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.to_wallbox import Heard, ToWallbox
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.presence import Presence

_NOTICES: Final = frozenset(NOTICES.values())
_OF_CONNECTORS: Final = frozenset({METER_VALUES, "StatusNotification"})


class TriggerCommands:
    """Handles TriggerMessage and ExtendedTriggerMessage of one backend for one EVSE."""

    def __init__(self, presence: Presence, backend: EvseBackend, to_wallbox: ToWallbox) -> None:
        self._presence = presence
        self._backend = backend
        self._to_wallbox = to_wallbox

    def trigger(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Heartbeat and boot are the gateway's own, all else is the wallbox's to say."""
        match read_scalar(ask.call.payload_text, ("requestedMessage",)):
            case "Heartbeat":
                ask.answer('{"status":"Accepted"}')
                link.heartbeat_now()
            case "BootNotification" | "SignChargePointCertificate":
                ask.answer('{"status":"Rejected"}')
            case str(message):
                self._pass_on(ask, rule, message)
            case _:
                self._to_wallbox.forward(ask, rule)

    def _pass_on(self, ask: Ask, rule: Rule, message: str) -> None:
        text = ask.call.payload_text
        if message in _OF_CONNECTORS and not self._backend.connectors.alone:
            # Of a wallbox with several EVSEs it is told of its own connector only (R101, R102).
            text = with_connector(text, BACKEND_CONNECTOR)
        text = self._backend.connectors.to_wallbox(text, rule.connector)

        def sending() -> Heard:
            """What it triggers is its own, also where the manager asks at the same time."""
            self._note(message, text)
            return lambda _: self._note(message, text)

        self._to_wallbox.send(ask, rule, text, sending)

    def _note(self, message: str, text: str) -> None:
        link_id = self._backend.link_id
        if message == METER_VALUES:
            connector = read_scalar(text, CONNECTOR)
            named = connector if isinstance(connector, int) else None
            self._presence.backend_triggered(link_id, named)
        elif message in _NOTICES:
            self._presence.backend_triggered(link_id, None, message)
