"""What each EVSE has been allowed, and the commands that change it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final

import structlog

from wattgate.core.load.actuation import Plan, SetLimit
from wattgate.core.load.ledger import Ledger, Position
from wattgate.ports.evse import ControllableEvse, LimitOutcome
from wattgate.ports.store import GrantRecord, Recovered, Store
from wattgate.runtime.load.grant_book import GrantBook
from wattgate.runtime.load.grant_lives import GrantLives
from wattgate.runtime.load.refusals import Refusals
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

OVERDUE_S: Final = 6.0
"""s that a limit may take, all its messages together, before the neighbours are lowered (R89)."""

DISK_PATIENCE_S: Final = 1.0
"""s that a reduction waits for the store: a disk may hang, and less current is always safe."""


@dataclass(frozen=True, slots=True)
class _Command:
    """A limit on its way since `sent_at`; `number` tells whether a newer one has replaced it."""

    change: SetLimit
    evse: ControllableEvse
    number: int
    reduction: bool
    standing_a: float
    sent_at: float


class Limits:
    """Keeps the ledger, and carries plans out: a grant is stored before a raise is sent.

    `stuck` are the EVSEs whose last command did not get through. `unknown` are those that may hold
    no limit of ours, or one of somebody else's: since their boot, release or first visit they have
    accepted nothing. `unswept` are those in which profiles of others were not cleared since, in
    `foreign` those of them in which some are known to have been set. `releasing` are those whose
    profiles are being removed right now; `set_aside` those that somebody else commands for a while,
    as a proof does: nothing holds them.
    """

    def __init__(
        self, store: Store, tools: Tools, tasks: Supervisor, changed: Callable[[], None]
    ) -> None:
        self.ledger = Ledger()
        self.book = GrantBook(store)
        self.refusals = Refusals()
        self.raised_at: dict[str, float] = {}
        self.charging_since: dict[str, float] = {}
        self.paused_at: dict[str, float] = {}
        self.stuck: set[str] = set()
        self.unknown: set[str] = set()
        self.unswept: set[str] = set()
        self.foreign: set[str] = set()
        self.releasing: set[str] = set()
        self.set_aside: set[str] = set()
        self._tools = tools
        self._tasks = tasks
        self._changed = changed
        self._newest: dict[str, int] = {}
        self.lives = GrantLives()
        self._under_way: dict[str, float] = {}
        """Since when (monotonic, s) each EVSE has been busy with limits that it has not settled."""

    async def recover(self, recovered: Recovered) -> None:
        """Take over the grants from before a restart: each may be as high as it ever was."""
        self.unswept, self.foreign = await self.book.unswept()
        now = self._tools.clock.monotonic()
        for evse_id, worst_a in self.book.take_over(recovered.grants).items():
            self.ledger = self.ledger.assumed(evse_id, worst_a)
            self.lives.recovered(evse_id, now)
            if worst_a > 0:
                self.charging_since[evse_id] = now

    def knows(self, evse_id: str) -> bool:
        """Whether the EVSE has a position."""
        return evse_id in self.ledger.positions

    def position(self, evse_id: str) -> Position:
        """What the EVSE may draw; nothing where it was never counted."""
        return self.ledger.positions.get(evse_id, Position(0.0))

    def was_limited(self, evse_id: str) -> bool:
        """Whether profiles of ours may still be in the wallbox."""
        return self.book.record(evse_id) is not None

    def held_over_a(self, evse_id: str) -> float | None:
        """What the EVSE held of us at most when the manager ended, A per phase.

        None where others may have set something in it since it accepted a limit of ours.
        """
        is_ours = self.knows(evse_id) and evse_id not in self.unswept
        return self.position(evse_id).allowed_a if is_ours else None

    def assume(self, evse_id: str, worst_a: float) -> None:
        """Count an EVSE at `worst_a` until it accepts a limit; pending commands say no more."""
        self._newest[evse_id] = self._newest.get(evse_id, 0) + 1
        self._under_way.pop(evse_id, None)
        self.lives.forget(evse_id)
        self.ledger = self.ledger.assumed(evse_id, worst_a)

    def count_unknown(self, evse_id: str, worst_a: float) -> None:
        """Count an EVSE of `unknown` at what it may draw in its present state (R100a)."""
        position = self.position(evse_id)
        if worst_a == position.committed_a:
            return
        if position.pending_a is None:
            self.assume(evse_id, worst_a)
        elif worst_a > position.committed_a:
            self.ledger = self.ledger.expired(evse_id, worst_a)

    def not_known(self, evse_id: str) -> None:
        """Nothing of ours may be in the EVSE, and something of others (see the class)."""
        self.unknown.add(evse_id)
        if evse_id not in self.unswept:
            self.unswept.add(evse_id)
            self._note_unswept()

    def count_at(self, evse_id: str, worst_a: float) -> None:
        """Count a wallbox at `worst_a` until it accepts a limit, over a restart too (R100a)."""
        self.assume(evse_id, worst_a)
        stored = self.book.record(evse_id)
        if stored is None or stored.pending_a is not None or stored.committed_a < worst_a:
            grant = GrantRecord(evse_id, worst_a, None, self._tools.clock.wall())
            self._tasks.spawn(self.book.note(grant), name=f"worst {evse_id}")

    def count_lapsed(self, evse_id: str, standing_a: float, now: float) -> None:
        """Count a wallbox of proven expiry at its fallback once its grant has surely ended."""
        position = self.position(evse_id)
        standing_a = self.lives.standing_a(evse_id, standing_a)
        is_over = now >= self.lives.ends_by(evse_id)
        if is_over and position.allowed_a > standing_a:
            log.info("grant has ended", evse=evse_id, standing_a=standing_a)
            self.ledger = self.ledger.expired(evse_id, standing_a)

    def count_fail_safe(self, evse_id: str, current_a: float) -> None:
        """Count an EVSE that has surely fallen to its fail-safe current: no more, no less."""
        if self.position(evse_id).allowed_a > current_a:
            log.info("has fallen back", evse=evse_id, current_a=current_a)
            self.ledger = self.ledger.expired(evse_id, current_a)
        else:
            self.count_fallen(evse_id, current_a, inf)

    def count_overruled(self, evse_id: str, current_a: float) -> None:
        """Count an EVSE at what somebody else has let it draw, until it accepts ours again.

        So it does over a restart, too.
        """
        if self.position(evse_id).allowed_a < current_a:
            self.count_at(evse_id, current_a)

    def count_fallen(self, evse_id: str, standing_a: float, now: float) -> None:
        """Count an EVSE at its fallback where that is more than a grant that may be over.

        A grant of less than the fallback ends upwards: it has to be renewed in time.
        """
        position = self.position(evse_id)
        standing_a = self.lives.standing_a(evse_id, standing_a)
        if position.committed_a >= standing_a or not self.lives.may_be_over(evse_id, now):
            return
        if position.pending_a is None:
            self.assume(evse_id, standing_a)
        else:
            self.ledger = self.ledger.expired(evse_id, standing_a)

    def count_drawn(self, evse_id: str, drawn_a: float | None) -> None:
        """Count an EVSE at what it draws against its limit; None: it follows, or stands still."""
        if self.position(evse_id).drawn_a != drawn_a:
            self.ledger = self.ledger.drawing(evse_id, drawn_a)
            self._changed()

    def count_foreign(self, evse_id: str, foreign_a: float | None) -> None:
        """Count an EVSE at what profiles of others may allow; None: they are gone."""
        if self.position(evse_id).foreign_a != foreign_a:
            self.ledger = self.ledger.overruled(evse_id, foreign_a)
            self._changed()

    def swept(self, evse_id: str) -> None:
        """What others had left in the EVSE is gone."""
        self.unswept.discard(evse_id)
        self.foreign.discard(evse_id)
        self._note_unswept()
        self._changed()

    def others_were_here(self, evse_id: str) -> None:
        """Profiles of others are known to have been set in the EVSE."""
        if evse_id not in self.foreign:
            self.foreign.add(evse_id)
            self._note_unswept()

    def _note_unswept(self) -> None:
        """Keep over a restart which wallboxes may hold profiles of others."""
        self._tasks.spawn(self.book.note_unswept(self.unswept, self.foreign), name="unswept")

    def say_again(self, evse_id: str) -> None:
        """Send the limit anew with the next plan, whatever the EVSE has accepted."""
        self.assume(evse_id, self.position(evse_id).allowed_a)
        self.refusals.forget(evse_id)
        self._changed()

    def take_aside(self, evse_id: str) -> None:
        """Leave an EVSE to somebody else: nothing is sent to it, and nothing holds it."""
        self.set_aside.add(evse_id)
        self._changed()

    def hand_back(self, evse_id: str) -> None:
        """Command an EVSE again; what it holds now is not known."""
        self.set_aside.discard(evse_id)
        self.not_known(evse_id)
        self.say_again(evse_id)

    @property
    def unheld(self) -> frozenset[str]:
        """EVSEs that something else rules than our limits."""
        positions = self.ledger.positions.items()
        return frozenset(evse_id for evse_id, each in positions if not each.is_held)

    def overdue(self, now: float) -> frozenset[str]:
        """EVSEs that have been taking longer over a limit than their neighbours can wait (R89)."""
        begun = self._under_way.items()
        return frozenset(evse_id for evse_id, at in begun if now - at >= OVERDUE_S)

    def due_for_renewal(self, evse: ControllableEvse, now: float) -> bool:
        """Whether what the EVSE holds is to be sent once more; never while something is pending."""
        position = self.position(evse.evse_id)
        return position.pending_a is None and self.lives.is_due(evse, position.committed_a, now)

    def carry_out(self, plan: Plan, evses: Mapping[str, ControllableEvse]) -> None:
        """Send a plan's reductions, then its raises; the answers come back by themselves."""
        for change in plan.lower:
            self._send(change, evses[change.evse], reduction=True)
        for change in plan.raise_:
            self.raised_at[change.evse] = self._tools.clock.monotonic()
            self._send(change, evses[change.evse], reduction=False)

    def renew(self, evse: ControllableEvse) -> None:
        """Send the grant that holds once more, for another lifetime."""
        current_a = self.position(evse.evse_id).committed_a
        self._send(SetLimit(evse.evse_id, current_a), evse, reduction=False)

    def _send(self, change: SetLimit, evse: ControllableEvse, *, reduction: bool) -> None:
        self.ledger = self.ledger.sent(change.evse, change.current_a)
        number = self._newest[change.evse] = self._newest.get(change.evse, 0) + 1
        now = self._tools.clock.monotonic()
        self.lives.sent(evse, now)
        self._under_way.setdefault(change.evse, now)
        command = _Command(change, evse, number, reduction, evse.standing_a, now)
        self._tasks.spawn(self._command(command), name=f"limit {change.evse}")

    async def _command(self, command: _Command) -> None:
        change = command.change
        expires_at = self._tools.clock.wall() + timedelta(seconds=command.evse.lifetime_s)
        outcome = LimitOutcome.UNSENT
        if await self._may_be_sent(command, expires_at):
            if not self._is_newest(command):
                return  # it would overwrite the newer one, which did not wait for the store
            afresh = change.evse in self.unswept and command.evse.may_be_cleared
            if afresh:
                self.unknown.add(change.evse)  # for a moment it holds nothing
            outcome = await command.evse.limit(
                change.current_a, reduction=command.reduction, afresh=afresh
            )
            if afresh:
                self._adopted(command.evse, outcome)
        if not self._is_newest(command):
            return  # a newer command or connection speaks for this EVSE
        self._settle(command, outcome)
        if outcome is LimitOutcome.ACCEPTED:
            await self.book.note(GrantRecord(change.evse, change.current_a, None, expires_at))
        if command.reduction or outcome is not LimitOutcome.UNSENT:
            self._changed()  # else the store fails: not again before the next cycle

    def _adopted(self, evse: ControllableEvse, outcome: LimitOutcome) -> None:
        """Clearing what others left takes our own limits, too, and the new one may be missing."""
        if outcome is LimitOutcome.ACCEPTED and evse.was_swept:
            self.swept(evse.evse_id)
        elif outcome not in (LimitOutcome.ACCEPTED, LimitOutcome.UNSENT):
            self.not_known(evse.evse_id)

    def _is_newest(self, command: _Command) -> bool:
        return self._newest.get(command.change.evse) == command.number

    async def _may_be_sent(self, command: _Command, expires_at: datetime) -> bool:
        """A raise needs to be stored first; a reduction does not wait long for a slow disk."""
        if not command.reduction:
            return await self._is_stored(command, expires_at)
        noting = self._tasks.start(
            self._is_stored(command, expires_at), name=f"note {command.change.evse}"
        )
        await asyncio.wait({noting}, timeout=DISK_PATIENCE_S)
        return True

    async def _is_stored(self, command: _Command, expires_at: datetime) -> bool:
        """Store what may be drawn from now on, unless what is stored says as much already."""
        change, stored = command.change, self.book.record(command.change.evse)
        position = self.position(change.evse)
        if stored is not None and stored.pending_a is None:
            if command.reduction and stored.committed_a >= change.current_a:
                return True
            is_same = position.committed_a == stored.committed_a == change.current_a
            if is_same and not position.doubtful:
                return True  # a renewal
        return await self.book.note(
            GrantRecord(change.evse, position.committed_a, change.current_a, expires_at)
        )

    def _settle(self, command: _Command, outcome: LimitOutcome) -> None:
        evse_id, current_a = command.change.evse, command.change.current_a
        now = self._tools.clock.monotonic()
        self._under_way.pop(evse_id, None)
        match outcome:
            case LimitOutcome.ACCEPTED:
                held = self.position(evse_id)
                is_news = held.doubtful or held.committed_a != current_a
                self.ledger = self.ledger.accepted(evse_id)
                self.lives.accepted(
                    command.evse, command.standing_a, sent_at=command.sent_at, now=now
                )
                self.refusals.forget(evse_id)
                self.stuck.discard(evse_id)
                self.unknown.discard(evse_id)
                self._note_charging(command.change, command.sent_at)
                if is_news:  # not a renewal: those come for ever, every few minutes
                    log.info("limit set", evse=evse_id, current_a=current_a)
            case LimitOutcome.UNSENT:
                self.ledger = self.ledger.unsent(evse_id)
                if command.reduction:
                    self.stuck.add(evse_id)  # the line to it is busy
            case LimitOutcome.REFUSED:
                self.ledger = self.ledger.refused(evse_id)
                self.refusals.note(evse_id, now, current_a)
                self.stuck.add(evse_id)
                log.warning("limit refused", evse=evse_id, current_a=current_a)
            case LimitOutcome.UNANSWERED:
                self.ledger = self.ledger.refused(evse_id)
                self.lives.unanswered(evse_id, command.standing_a)
                self.refusals.note_silence(evse_id, now, current_a)
                self.stuck.add(evse_id)
                log.warning("limit not answered", evse=evse_id, current_a=current_a)

    def _note_charging(self, change: SetLimit, at: float) -> None:
        """Who is told nothing for a moment only keeps its place, and need not stay paused."""
        if change.current_a > 0:
            self.charging_since.setdefault(change.evse, at)
        elif not change.is_interim and self.charging_since.pop(change.evse, None) is not None:
            self.paused_at[change.evse] = at
