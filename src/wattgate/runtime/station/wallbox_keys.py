"""The keys that we make for wallboxes: which open the door, and what of them is stored."""

from collections.abc import Callable, Iterable
from typing import Final

import structlog

from wattgate.core.security.passwords import PasswordKey
from wattgate.core.site.model import Site
from wattgate.core.station.wallbox_key import (
    NO_KEY,
    Answer,
    KeyStep,
    WallboxKey,
    answered,
    came_with,
    came_with_present,
    offered,
    read,
    restarted_with_present,
    stayed_away,
    write,
)
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.peer import Tools
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

_NAME: Final = "key"

BY_CERTIFICATE: Final = 3
"""The OCPP security profile in which a client certificate tells who it is (R32)."""


class WallboxKeys:
    """What each wallbox of the site has to prove, by ChargeBox ID.

    A new key is stored before anybody is told of it; what follows is stored after it has happened,
    and found out again by the next connection where a kill came in between.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        password_key: PasswordKey,
        store: Store,
        tools: Tools,
        tasks: Supervisor,
    ) -> None:
        self.password_key = password_key
        self._site = site
        self._store = store
        self._tools = tools
        self._tasks = tasks
        self._keys: dict[str, WallboxKey] = {}
        self._by_next: dict[str, str] = {}

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Go on with what was stored; keys of wallboxes whose password was changed are void."""
        kept = {note.scope: note.text for note in notes if note.name == _NAME}
        for station_id in self._site().station_ids():
            self._keys[station_id] = read(kept.get(_scope(station_id)), self._own(station_id))

    def of(self, station_id: str) -> WallboxKey:
        """What is known of the keys of a wallbox."""
        return self._keys.get(station_id, NO_KEY)

    def required(self, station_id: str) -> str:
        """The password that a wallbox needs, as it is kept; empty where it needs none.

        Whoever has to show a certificate need not know the password common to all.
        """
        own = self.of(station_id).present or self._own(station_id)
        site = self._site()
        if site.wallbox(station_id).security_profile >= BY_CERTIFICATE:
            return own
        return own or site.ocpp_server.password

    def given(self) -> frozenset[str]:
        """The ChargeBox IDs of those that have come with a key of ours."""
        return frozenset(name for name, key in self._keys.items() if key.present)

    def lost(self) -> tuple[str, ...]:
        """Whose key was kept under another password key, as the site file names them."""
        return tuple(
            f'wallbox "{name}"'
            for name, key in self._keys.items()
            if key.present and not self.password_key.made(key.present)
        )

    def came(self, station_id: str, by_next: str) -> None:
        """A wallbox has come in: with this one of its next keys, or with what it had before."""
        self._by_next[station_id] = by_next
        if by_next:
            self._change_later(station_id, lambda key: came_with(key, by_next))
        else:
            self._change_later(station_id, came_with_present)

    def booted(self, station_id: str) -> None:
        """A wallbox has told of a start, on the connection that it has come in with."""
        if not self._by_next.get(station_id):
            self._change_later(station_id, restarted_with_present)

    def stayed_away(self, station_id: str) -> None:
        """A wallbox has not come back in time with its new key."""
        self._change_later(station_id, stayed_away)

    async def offer(self, station_id: str, step: KeyStep) -> str:
        """Make a key that opens the door from now on; the key in hexadecimal.

        Raises StoreFailed, and then there is none.
        """
        text = self._tools.identifiers.authorization_key()
        own, kept = self._own(station_id), self.password_key.kept(text)
        new = offered(self.of(station_id), own, kept, step)
        await self._store_as(station_id, new, _saving(station_id, new))
        log.info("new key for a wallbox", station=station_id, step=step.value)
        return text

    async def answered(self, station_id: str, text: str, answer: Answer) -> None:
        """Keep how the wallbox took the key that it was told."""
        kept = self.password_key.kept(text)
        self._keys[station_id] = answered(self.of(station_id), kept, answer)
        log.info("wallbox was told its new key", station=station_id, answer=answer.value)
        await self._save(station_id)

    async def forget(self, station_id: str) -> None:
        """Let the site's password hold again, and no key of ours.

        Raises StoreFailed, and then nothing has changed.
        """
        none = WallboxKey(self._own(station_id))
        await self._store_as(station_id, none, DeleteNote(_scope(station_id), _NAME))
        log.info("key of a wallbox forgotten: the site's password holds", station=station_id)

    # Inside

    async def _store_as(
        self, station_id: str, new: WallboxKey, change: SaveNote | DeleteNote
    ) -> None:
        """Let it hold, and store it; where that fails, what held before does so again.

        What happens while the disk works goes on from it: two changes at once must not undo each
        other, neither here nor on the disk. A key that nobody was told yet opens nothing.
        """
        before = self.of(station_id)
        self._keys[station_id] = new
        try:
            await self._store.commit(change)
        except StoreFailed:
            if self.of(station_id) is new:
                self._keys[station_id] = before
            raise

    def _change_later(self, station_id: str, change: Callable[[WallboxKey], WallboxKey]) -> None:
        before = self.of(station_id)
        self._keys[station_id] = key = change(before)
        if key == before:
            return
        if key.present != before.present:
            log.info("wallbox uses its new key", station=station_id)
        else:
            log.warning("wallbox has not come with its new key", station=station_id)
        self._tasks.spawn(self._save(station_id), name=f"{station_id} key")

    async def _save(self, station_id: str) -> None:
        """Store what is known now; should that fail, the next start finds out again."""
        try:
            await self._store.commit(_saving(station_id, self.of(station_id)))
        except StoreFailed as exc:
            say_not_stored(exc, station=station_id)

    def _own(self, station_id: str) -> str:
        return self._site().wallbox(station_id).password


def _saving(station_id: str, key: WallboxKey) -> SaveNote | DeleteNote:
    if key.is_empty:
        return DeleteNote(_scope(station_id), _NAME)
    return SaveNote(NoteRecord(_scope(station_id), _NAME, write(key)))


def _scope(station_id: str) -> str:
    return f"wallbox {station_id}"
