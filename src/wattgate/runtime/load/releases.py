"""Removing our limits from wallboxes: once, or for as long as an EVSE is released (R100d)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from wattgate.core.charging.obedience import tolerance_a
from wattgate.ports.evse import (
    Cleared,
    Confirmation,
    ControllableEvse,
    EvseReading,
    LimitOutcome,
)
from wattgate.ports.store import DeleteRelease, GrantRecord, ReleaseRecord, SaveRelease, Store
from wattgate.runtime.load.grant_book import CLEARING_A, NO_LIMIT_A
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

_NOT_TRIED: Final = Cleared(LimitOutcome.UNSENT)

LOOK_EVERY_S: Final = 0.2
"""s between two looks for room; the control loop answers what happens much sooner."""

ROOM_LOOKS: Final = 60
"""Looks until a clearing waits no longer: 12 s, for a cycle and a command that is lost (R89)."""


@dataclass(frozen=True, slots=True)
class _Removed:
    """Limits that a wallbox says it removed: when (monotonic, s), and what they had allowed, A."""

    at: float
    allowed_a: float


class Releases:
    """Clears the profiles of EVSEs, and knows which of them stay without.

    `latched` are the EVSEs that were released by hand and get no limit until they are activated.
    `results` is how removing our limits ended last, per EVSE, as long as none was set since.
    """

    def __init__(
        self,
        store: Store,
        tools: Tools,
        tasks: Supervisor,
        limits: Limits,
        changed: Callable[[], None],
    ) -> None:
        self.latched: set[str] = set()
        self.results: dict[str, Cleared] = {}
        self.on_removed: Callable[[str], None] = _nobody_waits
        """Called with an EVSE's id when none of our limits is left in it."""
        self._unconfirmed: dict[str, _Removed] = {}
        self._store = store
        self._tools = tools
        self._tasks = tasks
        self._limits = limits
        self._changed = changed
        self._siblings: Mapping[str, Sequence[ControllableEvse]] = {}
        self._is_free: Callable[[str], bool] = self.latched.__contains__
        self._has_room: Callable[[str], bool] = self.latched.__contains__

    def serve(
        self,
        evses: Sequence[ControllableEvse],
        is_free: Callable[[str], bool],
        has_room: Callable[[str], bool],
    ) -> None:
        """Learn which EVSEs there are.

        `is_free` tells which of them get no limit of ours, `has_room` whether the circuits of one
        carry the worst that everybody on them may draw.
        """
        by_station: dict[str, list[ControllableEvse]] = {}
        for evse in evses:
            by_station.setdefault(evse.station_id, []).append(evse)
        self._siblings = {evse.evse_id: by_station[evse.station_id] for evse in evses}
        self._is_free = is_free
        self._has_room = has_room

    def recover(self, releases: Sequence[ReleaseRecord]) -> None:
        """Take up what was released before a restart."""
        self.latched |= {release.evse_id for release in releases}

    async def latch(self, evse: ControllableEvse, hardware_a: float) -> Cleared:
        """Release an EVSE until it is activated; stored first, so that a restart keeps it.

        Raises:
            StoreFailed: it could not be kept; nothing has changed.
        """
        await self._store.commit(SaveRelease(ReleaseRecord(evse.evse_id, self._tools.clock.wall())))
        self.latched.add(evse.evse_id)
        log.warning("released: no limit holds any more", evse=evse.evse_id)
        return await self.clear(evse, hardware_a)

    async def activate(self, evse_id: str) -> None:
        """Set limits again.

        Raises:
            StoreFailed: it could not be kept; nothing has changed.
        """
        await self._store.commit(DeleteRelease(evse_id))
        self.latched.discard(evse_id)
        self.results.pop(evse_id, None)
        self._limits.not_known(evse_id)
        log.info("activated: limits are set again", evse=evse_id)
        self._changed()

    async def clear(self, evse: ControllableEvse, hardware_a: float) -> Cleared:
        """Remove our profiles; from the attempt on the EVSE counts at its hardware maximum.

        Clearing is a raise: first the others make room for it, as far as they obey (rule 9). Only
        an attempt that certainly left nothing on the wire changes nothing.
        """
        limits, evse_id = self._limits, evse.evse_id
        before = limits.position(evse_id)
        limits.assume(evse_id, max(hardware_a, before.worst_a))
        assumed = limits.position(evse_id)
        stored = limits.book.record(evse_id)
        limits.releasing.add(evse_id)
        self._changed()
        try:
            await self._room_for(evse_id)
            cleared = await self._stored_release(evse)
        finally:
            limits.releasing.discard(evse_id)
        match cleared.outcome:
            case LimitOutcome.UNSENT:
                if limits.position(evse_id) is assumed:
                    limits.assume(evse_id, before.allowed_a)
                if stored is not None:
                    await limits.book.note(stored)
            case LimitOutcome.ACCEPTED:
                now = self._tools.clock.monotonic()
                self._unconfirmed[evse_id] = _Removed(now, before.allowed_a)
                await self._removed(evse_id)
            case LimitOutcome.REFUSED | LimitOutcome.UNANSWERED:
                limits.not_known(evse_id)
                limits.refusals.note(evse_id, self._tools.clock.monotonic())
        self.results[evse_id] = cleared
        self._say(evse_id, cleared)
        self._changed()
        return cleared

    async def _room_for(self, evse_id: str) -> None:
        """Wait until the circuits carry all that the EVSE can draw.

        A person asked for it: a neighbour that does not obey delays it for a while only.
        """
        for _ in range(ROOM_LOOKS):
            await asyncio.sleep(LOOK_EVERY_S)
            if self._has_room(evse_id):
                return

    def look(self, evse_id: str, reading: EvseReading) -> None:
        """Take a measurement for a confirmation, where the wallbox could not give one (R100d)."""
        removed, draw = self._unconfirmed.get(evse_id), reading.draw
        if removed is None or draw is None or draw.at <= removed.at:
            return
        result = self.results.get(evse_id)
        exceeds = draw.least_a > removed.allowed_a + tolerance_a(removed.allowed_a)
        if exceeds and result == Cleared(LimitOutcome.ACCEPTED, Confirmation.NONE):
            self.results[evse_id] = replace(result, confirmation=Confirmation.MEASUREMENT)
            log.info("limits are gone, it draws more", evse=evse_id, drawn_a=draw.least_a)

    async def _removed(self, evse_id: str) -> None:
        limits = self._limits
        limits.not_known(evse_id)
        grant = GrantRecord(evse_id, NO_LIMIT_A, None, self._tools.clock.wall())
        if await limits.book.note(grant):
            limits.book.forget(evse_id)
        self.on_removed(evse_id)

    async def _stored_release(self, evse: ControllableEvse) -> Cleared:
        """Clearing is a raise: what it may lead to is stored before it is sent."""
        now = self._tools.clock.wall()
        clearing = GrantRecord(evse.evse_id, NO_LIMIT_A, CLEARING_A, now)
        if not await self._limits.book.note(clearing):
            return _NOT_TRIED
        return await evse.release(whole=self._whole_is_free(evse))

    def _whole_is_free(self, evse: ControllableEvse) -> bool:
        """Whether all EVSEs of the wallbox are released: then nothing in it is needed (R100d)."""
        family = self._siblings.get(evse.evse_id, (evse,))
        return all(self._is_free(each.evse_id) for each in family)

    def clear_in_background(self, evse: ControllableEvse, hardware_a: float) -> None:
        """Remove our profiles; nothing while that is being done already."""
        if evse.evse_id not in self._limits.releasing:
            self._limits.releasing.add(evse.evse_id)
            self._tasks.spawn(self.clear(evse, hardware_a), name=f"release {evse.evse_id}")

    def _say(self, evse_id: str, cleared: Cleared) -> None:
        outcome, confirmation = cleared.outcome.value, cleared.confirmation
        if cleared.outcome is not LimitOutcome.ACCEPTED:
            log.warning("our limits could not be removed", evse=evse_id, outcome=outcome)
        elif confirmation is Confirmation.CONTRADICTED:
            log.warning("the wallbox says that limits are left in it", evse=evse_id)
        else:
            log.info("limits removed", evse=evse_id, confirmed_by=confirmation.value)


def _nobody_waits(_evse_id: str) -> None:
    pass
