"""Which cards the test backend knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

TagStatus = Literal["Accepted", "Blocked", "Invalid"]
"""The AuthorizationStatus values that this backend gives (OCPP 1.6 §7.2)."""


@dataclass(frozen=True, slots=True)
class Tags:
    """A card list; idTags compare without regard to case (R54).

    `accept_all` answers Accepted for cards that are not listed, otherwise they are Invalid.
    """

    accept_all: bool = True
    listed: Mapping[str, TagStatus] = field(default_factory=dict)

    def status(self, id_tag: str) -> TagStatus:
        """What an idTagInfo says about this card."""
        return self.listed.get(id_tag.casefold(), "Accepted" if self.accept_all else "Invalid")

    def listing(self, id_tag: str, status: TagStatus) -> "Tags":
        """The same list with this card on it, under a status of its own."""
        return replace(self, listed={**self.listed, id_tag.casefold(): status})

    def without(self, id_tag: str) -> "Tags":
        """The same list without this card; one that was not listed is fine."""
        gone = id_tag.casefold()
        return replace(self, listed={tag: s for tag, s in self.listed.items() if tag != gone})
