"""What we say ourselves where a backend triggers it, without asking the wallbox.

All that it gets before it has accepted us (OCPP 1.6 §4.2, R41), and what one that only listens can
have of what we know (R106).
"""

from typing import Final

from wattgate.core.gateway.link.link_status import LinkPhase
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.link.backend_link import BackendLink

TRIGGERS: Final = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})

_KNOWN: Final = frozenset({"Heartbeat", "StatusNotification"})
_OWN: Final = _KNOWN | {"BootNotification"}

_ACCEPTED: Final = '{"status":"Accepted"}'
_REJECTED: Final = '{"status":"Rejected"}'


def trigger_early(link: BackendLink, ask: Ask) -> None:
    """Answer a trigger, then send what it asks for: of all we say, only this is let through.

    What only the wallbox can say would come through the queue, which waits for the acceptance.
    """
    message = read_scalar(ask.call.payload_text, ("requestedMessage",))
    if link.status.phase is not LinkPhase.PENDING or message not in _OWN:
        ask.answer(_REJECTED)
        return
    _say(link, ask, message)


def trigger_here(link: BackendLink, ask: Ask) -> bool:
    """Answer a trigger of what we know ourselves; False: only the wallbox can say it."""
    message = read_scalar(ask.call.payload_text, ("requestedMessage",))
    if ask.call.action not in TRIGGERS or message not in _KNOWN:
        return False
    _say(link, ask, message)
    return True


def _say(link: BackendLink, ask: Ask, message: object) -> None:
    ask.answer(_ACCEPTED)
    match message:
        case "BootNotification":
            link.boot_now()
        case "Heartbeat":
            link.heartbeat_now()
        case _:
            link.report_now(read_scalar(ask.call.payload_text, ("connectorId",)))
