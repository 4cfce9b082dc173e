"""What a charger owes when the backend refuses a card after the start (OCPP 1.6 §3.5.4, R65).

The wallbox was told that the card may charge, so the gateway carries out the wallbox's duty, as the
wallbox's own configuration says.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.splice import read_scalar, replace_scalar
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.core.station.transactions import TransactionRecord

_STOPS: Final = "StopTransactionOnInvalidId"
_ENERGY: Final = "MaxEnergyOnInvalidId"

ASKED: Final = f'{{"key":["{_STOPS}","{_ENERGY}"]}}'
"""The GetConfiguration payload whose answer `read_duty` reads."""

_REASON: Final = ("reason",)


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be done: end the transaction (`stops`), or else let no more energy flow.

    `energy_wh` may be drawn before that, counted from the start of the transaction; 0 is none. The
    defaults are those of OCPP 1.6 §9.1 for a wallbox that does not say.
    """

    stops: bool = True
    energy_wh: int = 0

    def is_due(self, drawn_wh: float | None) -> bool:
        """Whether it is time, with so much drawn; None: nobody knows how much."""
        return self.energy_wh == 0 or (drawn_wh is not None and drawn_wh >= self.energy_wh)


class _Key(msgspec.Struct):
    key: str
    value: str | None = None


class _Configuration(msgspec.Struct):
    keys: list[_Key] = msgspec.field(name="configurationKey", default_factory=list)


def read_duty(payload_text: str) -> Duty:
    """Read the answer to GetConfiguration; nonsense counts as silence."""
    try:
        keys = decode_payload(payload_text, _Configuration).keys
    except PeerError:
        return Duty()
    values = {key.key.casefold(): (key.value or "").strip().casefold() for key in keys}
    return Duty(values.get(_STOPS.casefold()) != "false", _energy(values.get(_ENERGY.casefold())))


def _energy(text: str | None) -> int:
    try:
        return max(0, int(text or ""))
    except ValueError:
        return 0


def is_rejected_late(record: TransactionRecord) -> bool:
    """Whether the wallbox was told that the card may charge, and the backend refused it."""
    if record.late_verdict is None or record.answer_text is None:
        return False
    told = read_scalar(record.answer_text, ("idTagInfo", "status"))
    return told == AuthorizationStatus.ACCEPTED


def stop_for_backend(
    payload_text: str, record: TransactionRecord, reset_reason: str | None = None
) -> str:
    """The StopTransaction of a record as its backend gets it.

    Where the gateway ended the session by RemoteStop, the backend hears why: it has refused the
    card after the start, or has reset its charge point, to which `reset_reason` belongs (R103).
    """
    reason = "DeAuthorized" if is_rejected_late(record) else reset_reason
    if reason is None or read_scalar(payload_text, _REASON) != "Remote":
        return payload_text
    return replace_scalar(payload_text, _REASON, f'"{reason}"')
