"""Does a wallbox do what it is told? Offered against measured current (R100a, R100b)."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf
from typing import Final

from wattgate.core.load.sensing import Draw

STRETCHES: Final = 64
"""How many limits are remembered of an EVSE; with 5 s between raises that is minutes."""

LEAST_TOLERANCE_A: Final = 1.0
"""A by which a draw may miss its limit: meters and cars are not exact."""

TOLERANCE_SHARE: Final = 0.1
"""The same as a share of the limit."""

PAUSED_BELOW_A: Final = 1.0
"""A below which no car charges; a wallbox itself may need some tenths."""


class Verdict(StrEnum):
    """Whether limits are followed."""

    UNVERIFIED = "unverified"
    OBEYS = "obeys"
    DISOBEYS = "does not obey"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The same limit was seen in force from `since` to `until` (monotonic, s)."""

    since: float
    until: float
    allowed_a: float


@dataclass(frozen=True, slots=True)
class OfferHistory:
    """The limits of an EVSE over time, as they were noted now and then.

    Between two notes that differ, either limit may have been in force.
    """

    stretches: tuple[_Stretch, ...] = ()

    def noted(self, at: float, allowed_a: float) -> "OfferHistory":
        """A limit is in force at `at` (monotonic, s), not before the last note."""
        if self.stretches and self.stretches[-1].allowed_a == allowed_a:
            *older, newest = self.stretches
            return OfferHistory((*older, replace(newest, until=at)))
        return OfferHistory((*self.stretches, _Stretch(at, at, allowed_a))[-STRETCHES:])

    def most_within(self, since: float, until: float) -> float | None:
        """The highest limit, A, that may have been in force between the two times.

        None where the notes do not reach back that far: then nobody knows.
        """
        if not self.stretches or self.stretches[0].since > since:
            return None
        ends = (*(stretch.since for stretch in self.stretches[1:]), until)
        begins = (since, *(stretch.until for stretch in self.stretches[:-1]))
        return max(
            stretch.allowed_a
            for stretch, begin, end in zip(self.stretches, begins, ends, strict=True)
            if begin <= until and end >= since
        )

    def unchanged_since(self, at: float) -> float:
        """From when on the limit of `at` was in force without a change; inf where not known."""
        began = inf
        for stretch in self.stretches:
            if stretch.since <= at:
                began = stretch.since
        return began


@dataclass(frozen=True, slots=True)
class _Sample:
    """A draw that was judged; `offered_a` is the highest limit that may have been in force."""

    draw: Draw
    offered_a: float

    @property
    def exceeds(self) -> bool:
        """Whether it drew clearly more than it was allowed."""
        return self.draw.least_a > self.offered_a + tolerance_a(self.offered_a)

    @property
    def is_held(self) -> bool:
        """Whether it drew as much as it was allowed, and not more."""
        return holds(self.draw, self.offered_a)


@dataclass(frozen=True, slots=True)
class Obedience:
    """What is known about one EVSE; `drawn_a` and `offered_a` are those that led to the verdict.

    `at` is the monotonic time (s) of the sample that did, -inf without one of this transaction.
    `newest` is the last sample that was judged, `prior` the last one from before the present limit.
    """

    verdict: Verdict = Verdict.UNVERIFIED
    drawn_a: float = 0.0
    offered_a: float = 0.0
    at: float = -inf
    newest: _Sample | None = field(default=None, repr=False)
    prior: _Sample | None = field(default=None, repr=False)

    @property
    def words(self) -> str:
        """For a person."""
        if self.verdict is not Verdict.DISOBEYS:
            return str(self.verdict)
        return f"{self.verdict}: {self.drawn_a:.3g} A drawn, {self.offered_a:.3g} A offered"

    @property
    def counted_a(self) -> float | None:
        """A that it counts at least while it does not obey: what it draws now; else None.

        Also where that is no more than it may at this moment: it is not its limit that holds it.
        """
        if self.verdict is not Verdict.DISOBEYS or self.newest is None:
            return None
        return self.newest.draw.most_a

    def doubted(self) -> "Obedience":
        """Limits are said in another way from now on: what the old one achieved says nothing."""
        is_worse = self.verdict is Verdict.DISOBEYS
        verdict = Verdict.DISOBEYS if is_worse else Verdict.UNVERIFIED
        return replace(self, verdict=verdict, prior=None)

    def rested(self) -> "Obedience":
        """Charging is over: the verdict stays, what was drawn is no evidence for the next time."""
        return replace(self, at=-inf, newest=None, prior=None)


def tolerance_a(offered_a: float) -> float:
    """A by which a draw may miss this limit."""
    return max(LEAST_TOLERANCE_A, TOLERANCE_SHARE * offered_a)


def holds(draw: Draw, offered_a: float) -> bool:
    """Whether the limit is what holds the current down: it is used up and not exceeded.

    A draw far below its limit says something about the car, nothing about the wallbox.
    """
    if offered_a == 0:
        return draw.most_a < PAUSED_BELOW_A
    slack_a = tolerance_a(offered_a)
    return draw.least_a >= offered_a - slack_a and draw.most_a <= offered_a + slack_a


def judged(
    before: Obedience, history: OfferHistory, draw: Draw | None, settle_s: float
) -> Obedience:
    """Judge a new sample; one that was judged already, or none, changes nothing.

    A sample counts against the highest limit of the `settle_s` s before it. One that is clearly
    above it is enough for "does not obey": it is counted for the budget, where waiting costs fuses,
    and the wallbox has had its time to settle. "Obeys" takes evidence: the current moved to the
    limit when the limit moved. That a car happens to draw what it may is none.
    """
    if draw is None or (before.newest is not None and draw.at <= before.newest.draw.at):
        return before
    offered_a = history.most_within(draw.at - settle_s, draw.at)
    if offered_a is None:
        return before
    began = history.unchanged_since(draw.at)
    prior = before.prior
    if before.newest is not None and before.newest.draw.at < began:
        prior = before.newest
    sample = _Sample(draw, offered_a)
    seen = replace(before, newest=sample, prior=prior)
    if sample.exceeds:
        verdict = Verdict.DISOBEYS
    elif sample.is_held and began <= draw.at - settle_s and _moved_to(before, prior, offered_a):
        verdict = Verdict.OBEYS
    else:
        return seen
    return replace(seen, verdict=verdict, drawn_a=draw.most_a, offered_a=offered_a, at=draw.at)


def _moved_to(before: Obedience, prior: _Sample | None, offered_a: float) -> bool:
    """Whether a current that is held at this limit was another one before.

    Either it was clearly higher, or it was held at a clearly lower limit above 0: to begin when
    allowed, at whatever current, is no obedience.
    """
    step_a = 2 * tolerance_a(offered_a)
    exceeded = before.verdict is Verdict.DISOBEYS and before.at > -inf
    if exceeded and before.drawn_a > offered_a + step_a:
        return True
    if prior is None:
        return False
    if prior.draw.least_a > offered_a + step_a:
        return True
    return 0 < prior.offered_a < offered_a - step_a and prior.is_held
