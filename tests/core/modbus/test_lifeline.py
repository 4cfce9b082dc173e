from dataclasses import dataclass, field, replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.modbus.lifeline import MARGIN_S, MOST_UNANSWERED, Lifeline, Permit

FAIL_SAFE_S = 180.0
NEW = Lifeline(heard_by=0.0, fail_safe_s=FAIL_SAFE_S)
OVER_S = FAIL_SAFE_S + MARGIN_S


def asked_in_vain(line: Lifeline, times: int, at: float = 0.0) -> Lifeline:
    for _ in range(times):
        line = line.asked(at, is_low=False).gave_up(at + 1)
    return line


def test_a_wallbox_has_fallen_once_it_cannot_have_heard_anything_for_its_fail_safe_time() -> None:
    assert not NEW.has_fallen(OVER_S - 0.1)
    assert NEW.has_fallen(OVER_S)


def test_one_that_has_no_fail_safe_never_falls_and_may_always_be_asked() -> None:
    line = asked_in_vain(Lifeline(0.0), 10 * MOST_UNANSWERED)
    assert not line.has_fallen(1e9)
    assert line.permit(1e9) is Permit.ANYTHING


def test_a_request_on_its_way_may_keep_it_from_falling() -> None:
    assert not NEW.asked(OVER_S - 1, is_low=False).has_fallen(OVER_S + 1)


def test_what_was_not_answered_may_have_been_heard_and_begins_its_time_anew() -> None:
    line = NEW.asked(100, is_low=False).gave_up(101)
    assert not line.has_fallen(100 + OVER_S)
    assert line.has_fallen(101 + OVER_S)


def test_what_was_never_sent_changes_nothing() -> None:
    assert NEW.asked(100, is_low=False).unsent() == NEW


@pytest.mark.parametrize(
    ("unanswered", "permit"),
    [
        (0, Permit.ANYTHING),
        (MOST_UNANSWERED - 1, Permit.ANYTHING),
        (MOST_UNANSWERED, Permit.NOTHING),
    ],
)
def test_after_a_few_requests_in_vain_nothing_is_sent_until_it_has_surely_fallen(
    unanswered: int, permit: Permit
) -> None:
    line = asked_in_vain(NEW, unanswered)
    assert line.permit(10) is permit
    assert line.permit(1 + OVER_S) is Permit.LOW_LIMIT


def test_an_answer_ends_all_doubt() -> None:
    line = asked_in_vain(NEW, MOST_UNANSWERED).asked(5, is_low=False).answered(6)
    assert line == Lifeline(6, FAIL_SAFE_S)


@pytest.mark.parametrize(
    ("looks", "permit"),
    [(MOST_UNANSWERED - 1, Permit.ANYTHING), (MOST_UNANSWERED, Permit.NOTHING)],
)
def test_one_that_answers_and_never_says_anything_of_use_is_let_fall(
    looks: int, permit: Permit
) -> None:
    line = NEW
    for _ in range(looks):
        line = line.asked(5, is_low=False).answered(6).looked(in_vain=True)
    assert line.permit(7) is permit
    assert line.looked(in_vain=False).permit(7) is Permit.ANYTHING


def test_one_that_takes_a_low_limit_once_it_has_fallen_is_looked_at_anew() -> None:
    line = replace(NEW, in_vain=MOST_UNANSWERED).asked(OVER_S, is_low=True).answered(OVER_S)
    assert line.permit(OVER_S) is Permit.ANYTHING


def test_a_low_limit_in_vain_leaves_it_fallen_and_the_next_may_follow_at_once() -> None:
    line = NEW.asked(OVER_S, is_low=True)
    assert line.has_fallen(OVER_S)
    line = line.gave_up(OVER_S + 1)
    assert line.permit(OVER_S + 2) is Permit.LOW_LIMIT


def test_anything_else_takes_a_fallen_wallbox_back_to_its_limit() -> None:
    line = NEW.asked(OVER_S, is_low=True).gave_up(OVER_S + 1)
    assert not line.asked(OVER_S + 2, is_low=False).has_fallen(OVER_S + 2)


@dataclass
class Watcher:
    """A wallbox that falls to 6 A; `limit_a` is what it was told last."""

    limit_a: float = 32.0
    heard_at: float = 0.0
    late: list[tuple[float, float | None]] = field(default_factory=list)

    def hear(self, at: float, limit_a: float | None) -> None:
        self.late.append((at, limit_a))

    def may_draw_a(self, now: float) -> float:
        for at, limit_a in sorted(self.late, key=lambda each: each[0]):
            if at <= now:
                self.heard_at = max(at, self.heard_at)
                self.limit_a = self.limit_a if limit_a is None else limit_a
        self.late = [each for each in self.late if each[0] > now]
        has_fallen = now - self.heard_at >= FAIL_SAFE_S * 1.05
        return 6.0 if has_fallen else self.limit_a


FATES = st.sampled_from(["answered", "lost", "heard", "late", "unsent"])
STORIES = st.lists(
    st.tuples(st.floats(0.1, 90), FATES, st.booleans(), st.floats(1, 20)), max_size=60
)


@given(STORIES)
def test_whatever_is_lost_in_either_direction_a_wallbox_that_has_fallen_draws_no_more(
    story: list[tuple[float, str, bool, float]],
) -> None:
    """The watch of the wallbox is 5 % slow, and requests arrive up to 20 s after we gave up."""
    now, line, wallbox = 0.0, NEW, Watcher()
    for wait_s, fate, wants_raise, late_s in story:
        now += wait_s
        if line.has_fallen(now):
            assert wallbox.may_draw_a(now) <= 6.0
        permit = line.permit(now)
        if permit is Permit.NOTHING:
            continue
        is_low = permit is Permit.LOW_LIMIT
        limit_a = 6.0 if is_low else (32.0 if wants_raise else None)
        line = line.asked(now, is_low=is_low)
        if fate == "unsent":
            line = line.unsent()
            continue
        if fate != "lost":
            wallbox.hear(now if fate != "late" else now + 1 + late_s, limit_a)
        now += 1.0
        line = line.answered(now) if fate == "answered" else line.gave_up(now)
    for later_s in (0.0, 50.0, OVER_S, inf):
        if line.has_fallen(now + later_s):
            assert wallbox.may_draw_a(now + later_s) <= 6.0
