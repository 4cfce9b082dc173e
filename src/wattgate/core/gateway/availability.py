"""Who wants a connector out of service; it is, as long as one of them does (R86)."""

from collections.abc import Collection, Mapping
from typing import Annotated, Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload

OPERATIVE: Final = "Operative"
INOPERATIVE: Final = "Inoperative"

_Connector = Annotated[int, msgspec.Meta(ge=0)]


class Holds(msgspec.Struct, frozen=True):
    """Who holds one EVSE inoperative.

    `held`: by link, the connector that the wallbox was told of, 0 for the whole wallbox. `owed`:
    connectors that nobody holds any more, which the wallbox must still be told.
    """

    held: Mapping[str, _Connector] = msgspec.field(default_factory=dict)
    owed: frozenset[_Connector] = frozenset()

    def others(self, link_id: str, entitled: Collection[str]) -> frozenset[str]:
        """The links beside that one that hold it, of those that are entitled to."""
        return frozenset(each for each in self.held if each != link_id and each in entitled)

    def taken(self, link_id: str, connector: int) -> "Holds":
        """The wallbox has taken a connector out of service for that link."""
        return Holds({**self.held, link_id: connector}, self.owed - {connector})

    def freed(self, link_id: str, connector: int) -> "Holds":
        """The wallbox has put a connector back into service for that link."""
        return Holds(_without(self.held, link_id), self._owed_by(link_id) - {connector})

    def let_go(self, link_id: str) -> "Holds":
        """That link holds it no longer; the wallbox has not been told."""
        return Holds(_without(self.held, link_id), self._owed_by(link_id))

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

    def _owed_by(self, link_id: str) -> frozenset[int]:
        return self.owed | ({self.held[link_id]} if link_id in self.held else set())


def _without(held: Mapping[str, int], link_id: str) -> dict[str, int]:
    return {each: connector for each, connector in held.items() if each != link_id}


def holds_text(holds: Holds) -> str:
    """The holds as text, for the store."""
    return msgspec.json.encode(holds, order="sorted").decode()


def read_holds(text: str) -> Holds:
    """Read what `holds_text` wrote; nobody's for anything else."""
    try:
        return decode_payload(text, Holds)
    except PeerError:
        return Holds()
