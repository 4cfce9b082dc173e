"""What is stored of a wallbox's fail-safe, so that it counts though the manager starts anew."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Final, Self

import msgspec
import structlog

from wattgate.core.site.model import EvseSettings
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SCOPE: Final = "fail-safe"
"""Scope of the notes; their names are the ids of EVSEs."""

DISK_PATIENCE_S: Final = 1.0
"""s that a new fail-safe waits for the store: meanwhile the wallbox is not polled."""


@dataclass(frozen=True, slots=True)
class FailSafeSetting:
    """After `after_s` s without a master it may draw `current_a` A per phase; inf s: never."""

    after_s: float
    current_a: float


NEVER: Final = FailSafeSetting(inf, inf)


class Whose(msgspec.Struct, frozen=True):
    """Which wallbox it is, and by which registers it is known."""

    device_type: str
    definition: str
    address: str
    unit: int

    @classmethod
    def of(cls, settings: EvseSettings) -> Self:
        """The one that the settings mean."""
        return cls(
            settings.device_type.value, settings.definition, settings.address, settings.connector
        )


class _Note(msgspec.Struct, frozen=True):
    """`after_s` and `current_a` as in `FailSafeSetting`, both finite."""

    whose: Whose
    after_s: float
    current_a: float


class FailSafeBook:
    """Keeps the fail-safe of one wallbox in the store.

    What is stored is never better than what the wallbox may be set to by us. `recovered` is what
    held when the manager ended, `NEVER` where that is not known or was of another wallbox.
    """

    def __init__(
        self,
        evse_id: str,
        whose: Whose,
        store: Store,
        tasks: Supervisor,
        notes: Iterable[NoteRecord] = (),
    ) -> None:
        self._evse_id = evse_id
        self._whose = whose
        self._store = store
        self._tasks = tasks
        self._stored_text = next(
            (note.text for note in notes if (note.scope, note.name) == (SCOPE, evse_id)), ""
        )
        self.recovered = self._read(self._stored_text)
        self._wanted_text = self._stored_text
        self._storing = asyncio.Lock()

    def is_to_be(self, setting: FailSafeSetting) -> None:
        """Store it soon; what is stored till then is tried again with the next word of this."""
        self._wanted_text = self._text(setting)
        if self._wanted_text != self._stored_text:
            self._tasks.spawn(self._store_wanted(), name=f"{self._evse_id} fail-safe")

    async def holds(self, setting: FailSafeSetting) -> bool:
        """Store it now; whether that is done. Never raises."""
        self._wanted_text = self._text(setting)
        storing = self._tasks.start(self._store_wanted(), name=f"{self._evse_id} fail-safe")
        await asyncio.wait({storing}, timeout=DISK_PATIENCE_S)
        return self._stored_text == self._text(setting)

    async def _store_wanted(self) -> None:
        async with self._storing:
            text = self._wanted_text
            if text == self._stored_text:
                return
            note = NoteRecord(SCOPE, self._evse_id, text)
            try:
                await self._store.commit(
                    SaveNote(note) if text else DeleteNote(SCOPE, self._evse_id)
                )
            except StoreFailed as exc:
                say_not_stored(exc, fail_safe_of=self._evse_id)
                return
            self._stored_text = text

    def _text(self, setting: FailSafeSetting) -> str:
        if not (isfinite(setting.after_s) and isfinite(setting.current_a)):
            return ""  # nothing that could be relied upon
        return msgspec.json.encode(_Note(self._whose, setting.after_s, setting.current_a)).decode()

    def _read(self, text: str) -> FailSafeSetting:
        if not text:
            return NEVER
        try:
            note = msgspec.json.decode(text, type=_Note)
        except msgspec.DecodeError as exc:
            log.warning("what was kept cannot be read", evse=self._evse_id, reason=str(exc))
            return NEVER
        return FailSafeSetting(note.after_s, note.current_a) if note.whose == self._whose else NEVER
