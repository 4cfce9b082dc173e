from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.gateway.link.link_status import (
    Fault,
    LinkPhase,
    LinkProblem,
    LinkStatus,
    LinkStep,
)
from wattgate.core.security.certificates import LinkSecurity

START = datetime(2026, 5, 15, 12, tzinfo=UTC)
WAITING = LinkStatus(LinkPhase.WAITING, "no", START)
REFUSED = Fault(LinkStep.TCP, "connection refused")
DENIED = Fault(LinkStep.HTTP, "the backend answered HTTP 401", 401)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_phase_counts_from_when_it_or_its_reason_changed() -> None:
    again = WAITING.entered(LinkPhase.WAITING, "no", at(5))
    assert again.since == START
    assert again.entered(LinkPhase.WAITING, "still no", at(6)).since == at(6)
    assert again.entered(LinkPhase.CONNECTING, "no", at(7)).since == at(7)


def test_failures_are_counted_from_the_first_and_the_newest_is_told_r29() -> None:
    once = WAITING.failed(REFUSED, at(0), at(10))
    assert once.problem == LinkProblem(REFUSED, at(0), 1, at(10))
    twice = once.failed(DENIED, at(10), at(30))
    assert twice.problem == LinkProblem(DENIED, at(0), 2, at(30))


@pytest.mark.parametrize(
    "phase", [LinkPhase.CONNECTING, LinkPhase.REGISTERING, LinkPhase.PENDING, LinkPhase.WAITING]
)
def test_a_problem_stays_until_the_backend_has_accepted_us_r29(phase: LinkPhase) -> None:
    status = WAITING.failed(REFUSED, at(0), at(10)).entered(phase, "on", at(10))
    assert status.problem == LinkProblem(REFUSED, at(0), 1, None)


@pytest.mark.parametrize(
    ("phase", "left"),
    [
        (LinkPhase.REGISTERING, LinkSecurity.VERIFIED),
        (LinkPhase.PENDING, LinkSecurity.VERIFIED),
        (LinkPhase.ONLINE, LinkSecurity.VERIFIED),
        (LinkPhase.IDLE, None),
        (LinkPhase.CONNECTING, None),
        (LinkPhase.WAITING, None),
    ],
)
def test_what_a_connection_proves_counts_as_long_as_it_is_there_s10(
    phase: LinkPhase, left: LinkSecurity | None
) -> None:
    made = LinkStatus(LinkPhase.CONNECTING, "c", START, security=LinkSecurity.VERIFIED)
    assert made.failed(REFUSED, at(0), at(1)).security is LinkSecurity.VERIFIED
    assert made.entered(phase, "on", at(1)).security is left


@pytest.mark.parametrize("phase", [LinkPhase.ONLINE, LinkPhase.IDLE])
def test_who_is_accepted_or_not_wanted_has_no_problem(phase: LinkPhase) -> None:
    status = WAITING.failed(REFUSED, at(0), at(10)).entered(phase, "on", at(10))
    assert status.problem is None
    assert status.entered(LinkPhase.CONNECTING, "again", at(11)).problem is None
