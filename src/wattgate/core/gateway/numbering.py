"""Which connector number each EVSE has at a backend that several share: for ever.

A backend bills by these numbers, so none is ever given to another EVSE, nor changed.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload

_Number = Annotated[int, msgspec.Meta(ge=1)]


class Numbering(msgspec.Struct, frozen=True):
    """The numbers at one backend, by EVSE id, also of EVSEs that the site has no more.

    `founder` is the EVSE after which the link, its queue and its certificates are called.
    """

    founder: str
    numbers: Mapping[str, _Number]

    @property
    def highest(self) -> int:
        """The highest number that was ever given."""
        return max(self.numbers.values(), default=0)


def numbered(known: Numbering | None, evse_ids: Iterable[str]) -> Numbering:
    """Give those that have none the next numbers, in this order; there is one EVSE at least."""
    ids = tuple(evse_ids)
    before = known or Numbering(ids[0], {})
    new = [each for each in dict.fromkeys(ids) if each not in before.numbers]
    if not new:
        return before
    given = {each: number for number, each in enumerate(new, before.highest + 1)}
    return Numbering(before.founder, {**before.numbers, **given})


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
