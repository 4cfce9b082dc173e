"""Watches whether wallboxes follow their limits, and does what helps where they do not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final, Protocol

import structlog

from wattgate.core.charging.hesitation import Hesitation, Nudge, looked
from wattgate.core.charging.obedience import Obedience, OfferHistory, Verdict, judged
from wattgate.core.station.models import WallboxModel
from wattgate.ports.evse import ControllableEvse, EvseReading, LimitOutcome
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.lapse_watch import Allowed, LapseWatch
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SENDING_S: Final = 6.0
"""s for a limit to reach its wallbox before its time to settle begins."""


class Counted(Allowed, Protocol):
    """What the watch needs of the limits: to count who draws more than it may."""

    def count_drawn(self, evse_id: str, drawn_a: float | None) -> None:
        """Count it at what it draws; None: it follows."""
        ...

    def say_again(self, evse_id: str) -> None:
        """Send its limit anew."""
        ...


@dataclass(frozen=True, slots=True)
class ObedienceState:
    """What is shown of an EVSE.

    `words` say the verdict with its figures, A per phase, which are None while nothing was judged.
    `exhausted` tells that nothing is left to be tried.
    """

    verdict: Verdict = Verdict.UNVERIFIED
    words: str = str(Verdict.UNVERIFIED)
    drawn_a: float | None = None
    offered_a: float | None = None
    exhausted: bool = False


@dataclass(slots=True)
class _Watched:
    """One EVSE.

    `charging_since` tells one transaction from the next. What helps is not tried on samples from
    before `patient_until` (monotonic, s); `patience_s` is what the next look adds to its own time,
    None where nothing was tried since.
    """

    connection: int
    method: str
    charging_since: float | None = None
    history: OfferHistory = field(default_factory=OfferHistory)
    obedience: Obedience = field(default_factory=Obedience)
    hesitation: Hesitation = field(default_factory=Hesitation)
    swept: bool = False
    patient_until: float = -inf
    patience_s: float | None = None
    exhausted: bool = False


class ObedienceWatch:
    """Compares what each EVSE draws with what it may, cycle by cycle (R100a, R100b).

    One that draws more is counted at that. What others left in its wallbox is removed once per
    connection; then its limits are said in the next way, and the next, each with time to settle.
    `model_of` and `ends_by` are asked by EVSE, the latter as in `LapseWatch`; without it no end of
    a grant is observed.
    """

    def __init__(
        self,
        limits: Counted,
        behaviours: Behaviours,
        model_of: Callable[[str], WallboxModel | None],
        tasks: Supervisor,
        *,
        ends_by: Callable[[str], float] | None = None,
    ) -> None:
        self._limits = limits
        self._tasks = tasks
        self._watched: dict[str, _Watched] = {}
        self._lapses: LapseWatch | None = None
        if ends_by is not None:
            self._lapses = LapseWatch(limits, behaviours, model_of, ends_by)

    def state(self, evse_id: str) -> ObedienceState:
        """What is known of the EVSE."""
        watched = self._watched.get(evse_id)
        if watched is None or watched.obedience.verdict is Verdict.UNVERIFIED:
            return ObedienceState()
        seen = watched.obedience
        return ObedienceState(
            seen.verdict, seen.words, seen.drawn_a, seen.offered_a, watched.exhausted
        )

    def exhausted(self, evse_id: str) -> bool:
        """Whether it does not obey, and every way to say its limit has been tried."""
        return self.state(evse_id).exhausted

    def forget(self, evse_id: str) -> None:
        """Begin anew with this EVSE; what the ledger counts for it stays."""
        self._watched.pop(evse_id, None)
        if self._lapses is not None:
            self._lapses.forget(evse_id)

    def look(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        """Look at an EVSE that takes commands and is limited; before new limits are sent."""
        if self._lapses is not None:
            self._lapses.look(evse, reading, now)
        watched = self._watched.get(evse.evse_id)
        if watched is None:
            watched = _Watched(reading.connection, evse.method)
            self._watched[evse.evse_id] = watched
        self._notice(watched, evse, reading, now)
        allowed_a = self._limits.position(evse.evse_id).allowed_a
        watched.history = watched.history.noted(now, allowed_a)
        if not evse.in_use:
            return
        before = watched.obedience
        after = judged(before, watched.history, reading.draw, evse.settle_s)
        watched.obedience = after
        if after.newest is not before.newest:
            self._count(evse.evse_id, after)
        if after.at > before.at:
            self._act(watched, evse, before, now)
        self._wake(watched, evse, reading, now)

    def _count(self, evse_id: str, seen: Obedience) -> None:
        """Who does not obey counts at what it draws now, also when that has become less."""
        self._limits.count_drawn(evse_id, seen.counted_a)

    def _wake(
        self, watched: _Watched, evse: ControllableEvse, reading: EvseReading, now: float
    ) -> None:
        """Help a wallbox that keeps its car waiting though it may charge."""
        allowed_a = self._limits.position(evse.evse_id).allowed_a
        watched.hesitation, nudge = looked(
            watched.hesitation, reading.view, allowed_a, now, SENDING_S + evse.settle_s
        )
        if nudge is None:
            return
        is_known = watched.obedience.verdict is not Verdict.UNVERIFIED
        if nudge is Nudge.NEXT_WAY and (is_known or not evse.next_method()):
            return  # the way is right, or all were tried: something else holds the car back
        log.warning("waits though it may charge", evse=evse.evse_id, allowed_a=allowed_a)
        self._limits.say_again(evse.evse_id)

    def _notice(
        self, watched: _Watched, evse: ControllableEvse, reading: EvseReading, now: float
    ) -> None:
        """Take in what makes earlier samples and attempts worthless."""
        charging_since = reading.waiting_since if evse.in_use else None
        if charging_since != watched.charging_since:
            watched.charging_since = charging_since
            watched.hesitation = Hesitation()
            watched.obedience = watched.obedience.rested()
            watched.exhausted = False
            self._limits.count_drawn(evse.evse_id, None)
        if reading.connection != watched.connection:
            watched.connection = reading.connection
            watched.history = OfferHistory()
            watched.swept, watched.exhausted = False, False
        if evse.method != watched.method:
            watched.method = evse.method
            watched.obedience = watched.obedience.doubted()
        if watched.patience_s is not None:
            watched.patient_until = now + watched.patience_s
            watched.patience_s = None

    def _act(
        self, watched: _Watched, evse: ControllableEvse, before: Obedience, now: float
    ) -> None:
        """Do what the verdict of a new sample asks for."""
        evse_id, seen = evse.evse_id, watched.obedience
        if seen.verdict is Verdict.OBEYS:
            if before.verdict is not Verdict.OBEYS:
                log.info("obeys", evse=evse_id, offered_a=seen.offered_a)
            watched.exhausted = False
            evse.is_obeyed()
            return
        if before.verdict is not Verdict.DISOBEYS or before.at == -inf:
            log.warning(seen.words, evse=evse_id)
        if not watched.exhausted and seen.at > watched.patient_until:
            self._help(watched, evse, now)

    def _help(self, watched: _Watched, evse: ControllableEvse, now: float) -> None:
        """Take the next rung: others' profiles may overrule ours, or ours are said in vain."""
        if not watched.swept:
            watched.swept, watched.patient_until = True, inf
            self._tasks.spawn(_sweep(watched, evse), name=f"sweep {evse.evse_id}")
            return
        if evse.next_method():
            watched.patient_until = now + SENDING_S + evse.settle_s
        else:
            watched.exhausted = True
            log.error("does not obey, and nothing is left to be tried", evse=evse.evse_id)
        self._limits.say_again(evse.evse_id)


async def _sweep(watched: _Watched, evse: ControllableEvse) -> None:
    outcome = await evse.sweep()
    log.info("swept", evse=evse.evse_id, outcome=outcome.value)
    watched.patience_s = 0.0 if outcome is LimitOutcome.UNSENT else evse.settle_s
