"""Who wants a connector out of service; it is, as long as one of them does (R86)."""

from collections.abc import Collection, Mapping
from typing import Annotated, Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload

OPERATIVE: Final = "Operative"
INOPERATIVE: Final = "Inoperative"

_WHOLE: Final = 0
"""The connector that stands for the wallbox with all that it has."""

_Connector = Annotated[int, msgspec.Meta(ge=0)]
_NONE: Final[frozenset[int]] = frozenset()


class Holds(msgspec.Struct, frozen=True):
    """Who holds one EVSE inoperative.

    `held`: by link, the connectors that the wallbox was told of, 0 for the whole wallbox. `owed`:
    those that nobody holds any more, which the wallbox must still be told.
    """

    held: Mapping[str, frozenset[_Connector]] = msgspec.field(default_factory=dict)
    owed: frozenset[_Connector] = _NONE

    def others(self, link_id: str, entitled: Collection[str]) -> frozenset[str]:
        """The links beside that one that hold it, of those that are entitled to."""
        return frozenset(each for each in self.held if each != link_id and each in entitled)

    def taken(self, link_id: str, connector: int) -> "Holds":
        """The wallbox has taken a connector out of service for that link."""
        own = self.held.get(link_id, _NONE) | {connector}
        return Holds({**self.held, link_id: own}, self.owed - {connector})

    def freed(self, link_id: str, connector: int) -> "Holds":
        """The wallbox has put a connector back into service for that link.

        The whole wallbox with all its connectors (OCPP 1.6 §5.2).
        """
        return Holds(self._held_but(link_id, connector), self.owed - {connector})

    def let_go(self, link_id: str, connector: int = _WHOLE) -> "Holds":
        """That link holds it no longer; the wallbox has not been told."""
        left = self._held_but(link_id, connector)
        gone = self.held.get(link_id, _NONE) - left.get(link_id, _NONE)
        return Holds(left, self.owed | gone)

    def of(self, entitled: Collection[str]) -> "Holds":
        """What is left of it where only these may hold it."""
        left = self
        for link_id in self.held:
            left = left if link_id in entitled else left.let_go(link_id)
        return left

    def paid(self, connector: int) -> "Holds":
        """The wallbox was told that nobody holds a connector any more."""
        return Holds(self.held, self.owed - {connector})

    @property
    def due(self) -> int | None:
        """The connector that the wallbox is to be told of now; None for nothing to say."""
        return min(self.owed) if self.owed and not self.held else None

    def _held_but(self, link_id: str, connector: int) -> dict[str, frozenset[int]]:
        own = self.held.get(link_id, _NONE)
        left = _NONE if connector == _WHOLE else own - {connector}
        others = {each: held for each, held in self.held.items() if each != link_id}
        return {**others, link_id: left} if left else others


def holds_text(holds: Holds) -> str:
    """The holds as text, for the store."""
    return msgspec.json.encode(holds, order="sorted").decode()


def read_holds(text: str) -> Holds:
    """Read what `holds_text` wrote; nobody's for anything else."""
    try:
        return decode_payload(text, Holds)
    except PeerError:
        return Holds()
