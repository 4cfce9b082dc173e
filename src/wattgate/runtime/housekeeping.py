"""Keeps the store in order: what is too old goes, and disk space is kept aside."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from wattgate.core.retention import RECEIPTS_KEPT, SteadyClock, retention
from wattgate.core.site.storage import StorageSettings
from wattgate.ports.store import NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.peer import Tools

log = structlog.get_logger()

TIDY_S: Final = 3600.0
"""s from one tidying to the next."""

RESERVE_S: Final = 10.0
"""s from one look at the disk space kept aside to the next."""

MIB: Final = 1024 * 1024

BREATH_S: Final = 0.05
"""s between two batches: others have the disk to themselves for most of the time."""

NOTE_SCOPE: Final = "housekeeping"
NOTE_NAME: Final = "clock"


class Housekeeping:
    """Tidies the store once an hour, by the settings as they are then.

    Nothing goes for its age unless the clock may be believed (`core.retention`).
    """

    def __init__(self, store: Store, tools: Tools, settings: Callable[[], StorageSettings]) -> None:
        self._store = store
        self._tools = tools
        self._settings = settings
        self._clock: SteadyClock | None = None
        self._looked_at = 0.0

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take up what was known of the clock before a restart."""
        for note in notes:
            if (note.scope, note.name) == (NOTE_SCOPE, NOTE_NAME):
                self._clock = _read(note.text).after_restart(self._tools.clock.wall())
        self._looked_at = self._tools.clock.monotonic()

    async def run(self) -> None:
        """Tidy for ever."""
        while True:
            try:
                await self._tidy()
            except StoreFailed as exc:
                log.warning("the store was not tidied", reason=str(exc))
            await asyncio.sleep(TIDY_S)

    async def watch_reserve(self) -> None:
        """Keep disk space aside for ever; where it was given back, as soon as there is room."""
        while True:
            try:
                await self._keep_reserve()
            except StoreFailed as exc:
                log.warning("nothing can be stored", reason=str(exc))
            await asyncio.sleep(RESERVE_S)

    async def _keep_reserve(self) -> None:
        before = self._store.condition
        if before.failing is not None:
            await self._note_clock()  # it may have recovered, and nobody else writes
            log.info("the store works again")
        size_mb = self._settings().reserve_mb
        has_reserve = await self._store.keep_reserve(size_mb * MIB)
        if has_reserve and not before.has_reserve:
            log.info("disk space is kept aside again", mib=size_mb)
        elif before.has_reserve and not has_reserve:
            log.warning("the disk has no room for the reserve", mib=size_mb)

    async def _note_clock(self) -> None:
        text = _write(self._clock or SteadyClock(self._tools.clock.wall()))
        await self._store.commit(SaveNote(NoteRecord(NOTE_SCOPE, NOTE_NAME, text)))

    async def _tidy(self) -> None:
        clock = self._look_at_clock()
        await self._note_clock()
        what, gone = retention(self._settings(), clock), 0
        while batch := await self._store.tidy(what):
            gone += batch
            await asyncio.sleep(BREATH_S)
        if gone:
            log.info("old records removed", count=gone)

    def _look_at_clock(self) -> SteadyClock:
        now, wall = self._tools.clock.monotonic(), self._tools.clock.wall()
        before = self._clock or SteadyClock(wall)
        clock = before.after(timedelta(seconds=now - self._looked_at), wall)
        if before.is_trusted and not clock.is_trusted:
            log.warning(
                "the clock was set: for now nothing is removed because of its age",
                was=before.seen_at.isoformat(),
                now=wall.isoformat(),
                days=RECEIPTS_KEPT.days,
            )
        self._clock, self._looked_at = clock, now
        return clock


def _write(clock: SteadyClock) -> str:
    seen_s = (clock.seen_at - _EPOCH).total_seconds()
    return json.dumps({"seen_s": seen_s, "steady_s": clock.steady.total_seconds()})


def _read(text: str) -> SteadyClock:
    said = json.loads(text)
    return SteadyClock(
        _EPOCH + timedelta(seconds=said["seen_s"]), timedelta(seconds=said["steady_s"])
    )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
