"""What the gateway knows about cards when no backend answers."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from wattgate.core.gateway.local_list import LocalList, list_text, read_list
from wattgate.core.station.authorisation import (
    AuthorizationStatus,
    CardRules,
    LastWord,
    LocalKnowledge,
    Place,
    decide,
    fold,
    is_open_to_all,
    read_tag_info,
)
from wattgate.ports.clock import Clock
from wattgate.ports.store import NoteRecord, TagRecord

_LISTS: Final = "local list"
"""Scope of the notes that keep the mirrored lists; their names are those of the links."""


class CardKnowledge:
    """The site's cards, and what each backend link said about cards (R52, R53)."""

    def __init__(self, clock: Clock, rules: Callable[[], CardRules]) -> None:
        self._clock = clock
        self._rules = rules
        self._words: dict[str, dict[str, LastWord]] = {}
        self._lists: dict[str, LocalList] = {}

    @property
    def are_listed(self) -> bool:
        """Whether the site names any card: without one, who has no backend lets everybody in."""
        return bool(self._rules().cards)

    def recover(self, tags: Iterable[TagRecord], notes: Iterable[NoteRecord] = ()) -> None:
        """Take over what was stored before a restart."""
        for tag in tags:
            self._remember(tag.link_id, tag.id_tag, tag.info_text, tag.seen_at)
        for note in notes:
            mirrored = read_list(note.text) if note.scope == _LISTS else None
            if mirrored is not None:
                self._lists[note.name] = mirrored

    def heard(self, link_id: str, id_tag: str, info_text: str) -> None:
        """Remember what a backend says; what makes no sense is not remembered."""
        self._remember(link_id, id_tag, info_text, self._clock.wall())

    def _remember(self, link_id: str, id_tag: str, info_text: str, said_at: datetime) -> None:
        info = read_tag_info(info_text)
        if info is not None:
            self._words.setdefault(link_id, {})[fold(id_tag)] = LastWord(info, said_at)

    def forget(self, link_id: str) -> None:
        """Forget what a backend said; its local list stays (ClearCache, R55)."""
        self._words.pop(link_id, None)

    def list_of(self, link_id: str) -> LocalList:
        """The local list of a backend, as far as it was seen."""
        return self._lists.get(link_id, LocalList())

    def set_list(self, link_id: str, mirrored: LocalList) -> None:
        """Take over a backend's local list as its wallbox has it now."""
        self._lists[link_id] = mirrored

    def note_of_list(self, link_id: str, kept: LocalList) -> NoteRecord:
        """The local list of a backend as the store is to keep it."""
        return NoteRecord(_LISTS, link_id, list_text(kept))

    def decide(self, place: Place, id_tag: str) -> AuthorizationStatus:
        """Decide about a card that is shown there."""
        words: dict[str, LastWord] = {}
        listed = None
        if place.link_id is not None:
            words = self._words.get(place.link_id, words)
            listed = self.list_of(place.link_id).entry(id_tag) if place.uses_list else None
        knowledge = LocalKnowledge(self._rules(), place, listed, words.get(fold(id_tag)))
        return decide(id_tag, knowledge, self._clock.wall())

    def is_open_to_all(self, place: Place) -> bool:
        """Whether anybody may charge there."""
        return is_open_to_all(self._rules(), place)
