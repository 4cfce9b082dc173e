"""The transaction id in cost messages, the one known case of an id in a DataTransfer (R118).

Source: California Pricing Requirements of the Open Charge Alliance for OCPP 1.6: vendor id
`org.openchargealliance.costmsg`; `data` is a JSON text with `transactionId`. Only its digits are
replaced, every other character stays.
"""

import re
from typing import Final

import msgspec

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.splice import may_say, read_scalar, replace_scalar

VENDOR: Final = "org.openchargealliance.costmsg"

_INNER: Final = ("data", "transactionId")
_IN_TEXT: Final = re.compile(r'(\\"transactionId\\"\s*:\s*(?:\\")?)(-?[0-9]{1,18})(?=[^0-9.eE])')
"""The id within the escaped text; escaped otherwise than usual, it is not found."""


class _Data(msgspec.Struct):
    data: msgspec.Raw


def cost_transaction(payload_text: str) -> int | None:
    """The transaction that a cost message is about; None for any other DataTransfer."""
    if not may_say(payload_text, VENDOR):
        return None
    if str(read_scalar(payload_text, ("vendorId",))).casefold() != VENDOR:
        return None
    number = read_scalar(payload_text, _INNER)
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    literal = _literal(payload_text)
    found = _IN_TEXT.findall(literal)
    return int(found[0][1]) if len(found) == 1 else None


def with_cost_transaction(payload_text: str, transaction_id: int) -> str:
    """A cost message about another transaction; a LocalUsageError for any other payload."""
    if cost_transaction(payload_text) is None:
        raise LocalUsageError("the payload is no cost message about a transaction")
    if read_scalar(payload_text, _INNER) is not None:
        return replace_scalar(payload_text, _INNER, str(transaction_id))
    literal = _IN_TEXT.sub(rf"\g<1>{transaction_id}", _literal(payload_text))
    return replace_scalar(payload_text, ("data",), literal)


def _literal(payload_text: str) -> str:
    """`data` as it is written, with its quotes and escapes; empty where it is no text."""
    if not isinstance(read_scalar(payload_text, ("data",)), str):
        return ""
    return bytes(msgspec.json.decode(payload_text, type=_Data).data).decode()
