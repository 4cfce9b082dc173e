"""Payload text into typed values; what does not fit becomes the CALLERROR of R11."""

import re
from typing import Final, TypeVar

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.codes import ErrorCode

T = TypeVar("T")

CODES: Final[tuple[tuple[re.Pattern[str], ErrorCode], ...]] = (
    (re.compile(r"missing required field"), ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
    (re.compile(r"^Expected `array` of length"), ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
    (re.compile(r"^Expected `object`, got `\w+`$"), ErrorCode.FORMATION_VIOLATION),
    (re.compile(r"^Expected .*, got "), ErrorCode.TYPE_CONSTRAINT_VIOLATION),
)
"""What msgspec says about a payload, and the code for it; the first row that matches counts.

A wrong enum value, a string too long, a number out of range: everything that is in no row is a
PropertyConstraintViolation (OCPP-J 1.6 table 7, R11).
"""


def decode_payload(payload_text: str, kind: type[T], *, strict: bool = True) -> T:
    """Decode a payload; raises PeerError with the code of R11 for whatever does not fit.

    Not `strict`, a number may also come as text or with a fraction of 0.
    """
    try:
        return msgspec.json.decode(payload_text.encode(), type=kind, strict=strict)
    except msgspec.ValidationError as error:
        raise PeerError(str(error), code=_code_of(str(error))) from error
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise PeerError(
            f"payload is no JSON: {error}", code=ErrorCode.FORMATION_VIOLATION
        ) from error


def _code_of(complaint: str) -> ErrorCode:
    for pattern, code in CODES:
        if pattern.search(complaint):
            return code
    return ErrorCode.PROPERTY_CONSTRAINT_VIOLATION
