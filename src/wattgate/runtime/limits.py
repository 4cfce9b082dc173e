"""What each EVSE has been allowed, and the commands that change it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

import structlog

from wattgate.core.load.actuation import Plan, SetLimit
from wattgate.core.load.ledger import Ledger, Position
from wattgate.ports.evse import ControllableEvse, LimitOutcome
from wattgate.ports.store import GrantRecord, Recovered, SaveGrant, Store, StoreFailed
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

REFUSAL_PAUSE_S: Final = 30.0
"""s between attempts at a wallbox that refuses a limit."""


class Limits:
    """Keeps the ledger, and carries plans out: a grant is stored before a raise is sent."""

    def __init__(
        self, store: Store, tools: Tools, tasks: Supervisor, changed: Callable[[], None]
    ) -> None:
        self.ledger = Ledger()
        self.raised_at: dict[str, float] = {}
        self.charging_since: dict[str, float] = {}
        self.stuck: set[str] = set()
        self.writes: dict[str, int] = {}
        self._store = store
        self._tools = tools
        self._tasks = tasks
        self._changed = changed
        self._newest: dict[str, int] = {}
        self._granted_at: dict[str, float] = {}
        self._refused_at: dict[str, float] = {}
        self._stored: dict[str, GrantRecord] = {}

    def recover(self, recovered: Recovered) -> None:
        """Take over the grants from before a restart: each may be as high as it ever was."""
        for grant in recovered.grants:
            self._stored[grant.evse_id] = grant
            worst_a = max(grant.committed_a, grant.pending_a or 0.0)
            self.ledger = self.ledger.assumed(grant.evse_id, worst_a)
            if worst_a > 0:
                self.charging_since[grant.evse_id] = self._tools.clock.monotonic()

    def knows(self, evse_id: str) -> bool:
        """Whether the EVSE has a position."""
        return evse_id in self.ledger.positions

    def position(self, evse_id: str) -> Position:
        """What the EVSE may draw; nothing where it was never counted."""
        return self.ledger.positions.get(evse_id, Position(0.0))

    def was_limited(self, evse_id: str) -> bool:
        """Whether profiles of ours may still be in the wallbox."""
        return evse_id in self._stored

    def assume(self, evse_id: str, worst_a: float) -> None:
        """Count an EVSE at `worst_a` until it accepts a limit; pending commands say no more."""
        self._newest[evse_id] = self._newest.get(evse_id, 0) + 1
        self.ledger = self.ledger.assumed(evse_id, worst_a)

    def in_refusal_pause(self, evse_id: str, now: float) -> bool:
        """Whether the EVSE refused a limit a moment ago."""
        refused_at = self._refused_at.get(evse_id)
        return refused_at is not None and now - refused_at < REFUSAL_PAUSE_S

    def due_for_renewal(self, evse: ControllableEvse, now: float) -> bool:
        """Whether half of a running grant's life is over (R100)."""
        position = self.position(evse.evse_id)
        if position.pending_a is not None or position.committed_a == 0:
            return False
        return now - self._granted_at.get(evse.evse_id, now) >= evse.lifetime_s / 2

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
        self._tasks.spawn(
            self._command(change, evse, number, reduction=reduction), name=f"limit {change.evse}"
        )

    async def _command(
        self, change: SetLimit, evse: ControllableEvse, number: int, *, reduction: bool
    ) -> None:
        lifetime = timedelta(seconds=evse.lifetime_s)
        expires_at = self._tools.clock.wall() + lifetime
        if reduction or await self._noted(
            GrantRecord(
                change.evse,
                self.position(change.evse).committed_a,
                change.current_a,
                expires_at,
            )
        ):
            outcome = await evse.limit(change.current_a, reduction=reduction)
        else:
            outcome = LimitOutcome.UNSENT
        if self._newest.get(change.evse) != number:
            return  # a newer command or connection speaks for this EVSE
        self._settle(change, outcome)
        if outcome is LimitOutcome.ACCEPTED:
            await self._noted(GrantRecord(change.evse, change.current_a, None, expires_at))
        self._changed()

    def _settle(self, change: SetLimit, outcome: LimitOutcome) -> None:
        evse_id, now = change.evse, self._tools.clock.monotonic()
        if outcome is not LimitOutcome.UNSENT:
            self.writes[evse_id] = self.writes.get(evse_id, 0) + 1
        match outcome:
            case LimitOutcome.ACCEPTED:
                self.ledger = self.ledger.accepted(evse_id)
                self._granted_at[evse_id] = now
                self._refused_at.pop(evse_id, None)
                self.stuck.discard(evse_id)
                self._note_charging(evse_id, change.current_a, now)
                log.info("limit set", evse=evse_id, current_a=change.current_a)
            case LimitOutcome.UNSENT:
                self.ledger = self.ledger.unsent(evse_id)
            case LimitOutcome.REFUSED:
                self.ledger = self.ledger.refused(evse_id)
                self._refused_at[evse_id] = now
                self.stuck.add(evse_id)
                log.warning("limit refused", evse=evse_id, current_a=change.current_a)
            case LimitOutcome.UNANSWERED:
                self.ledger = self.ledger.refused(evse_id)
                self.stuck.add(evse_id)
                log.warning("limit not answered", evse=evse_id, current_a=change.current_a)

    def _note_charging(self, evse_id: str, current_a: float, now: float) -> None:
        if current_a > 0:
            self.charging_since.setdefault(evse_id, now)
        else:
            self.charging_since.pop(evse_id, None)

    async def _noted(self, grant: GrantRecord) -> bool:
        """Store a grant; False where the store cannot, and then nothing may be raised."""
        try:
            await self._store.commit(SaveGrant(grant))
        except StoreFailed as exc:
            log.error("store failed", evse=grant.evse_id, reason=str(exc))  # noqa: TRY400 - a full disk needs no traceback
            return False
        self._stored[grant.evse_id] = grant
        return True

    async def release(self, evse: ControllableEvse, hardware_a: float) -> LimitOutcome:
        """Remove our profiles; from then on the EVSE counts at its hardware maximum."""
        outcome = await evse.release()
        self.assume(evse.evse_id, hardware_a)
        if outcome is LimitOutcome.ACCEPTED:
            self._stored.pop(evse.evse_id, None)
        return outcome
