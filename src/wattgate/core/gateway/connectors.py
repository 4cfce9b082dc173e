"""What an EVSE's connector is called by its wallbox, and by its backend (R101, R102).

To its commands an EVSE is its backend's connector 1. Where several EVSEs share one backend it knows
each by a number of its own: its commands are renumbered before they get to the EVSE
(`runtime/gateway/commands/shared_commands`), what the wallbox says is renumbered here.
"""

from dataclasses import dataclass
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.gateway.policy import CONNECTOR, Path
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.splice import read_scalar, remove_member, replace_scalar

BACKEND_CONNECTOR: Final = 1
"""The number of the connector in a command that has come to its EVSE."""

_MUST_NAME_ONE: Final = frozenset(
    {"ChangeAvailability", "GetCompositeSchedule", "ReserveNow", "SetChargingProfile"}
)


@dataclass(frozen=True, slots=True)
class ConnectorMap:
    """The number of one EVSE's connector on both sides.

    `number` is the wallbox's. `alone` tells that the wallbox has no other EVSE, so that connector 0
    (the whole wallbox) means the same on both sides. `at_backend` is the number in what the backend
    hears: 1, unless others share its login.
    """

    number: int
    alone: bool = True
    at_backend: int = BACKEND_CONNECTOR

    def to_backend(self, payload_text: str, path: Path | None) -> str:
        """Rewrite the wallbox's number for the backend; other numbers stay as they are."""
        if path is None or self.number == self.at_backend:
            return payload_text
        if str(read_scalar(payload_text, path)) != str(self.number):  # some put it in quotes
            return payload_text
        return replace_scalar(payload_text, path, str(self.at_backend))

    def require_named(self, action: str, payload_text: str) -> None:
        """On a wallbox with other EVSEs, refuse a command that must name a connector and does not.

        Some wallboxes take that for all of their connectors. Raises PeerError.
        """
        is_open = read_scalar(payload_text, CONNECTOR) is None
        if action in _MUST_NAME_ONE and is_open and not self.alone:
            code = ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION
            raise PeerError("connectorId is missing", code=code)

    def to_wallbox(self, payload_text: str, path: Path | None) -> str:
        """Rewrite the backend's number for the wallbox; an absent one stays absent.

        Raises:
            PeerError: the backend names a connector that it does not have (R101).
        """
        if path is None:
            return payload_text
        asked = read_scalar(payload_text, path)
        if asked is None:
            return payload_text
        if asked not in (0, BACKEND_CONNECTOR) or isinstance(asked, bool):
            msg = f"connector {asked!r} does not exist; there is connector {BACKEND_CONNECTOR}"
            raise PeerError(msg, code="PropertyConstraintViolation")
        number = 0 if asked == 0 and self.alone else self.number
        if number == asked:
            return payload_text
        return replace_scalar(payload_text, path, str(number))


def with_connector(payload_text: str, number: int) -> str:
    """Name the connector where the sender left it open (RemoteStart without connector, R101).

    A null or no scalar at all counts as open, and is replaced.
    """
    if read_scalar(payload_text, CONNECTOR) is not None:
        return payload_text
    rest = remove_member(payload_text, "connectorId").lstrip()[1:]
    comma = "" if rest.lstrip().startswith("}") else ","
    return f'{{"connectorId":{number}{comma}{rest}'
