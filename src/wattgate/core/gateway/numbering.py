"""Which connector number each EVSE has at a backend that several share: for ever.

A backend bills by these numbers: each stands for one connector in the real world, and none is
ever changed. An EVSE that takes the place of another there, since it was given another id, takes
over its number.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload

_Number = Annotated[int, msgspec.Meta(ge=1)]


@dataclass(frozen=True, slots=True)
class Guest:
    """An EVSE at a backend: its id, and its connector in the real world."""

    evse_id: str
    point: str


class Numbering(msgspec.Struct, frozen=True):
    """The numbers at one backend, by EVSE id, also of EVSEs that the site has no more.

    `founder` is the EVSE after which the link, its queue and its certificates are called. `points`
    is where each EVSE stood last; empty in what was stored before EVSEs of OCPP wallboxes could
    share a login.
    """

    founder: str
    numbers: Mapping[str, _Number]
    points: Mapping[str, str] = {}

    @property
    def highest(self) -> int:
        """The highest number that was ever given."""
        return max(self.numbers.values(), default=0)


def numbered(
    known: Numbering | None, guests: Iterable[Guest], served: Collection[str]
) -> Numbering:
    """Give those that have none a number, in this order; there is one guest at least.

    It is that of an EVSE which stood at the same point and is not `served` (by the ids of the whole
    site) any more; else the next one.
    """
    here = tuple(guests)
    before = known or Numbering(here[0].evse_id, {})
    numbers, points = dict(before.numbers), dict(before.points)
    present = {*served, *(each.evse_id for each in here)}
    gone = {points[each]: each for each in numbers if each in points and each not in present}
    for each in here:
        if each.evse_id not in numbers:
            former = gone.pop(each.point, None)
            if former is None:
                numbers[each.evse_id] = max(numbers.values(), default=0) + 1
            else:
                numbers[each.evse_id] = numbers.pop(former)
                del points[former]
        points[each.evse_id] = each.point
    return Numbering(before.founder, numbers, points)


def numbering_text(numbering: Numbering) -> str:
    """A numbering as text, for the store."""
    return msgspec.json.encode(numbering).decode()


def read_numbering(text: str) -> Numbering | None:
    """Read what `numbering_text` wrote; None for anything else, or where two have one number."""
    try:
        read = decode_payload(text, Numbering)
    except PeerError:
        return None
    return read if len(set(read.numbers.values())) == len(read.numbers) else None
