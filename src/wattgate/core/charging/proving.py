"""The guided proof that grants end by themselves, and survive a power cycle (R100a).

Two claims, each tried in two steps: the current has to be gone when nothing allows it, and has to
come back as soon as something does. Without the second a full battery would prove anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from wattgate.core.charging.behaviour import Proof
from wattgate.core.charging.lapse import CLEARLY_A, flows, rests
from wattgate.core.charging.proof_steps import (
    CHARGES_THROUGHOUT,
    DEADLINES_S,
    GRANT_S,
    GRANTS_S,
    TOO_LATE,
    WORDS,
    Step,
)
from wattgate.core.load.sensing import Draw

EARLY_S: Final = 15.0
"""s before its end from which on a grant may be over by the wallbox's clock."""

LATE_S: Final = 60.0
"""s after its end from which on a grant must be over by the wallbox's clock."""

CROWDED_S: Final = 10.0
"""s for which its circuits may be over: a cycle, and a command to the neighbours (R89)."""

QUIET_S: Final = 30.0
"""s without current after the power cycle, once it had its time to settle."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of the EVSE at `now` (monotonic, s).

    `may_go_on` is false once the EVSE is not to be limited any more. `charging_since` is when its
    transaction began (monotonic, s), None without one; `draw` the newest sample of that.
    `connection` is a new number for each connection, each boot and each step of its clock, `links`
    for each connection alone; `has_booted` tells of the present one.
    """

    now: float
    may_go_on: bool
    is_ready: bool
    charging_since: float | None
    connection: int
    links: int
    has_booted: bool
    has_room: bool
    draw: Draw | None


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """What is tried: the current that is granted and the one that stands without it, A per phase.

    `settle_s` is the time the wallbox gets to follow a limit.
    """

    current_a: float
    standing_a: float
    settle_s: float


