"""OCPP-J frames (OCPP-J 1.6 §4.2): the three message types, payload text kept verbatim."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    `payload_text` is the payload exactly as received, so that signed meter data can be
    forwarded without re-encoding (R17).
    """

    unique_id: str
    action: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a request; `payload_text` exactly as received."""

    unique_id: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class CallError:
    """The refusal of a request; `code` as spelled by the peer (R10)."""

    unique_id: str
    code: str
    description: str
    details_text: str = "{}"


Frame = Call | CallResult | CallError
