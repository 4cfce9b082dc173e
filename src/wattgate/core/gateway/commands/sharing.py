"""Whom a backend's command is for where several EVSEs share its login, as a table.

The EVSEs may be those of one wallbox or of several.

The backend sees one charge point with a connector per EVSE. A command that names a connector is for
the EVSE that has this number; the table says what becomes of the others. To treat a command
differently, change its row; docs/reference/policy.md is generated from here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.gateway.commands.cost_messages import cost_transaction
from wattgate.core.gateway.commands.shared_answers import Combining
from wattgate.core.gateway.configuration.config_keys import Treatment, rule_of
from wattgate.core.gateway.configuration.config_overlay import named_keys
from wattgate.core.gateway.policy import CONNECTOR, POLICY
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.splice import read_scalar, remove_member, replace_scalar


class Whom(StrEnum):
    """Who carries a command out."""

    ALL = "all"
    """Every EVSE; their answers become one."""
    WALLBOXES = "all wallboxes"
    """Every wallbox, and each once; their answers become one."""
    PRESENT = "all wallboxes that are here"
    """Every wallbox that is connected, and each once: the others have nothing to begin anew or to
    forget."""
    FIRST = "first"
    """The one with the lowest number whose wallbox is connected, for all of them."""
    FREE = "a free one"
    """One that may begin to charge; rather one whose car is plugged in."""
    TRANSACTION = "the transaction's"
    """The one whose transaction it names."""
    NOBODY = "nobody"
    """It is rejected, unless the EVSE is the only one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a payload is for, and how that is said to people."""

    words: str
    of: Callable[[str], Whom]


def _always(whom: Whom) -> Choice:
    return Choice(whom.value, lambda _: whom)


_ALL, _FIRST, _FREE = _always(Whom.ALL), _always(Whom.FIRST), _always(Whom.FREE)
_PRESENT, _WALLBOXES = _always(Whom.PRESENT), _always(Whom.WALLBOXES)


@dataclass(frozen=True, slots=True)
class Sharing:
    """One row: whom the command is for where it names no connector, and where it names 0.

    `combining` says how the answers become one. `unknown` is what is answered about a connector
    that does not exist, None: a CALLERROR.
    """

    action: str
    unnamed: Choice = _FIRST
    whole: Choice = _FIRST
    combining: Combining = Combining.WORST
    unknown: str | None = None


def _by_message(payload_text: str) -> Whom:
    """The gateway itself sends heartbeat and boot, a wallbox what it alone can know."""
    message = read_scalar(payload_text, ("requestedMessage",))
    return Whom.ALL if message in ("MeterValues", "StatusNotification") else Whom.FIRST


def _by_key(payload_text: str) -> Whom:
    """The keys of the login are changed once; the wallboxes hear of the others."""
    keys = named_keys(payload_text)
    is_of_link = len(keys) == 1 and rule_of(keys[0]).treatment is Treatment.LINK
    return Whom.FIRST if is_of_link else Whom.WALLBOXES


def _by_purpose(payload_text: str) -> Whom:
    """A limit on the sum of all: nobody could promise it while load management only observes."""
    purpose = read_scalar(payload_text, ("csChargingProfiles", "chargingProfilePurpose"))
    return _PURPOSES.get(str(purpose), Whom.FIRST)


def _by_costs(payload_text: str) -> Whom:
    return Whom.FIRST if cost_transaction(payload_text) is None else Whom.TRANSACTION


_PURPOSES: Final = {"TxDefaultProfile": Whom.ALL, "ChargePointMaxProfile": Whom.NOBODY}
_TRIGGERED: Final = Choice("StatusNotification, MeterValues: all; else first", _by_message)
_NOT_SUPPORTED: Final = '{"status":"NotSupported"}'
_REJECTED: Final = '{"status":"Rejected"}'

_ROWS: Final = (
    Sharing("CancelReservation", _WALLBOXES, combining=Combining.BEST),
    Sharing("ChangeAvailability", whole=_ALL),
    Sharing("ChangeConfiguration", Choice("all wallboxes; keys of the login: first", _by_key)),
    Sharing("ClearCache", _PRESENT),
    Sharing("ClearChargingProfile", _ALL, _ALL, Combining.ANY),
    Sharing("DataTransfer", Choice("first; mapped costs: the transaction's", _by_costs)),
    Sharing("GetCompositeSchedule", _FIRST, _ALL, Combining.SUM, unknown=_REJECTED),
    Sharing("GetConfiguration"),
    Sharing("GetDiagnostics"),
    Sharing("GetLocalListVersion", _PRESENT, combining=Combining.COMMON),
    Sharing("RemoteStartTransaction", _FREE, _FREE),
    Sharing("RemoteStopTransaction", _always(Whom.TRANSACTION)),
    Sharing("ReserveNow", whole=_FREE),
    Sharing("Reset", _PRESENT),
    Sharing("SendLocalList", _WALLBOXES),
    Sharing(
        "SetChargingProfile",
        whole=Choice("TxDefaultProfile: all; ChargePointMaxProfile: nobody", _by_purpose),
    ),
    Sharing("TriggerMessage", _TRIGGERED, combining=Combining.BEST),
    Sharing("UnlockConnector", unknown=_NOT_SUPPORTED),
    Sharing("UpdateFirmware"),
    Sharing("CertificateSigned"),
    Sharing("DeleteCertificate"),
    Sharing("ExtendedTriggerMessage", _TRIGGERED, combining=Combining.BEST),
    Sharing("GetInstalledCertificateIds"),
    Sharing("GetLog"),
    Sharing("InstallCertificate"),
    Sharing("SignedUpdateFirmware"),
)

SHARING: Final[dict[str, Sharing]] = {row.action: row for row in _ROWS}
"""The table, by action."""

_OTHER: Final = Sharing("")
"""What nobody knows is refused once."""


def sharing_of(action: str) -> Sharing:
    """The row of a command; one of its own for what is no command."""
    return SHARING.get(action, _OTHER)


class UnknownConnectorError(PeerError):
    """A backend names a connector that it does not have (R101)."""

    def __init__(self, asked: object, numbers: Collection[int]) -> None:
        known = ", ".join(map(str, sorted(numbers)))
        super().__init__(
            f"connector {asked!r} does not exist; there is {known}",
            code=ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        )


def addressee(action: str, payload_text: str, numbers: Collection[int]) -> int | Whom:
    """Whom a command is for: the EVSE of that number, of `numbers`, or who the row says.

    Raises UnknownConnectorError (R101).
    """
    row, path = sharing_of(action), _connector_path(action, payload_text)
    asked = read_scalar(payload_text, path) if path is not None else None
    if asked is None:
        return row.unnamed.of(payload_text)
    if isinstance(asked, bool) or not isinstance(asked, int) or asked not in (0, *numbers):
        raise UnknownConnectorError(asked, numbers)
    return asked or row.whole.of(payload_text)


def for_one(action: str, payload_text: str) -> str:
    """The payload as an EVSE reads it that is its backend's connector 1, or is meant as 0."""
    path = _connector_path(action, payload_text)
    if path is None:
        # A profile's id says all, and a number next to it might be nobody's (16E 3.25).
        return (
            remove_member(payload_text, *CONNECTOR)
            if _names_profile(action, payload_text)
            else payload_text
        )
    asked = read_scalar(payload_text, path)
    if asked in (None, 0):
        return payload_text
    return replace_scalar(payload_text, path, "1")


def _connector_path(action: str, payload_text: str) -> tuple[str, ...] | None:
    rule = POLICY.get(action)
    if rule is None or _names_profile(action, payload_text):
        return None
    return rule.connector


def _names_profile(action: str, payload_text: str) -> bool:
    """With a profile's id nothing else is looked at (R98)."""
    if action != "ClearChargingProfile":
        return False
    return read_scalar(payload_text, ("id",)) is not None
