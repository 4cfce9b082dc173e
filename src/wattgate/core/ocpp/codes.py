"""The CALLERROR codes of OCPP-J 1.6 (table 7), as they are spelled on the wire (R10)."""

from enum import StrEnum
from typing import Final


class ErrorCode(StrEnum):
    """What a CALLERROR may say; misspelled where the specification is (errata sheet 5.1, 5.2)."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"


_SPELLINGS_OF_2X: Final = {
    "FormatViolation": ErrorCode.FORMATION_VIOLATION,
    "OccurrenceConstraintViolation": ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
    "MessageTypeNotSupported": ErrorCode.NOT_SUPPORTED,
    "RpcFrameworkError": ErrorCode.PROTOCOL_ERROR,
}


def read_code(spelling: str) -> ErrorCode | None:
    """What a peer means by a code, in the spelling of 1.6 or of 2.x; None for any other word.

    For interpreting only: a relayed CALLERROR keeps the spelling of its sender (R10).
    """
    try:
        return ErrorCode(spelling)
    except ValueError:
        return _SPELLINGS_OF_2X.get(spelling)
