"""What the gateway knows about cards when no backend answers."""

from collections.abc import Callable, Iterable

from wattgate.core.station.authorisation import (
    AuthorizationStatus,
    LocalKnowledge,
    TagInfo,
    decide,
    fold,
    read_tag_info,
)
from wattgate.ports.clock import Clock
from wattgate.ports.store import TagRecord


class CardKnowledge:
    """The site's cards, and what each backend link last said about a card (R52, R53)."""

    def __init__(self, clock: Clock, cards: Callable[[], frozenset[str]]) -> None:
        self._clock = clock
        self._cards = cards
        self._cached: dict[str, dict[str, TagInfo]] = {}

    @property
    def are_listed(self) -> bool:
        """Whether the site names any card: without one, who has no backend lets everybody in."""
        return bool(self._cards())

    def recover(self, tags: Iterable[TagRecord]) -> None:
        """Take over what was stored before a restart."""
        for tag in tags:
            self.heard(tag.link_id, tag.id_tag, tag.info_text)

    def heard(self, link_id: str, id_tag: str, info_text: str) -> None:
        """Remember what a backend said; what makes no sense is not remembered."""
        info = read_tag_info(info_text)
        if info is not None:
            self._cached.setdefault(link_id, {})[fold(id_tag)] = info

    def decide(self, link_id: str | None, id_tag: str) -> AuthorizationStatus:
        """Decide about a card at an EVSE billed over `link_id`, None without a backend."""
        knowledge = LocalKnowledge(
            cards=self._cards(),
            cached=self._cached.get(link_id, {}) if link_id is not None else {},
            has_backend=link_id is not None,
        )
        return decide(id_tag, knowledge, self._clock.wall())
