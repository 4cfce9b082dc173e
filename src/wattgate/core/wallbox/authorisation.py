"""Which cards the wallbox accepts by itself: local list and cache (OCPP 1.6 §3.5, R52)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ACCEPTED: Final = "Accepted"

MAX_CACHED: Final = 1000
"""Cards in the cache; the one that was asked about longest ago goes first."""


@dataclass(frozen=True, slots=True)
class TagInfo:
    """An idTagInfo; `expires_at` None never expires."""

    status: str
    expires_at: datetime | None = None

    def status_at(self, at: datetime) -> str:
        """The status, unless it was Accepted and has expired."""
        expired = self.expires_at is not None and at >= self.expires_at
        return "Expired" if expired and self.status == ACCEPTED else self.status


class Authorisation:
    """Local list and cache; a card's text is compared without regard to case (R54)."""

    def __init__(self) -> None:
        self._cache: dict[str, TagInfo] = {}
        self._list: dict[str, TagInfo] = {}
        self.list_version = 0
        """Version of the local list; 0 while it is empty (R55)."""

    @property
    def cache(self) -> dict[str, TagInfo]:
        """The cache, to be kept."""
        return self._cache

    @property
    def local_list(self) -> dict[str, TagInfo]:
        """The local list, to be kept; each change makes another one."""
        return self._list

    def restore(
        self, cache: Mapping[str, TagInfo], local_list: Mapping[str, TagInfo], version: int
    ) -> None:
        """Take up what was kept."""
        self._cache, self._list = dict(cache), dict(local_list)
        self.list_version = version

    def remember(self, id_tag: str, info: TagInfo) -> None:
        """Keep what the central system said about a card in the cache."""
        key = id_tag.casefold()
        self._cache.pop(key, None)
        self._cache[key] = info
        if len(self._cache) > MAX_CACHED:
            del self._cache[next(iter(self._cache))]

    def forget(self) -> None:
        """Empty the cache."""
        self._cache.clear()

    def known_status(
        self, id_tag: str, at: datetime, *, use_list: bool, use_cache: bool
    ) -> str | None:
        """What list, else cache say about a card at a time; None where neither knows it."""
        key = id_tag.casefold()
        info = self._list.get(key) if use_list else None
        if info is None and use_cache:
            info = self._cache.get(key)
        return None if info is None else info.status_at(at)

    def length_after(self, entries: Iterable[str], *, full: bool) -> int:
        """How long the list would be at most after such an update."""
        return len({key.casefold() for key in entries} | (set() if full else set(self._list)))

    def update_list(
        self, version: int, entries: Mapping[str, TagInfo | None], *, full: bool
    ) -> None:
        """Replace the list, or change the entries given; an entry without info goes."""
        kept = {} if full else self._list
        changed = {id_tag.casefold(): info for id_tag, info in entries.items()}
        self._list = {key: info for key, info in {**kept, **changed}.items() if info is not None}
        self.list_version = version