@dataclass(frozen=True, slots=True)
class Grant:
    """To be sent now, once."""

    current_a: float
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A proof under way, or its end.

    `since` is when the step began (monotonic, s), `granted_at` when its grant was accepted, None
    before. `ended_by` is when every grant so far is over by the wallbox's clock; `powered_at` when
    it came back from the power cycle. `crowded_since` is since when its circuits have been over.
    `reason` says why something was not proven; else it is empty.
    """

    terms: TrialTerms
    step: Step
    since: float
    connection: int
    links: int
    granted_at: float | None = None
    ended_by: float = 0.0
    powered_at: float = 0.0
    crowded_since: float | None = None
    expiry: Proof = Proof.UNPROVEN
    persistence: Proof = Proof.UNPROVEN
    reason: str = ""

    @property
    def words(self) -> str:
        """What is going on, for the installer."""
        return WORDS[self.step]

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.step is Step.DONE

    @property
    def grant_due(self) -> Grant | None:
        """The grant that this step begins with, until it was sent."""
        lifetime_s = GRANTS_S.get(self.step)
        if lifetime_s is None or self.granted_at is not None:
            return None
        return Grant(self.terms.current_a, lifetime_s)


def why_not(sight: Sight, terms: TrialTerms, *, expires: bool) -> str | None:
    """Why the proof cannot begin; None where it can."""
    reasons = (
        (not sight.may_go_on, "load management does not limit this EVSE"),
        (not expires, "the wallbox is told its limits in a way that has no end"),
        (not sight.is_ready, "the wallbox is not connected"),
        (sight.charging_since is None, "no car charges"),
        (sight.draw is None, "the wallbox measures no current"),
        (
            sight.draw is None or not flows(sight.draw, terms.standing_a),
            f"the car draws less than {terms.standing_a + CLEARLY_A:g} A",
        ),
    )
    return next((reason for applies, reason in reasons if applies), None)


def begun(sight: Sight, terms: TrialTerms) -> Trial:
    """Begin; `why_not` has found no reason against it."""
    return Trial(terms, Step.ROOM, sight.now, sight.connection, sight.links)


def cancelled(trial: Trial) -> Trial:
    """Somebody gave it up; what was proven before stays proven."""
    return trial if trial.done else _ended(trial, "cancelled")


def granted(trial: Trial, now: float, *, accepted: bool) -> Trial:
    """The grant that was due has been answered."""
    grant = trial.grant_due
    if grant is None:
        return trial
    if not accepted:
        return _ended(trial, "the wallbox did not accept the grant")
    return replace(trial, granted_at=now, ended_by=now + grant.lifetime_s + LATE_S)


def looked(trial: Trial, sight: Sight) -> Trial:
    """Go on with what is seen."""
    if trial.done:
        return trial
    if not sight.may_go_on:
        return _ended(trial, "load management no longer limits this EVSE")
    if trial.step in CHARGES_THROUGHOUT:
        if sight.connection != trial.connection:
            return _ended(trial, "the wallbox has connected anew")
        if sight.charging_since is None:
            return _ended(trial, "the charging process has ended")
    trial = _crowded(trial, sight)
    if trial.crowded_since is not None and sight.now - trial.crowded_since > CROWDED_S:
        return _ended(trial, "the circuit has no room for it any more")
    after = _LOOKS[trial.step](trial, sight)
    patience_s = DEADLINES_S[trial.step] + trial.terms.settle_s
    if after is trial and sight.now - trial.since > patience_s:
        return _ended(trial, TOO_LATE[trial.step])
    return after


def _crowded(trial: Trial, sight: Sight) -> Trial:
    """Others are lowered first; the proof itself gives way only if that is not enough."""
    if sight.has_room or trial.step is Step.ROOM:
        return trial if trial.crowded_since is None else replace(trial, crowded_since=None)
    return trial if trial.crowded_since is not None else replace(trial, crowded_since=sight.now)


def _entering(trial: Trial, sight: Sight) -> Trial:
    """Nothing holds the EVSE during the proof: its circuits must carry all it can draw."""
    return _next(trial, Step.LAPSE, sight) if sight.has_room else trial


def _lapsing(trial: Trial, sight: Sight) -> Trial:
    """The current must fall when the grant ends, neither before nor long after."""
    draw, standing_a = sight.draw, trial.terms.standing_a
    if draw is None or trial.granted_at is None or draw.at <= trial.granted_at:
        return trial
    ends_at = trial.granted_at + GRANT_S
    if rests(draw, standing_a):
        if draw.at < ends_at - EARLY_S:
            return _ended(trial, "the current fell before the grant ended")
        return _next(trial, Step.WAKE, sight)
    if flows(draw, standing_a) and draw.at > ends_at + max(LATE_S, trial.terms.settle_s):
        refuted = replace(trial, expiry=Proof.REFUTED)
        return _ended(refuted, "the current went on after the end of the grant")
    return trial


def _waking(trial: Trial, sight: Sight) -> Trial:
    """The car must take current as soon as it is allowed: then nothing but the limit held it."""
    if not _flows_since(trial.granted_at, trial, sight.draw):
        return trial
    if trial.step is Step.WAKE:
        return _next(replace(trial, expiry=Proof.PROVEN), Step.POWER_CYCLE, sight)
    return _ended(replace(trial, persistence=Proof.PROVEN), "")


def _cycling(trial: Trial, sight: Sight) -> Trial:
    """A boot on a new connection is what can be seen of a power cycle."""
    if not sight.has_booted or sight.links == trial.links:
        return trial
    return replace(_next(trial, Step.START, sight), powered_at=sight.now)


def _starting(trial: Trial, sight: Sight) -> Trial:
    """A transaction from before the power cycle may be one whose end nobody reported."""
    if sight.charging_since is None or sight.charging_since < trial.powered_at:
        return trial
    return _next(trial, Step.QUIET, sight)


def _resting(trial: Trial, sight: Sight) -> Trial:
    """No current may flow: nothing was sent since the power cycle, and every grant is over."""
    if sight.charging_since is None or sight.charging_since > trial.since:
        return _next(trial, Step.START, sight)
    begins_at = max(trial.since + trial.terms.settle_s, trial.ended_by)
    if _flows_since(begins_at, trial, sight.draw):
        refuted = replace(trial, persistence=Proof.REFUTED)
        return _ended(refuted, "current flowed after the power cycle, though nothing allowed it")
    draw = sight.draw
    if draw is None or draw.at < begins_at + QUIET_S or not rests(draw, trial.terms.standing_a):
        return trial
    return _next(trial, Step.RESUME, sight)


def _flows_since(at: float | None, trial: Trial, draw: Draw | None) -> bool:
    if at is None or draw is None or draw.at <= at:
        return False
    return flows(draw, trial.terms.standing_a)


def _next(trial: Trial, step: Step, sight: Sight) -> Trial:
    return replace(
        trial,
        step=step,
        since=sight.now,
        connection=sight.connection,
        links=sight.links,
        granted_at=None,
    )


def _ended(trial: Trial, reason: str) -> Trial:
    return replace(trial, step=Step.DONE, reason=reason)


_LOOKS: Final[Mapping[Step, Callable[[Trial, Sight], Trial]]] = {
    Step.ROOM: _entering,
    Step.LAPSE: _lapsing,
    Step.WAKE: _waking,
    Step.POWER_CYCLE: _cycling,
    Step.START: _starting,
    Step.QUIET: _resting,
    Step.RESUME: _waking,
}
"""What is looked for in each step."""
