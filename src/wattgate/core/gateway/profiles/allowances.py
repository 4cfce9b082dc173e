"""What the backends of an EVSE allow it by their charging profiles, together (R97-R99)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.profiles.courses import Course, least
from wattgate.core.ocpp.profiles import Period, Running
from wattgate.core.ocpp.schedules import ProfileStack


@dataclass(frozen=True, slots=True)
class Allowance:
    """One backend's profiles for an EVSE, and what runs there, with that backend's number of it.

    `phases`, here and below, is what an absent numberPhases means: those of the EVSE (R95).
    """

    stack: ProfileStack
    running: Running | None = None

    def course(self, start: datetime, duration_s: int, phases: int) -> Course:
        """What it allows from `start` for `duration_s` s; infinite where it says nothing."""
        return self.stack.composite(
            BACKEND_CONNECTOR, start, duration_s, self.running, unlimited_a=inf, phases=phases
        )


def cap_a(allowances: Iterable[Allowance], now: datetime, phases: int) -> float | None:
    """A per phase that all of them allow now; 0 forbids charging, None: nobody sets a limit."""
    caps_a = (
        each.stack.limit_at(BACKEND_CONNECTOR, now, each.running, phases) for each in allowances
    )
    return min((cap for cap in caps_a if cap is not None), default=None)


def common_course(
    allowances: Iterable[Allowance],
    start: datetime,
    duration_s: int,
    *,
    most_a: float,
    phases: int,
) -> Course:
    """What all of them allow from `start` for `duration_s` s, 1 or more, and never above `most_a`.

    Each change of each of them is in it, to the second.
    """
    courses = [each.course(start, duration_s, phases) for each in allowances]
    return least([(Period(0, most_a),), *courses])


def least_ahead_a(allowances: Sequence[Allowance], now: datetime, phases: int) -> float | None:
    """A per phase below which no profile goes from now on, as far as is known; None: no limit.

    It is what an EVSE may keep without anybody who reads a clock.
    """
    ahead_a = (
        each.stack.least_ahead_a(BACKEND_CONNECTOR, now, each.running, phases)
        for each in allowances
    )
    return min((each_a for each_a in ahead_a if each_a is not None), default=None)
