"""What a backend may have us send before it has accepted us (OCPP 1.6 §4.2, R41)."""

from typing import Final

from wattgate.core.gateway.link_status import LinkPhase
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.backend_link import BackendLink

TRIGGERS: Final = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})

_ACCEPTED: Final = '{"status":"Accepted"}'
_REJECTED: Final = '{"status":"Rejected"}'


def trigger_early(link: BackendLink, ask: Ask) -> None:
    """Answer a trigger, then send what it asks for: of all we say, only this is let through.

    What only the wallbox can say would come through the queue, which waits for the acceptance.
    """
    text = ask.call.payload_text
    message = read_scalar(text, ("requestedMessage",))
    if link.status.phase is not LinkPhase.PENDING or message not in _OWN:
        ask.answer(_REJECTED)
        return
    ask.answer(_ACCEPTED)
    match message:
        case "BootNotification":
            link.boot_now()
        case "Heartbeat":
            link.heartbeat_now()
        case _:
            link.report_now(read_scalar(text, ("connectorId",)))


_OWN: Final = frozenset({"BootNotification", "Heartbeat", "StatusNotification"})
