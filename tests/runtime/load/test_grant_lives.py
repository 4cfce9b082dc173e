"""When grants end, and what holds afterwards (R100, R100a)."""

from math import inf

import pytest
from tests.support.scripted_evse import ScriptedEvse

from wattgate.runtime.load.grant_lives import LAPSE_MARGIN_S, LONGEST_GRANT_S, GrantLives

EVSE = ScriptedEvse(lifetime_s=900)


def granted(standing_a: float = 0.0) -> GrantLives:
    """Sent at 100, answered at 104."""
    lives = GrantLives()
    lives.sent(EVSE, 100)
    lives.accepted(EVSE, standing_a, sent_at=100, now=104)
    return lives


@pytest.mark.parametrize(("now", "is_due"), [(104, False), (549, False), (550, True)])
def test_a_grant_is_renewed_after_half_of_its_life_from_when_it_was_sent(
    now: float, is_due: bool
) -> None:
    assert granted().is_due(EVSE, 10.0, now) is is_due
    assert not granted().is_due(EVSE, 0.0, now)  # the fallback needs no grant


@pytest.mark.parametrize(("now", "is_due"), [(129, False), (130, True)])
def test_a_grant_that_knows_the_wrong_limits_to_come_is_said_again_half_a_minute_later(
    now: float, is_due: bool
) -> None:
    """R97: so that one who changes them all the time wears nothing out."""
    outdated = ScriptedEvse(lifetime_s=900, is_outdated=True)
    assert granted().is_due(outdated, 10.0, now) is is_due


def test_a_grant_of_unknown_age_is_renewed_at_once() -> None:
    lives = granted()
    lives.forget("a")
    assert lives.is_due(EVSE, 10.0, 105)
    assert lives.may_be_over("a", 105)
    assert lives.ends_by("a") == 104 + 900 + LAPSE_MARGIN_S


def test_a_changed_fallback_is_told_at_once() -> None:
    assert granted(standing_a=8.0).is_due(EVSE, 0.0, 105)


@pytest.mark.parametrize(("now", "over"), [(774, False), (775, True)])
def test_a_grant_may_be_over_after_three_quarters_of_its_life(now: float, over: bool) -> None:
    assert granted().may_be_over("a", now) is over


def test_a_grant_is_surely_over_when_every_one_that_was_sent_is() -> None:
    lives = granted()
    lives.sent(EVSE, 300)
    assert lives.ends_by("a") == 300 + 900 + LAPSE_MARGIN_S
    assert lives.ends_by("b") == inf
    lives.recovered("b", 50)
    assert lives.ends_by("b") == 50 + LONGEST_GRANT_S + LAPSE_MARGIN_S


def test_an_unanswered_fallback_counts_beside_the_one_before() -> None:
    lives = granted(standing_a=8.0)
    lives.unanswered("a", 6.0)
    assert lives.standing_a("a", 0.0) == 8.0
    lives.unanswered("a", 10.0)
    assert lives.standing_a("a", 0.0) == 10.0
    assert lives.standing_a("a", 12.0) == 12.0
