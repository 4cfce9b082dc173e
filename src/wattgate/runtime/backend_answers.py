"""What a backend's answers say, as far as the gateway looks into them."""

import asyncio
from typing import Final, TypeGuard

import msgspec

from wattgate.core.ocpp.splice import Scalar, read_scalar
from wattgate.core.station.authorisation import AuthorizationStatus


async def in_time(answer: asyncio.Future[str], at_most_s: float) -> str | None:
    """What a backend answers within that many seconds; None when it does not."""
    await asyncio.wait((answer,), timeout=at_most_s)
    return answer.result() if answer.done() and not answer.cancelled() else None


def is_transaction_id(number: Scalar) -> TypeGuard[int]:
    """Whether it is an integer of at most 64 bits, which is what a store can keep."""
    return isinstance(number, int) and not isinstance(number, bool) and -(2**63) <= number < 2**63


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
