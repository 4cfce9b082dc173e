"""What a backend's answers say, as far as the gateway looks into them."""

import asyncio
from typing import Final, TypeGuard

import msgspec

from wattgate.core.ocpp.splice import Scalar, read_scalar, remove_member, replace_scalar
from wattgate.core.station.authorisation import AuthorizationStatus

_TRANSACTION: Final = ("transactionId",)


async def in_time(answer: asyncio.Future[str], at_most_s: float) -> str | None:
    """What a backend answers within that many seconds; None when it does not."""
    await asyncio.wait((answer,), timeout=at_most_s)
    return answer.result() if answer.done() and not answer.cancelled() else None


def is_transaction_id(number: Scalar) -> TypeGuard[int]:
    """Whether it is an integer of at most 64 bits, which is what a store can keep."""
    return isinstance(number, int) and not isinstance(number, bool) and -(2**63) <= number < 2**63


_REFUSALS: Final = frozenset(AuthorizationStatus) - {AuthorizationStatus.ACCEPTED}


def settles_start(answer_text: str) -> bool:
    """Whether an answer to StartTransaction ends the matter: with an id, or with a clear no."""
    if is_transaction_id(read_scalar(answer_text, _TRANSACTION)):
        return True
    return refusal(answer_text) is not None


def refusal(answer_text: str) -> AuthorizationStatus | None:
    """The verdict by which an answer refuses the card; None where it does not."""
    status = read_scalar(answer_text, ("idTagInfo", "status"))
    return AuthorizationStatus(status) if status in _REFUSALS else None


def under_our_id(answer_text: str, transaction_id: int) -> str:
    """The backend's answer to StartTransaction with our id, added where a refusal has none."""
    if read_scalar(answer_text, _TRANSACTION) is not None:
        return replace_scalar(answer_text, _TRANSACTION, str(transaction_id))
    rest = remove_member(answer_text, "transactionId").lstrip()[1:]  # null, or an object
    return f'{{"transactionId":{transaction_id},{rest}'


class _TagInfoHolder(msgspec.Struct):
    info: msgspec.Raw = msgspec.field(name="idTagInfo")


_info_decoder: Final = msgspec.json.Decoder(_TagInfoHolder)


def tag_info_text(answer_text: str) -> str | None:
    """What an answer says about a card for later: its idTagInfo, verbatim.

    None where it has none, or one that speaks of the moment and not of the card (ConcurrentTx).
    """
    if read_scalar(answer_text, ("idTagInfo", "status")) == AuthorizationStatus.CONCURRENT_TX:
        return None
    try:
        return bytes(_info_decoder.decode(answer_text).info).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def tag_of(payload_text: str) -> str | None:
    """The card that a message names; None where it names none."""
    tag = read_scalar(payload_text, ("idTag",))
    return tag if isinstance(tag, str) else None
