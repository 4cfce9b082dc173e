import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.charging.obedience import (
    STRETCHES,
    Obedience,
    OfferHistory,
    Verdict,
    holds,
    judged,
    tolerance_a,
)
from wattgate.core.load.sensing import Draw

SETTLE_S = 30.0


def history(*notes: tuple[float, float]) -> OfferHistory:
    """Limits from (at, allowed_a)."""
    kept = OfferHistory()
    for at, allowed_a in notes:
        kept = kept.noted(at, allowed_a)
    return kept


def at(when: float, least_a: float, most_a: float | None = None) -> Draw:
    """A sample, of the current unless `most_a` says that only power was measured."""
    return Draw(when, least_a, least_a if most_a is None else most_a)


def judge(kept: OfferHistory, *draws: Draw, before: Obedience | None = None) -> Obedience:
    """The verdict after these samples."""
    verdict = before or Obedience()
    for draw in draws:
        verdict = judged(verdict, kept, draw, SETTLE_S)
    return verdict


LOWERED = history((0, 16), (100, 16), (101, 6), (300, 6))
"""16 A, and 6 A from 101 s on."""


@pytest.mark.parametrize(
    ("since", "until", "most_a"),
    [
        (0, 50, 16),
        (90, 120, 16),
        (100, 120, 16),  # between two notes either may have held
        (101.5, 120, 6),
        (200, 900, 6),  # the last word holds on
        (-1, 50, None),  # the notes do not reach back that far
    ],
)
def test_a_sample_is_held_against_the_highest_limit_that_may_have_been_in_force(
    since: float, until: float, most_a: float | None
) -> None:
    assert LOWERED.most_within(since, until) == most_a


def test_without_a_note_nobody_knows_what_was_offered() -> None:
    assert OfferHistory().most_within(0, 1) is None
    assert OfferHistory().unchanged_since(1) == float("inf")


def test_a_limit_raised_between_two_notes_counts_for_the_samples_between_them() -> None:
    raised = history((0, 6), (100, 6), (110, 16))
    assert raised.most_within(60, 105) == 16


def test_the_history_is_bounded_and_what_it_forgot_is_not_known() -> None:
    kept = history(*((float(n), float(n % 2)) for n in range(STRETCHES + 10)))
    assert len(kept.stretches) == STRETCHES
    assert kept.most_within(9, 20) is None
    assert kept.most_within(10, 20) == 1


@given(
    st.lists(st.tuples(st.floats(0.1, 60), st.sampled_from([0.0, 6.0, 10.0, 16.0])), min_size=1),
    st.floats(0, 3000),
    st.floats(0, 300),
)
def test_no_limit_that_was_noted_in_the_window_is_overlooked(
    steps: list[tuple[float, float]], until: float, width: float
) -> None:
    now, notes = 0.0, [(0.0, 6.0)]
    for step_s, allowed_a in steps[: STRETCHES - 1]:
        now += step_s
        notes.append((now, allowed_a))
    most_a = history(*notes).most_within(until - width, until)
    within = [allowed_a for when, allowed_a in notes if until - width <= when <= until]
    if most_a is None:
        assert until - width < 0
    else:
        assert most_a >= max(within, default=0.0)


@pytest.mark.parametrize(("offered_a", "slack_a"), [(0, 1), (6, 1), (16, 1.6), (32, 3.2)])
def test_a_limit_is_missed_by_1_a_or_a_tenth_at_most(offered_a: float, slack_a: float) -> None:
    assert tolerance_a(offered_a) == pytest.approx(slack_a)


@pytest.mark.parametrize(
    ("draw", "offered_a", "held"),
    [
        (at(0, 15.2), 16, True),
        (at(0, 17), 16, True),
        (at(0, 9), 16, False),  # the car wants no more
        (at(0, 20), 16, False),
        (at(0, 0.3), 0, True),
        (at(0, 1), 0, False),
        (at(0, 5.3, 16), 16, False),  # power only: on one phase or on three
        (at(0, 15.5, 16), 16, True),
    ],
)
def test_a_limit_holds_a_current_down_that_uses_it_up(
    draw: Draw, offered_a: float, held: bool
) -> None:
    assert holds(draw, offered_a) is held


@pytest.mark.parametrize(
    ("draws", "verdict"),
    [
        ([], Verdict.UNVERIFIED),
        ([at(125, 16)], Verdict.UNVERIFIED),  # it had no time to settle
        ([at(132, 16)], Verdict.DISOBEYS),
        ([at(132, 7)], Verdict.UNVERIFIED),
        ([at(132, 7.1)], Verdict.DISOBEYS),
        ([at(20, 16)], Verdict.UNVERIFIED),  # what was offered before the notes began?
        ([at(132, 5.3, 16)], Verdict.UNVERIFIED),  # it may be three phases
        ([at(132, 8, 24)], Verdict.DISOBEYS),  # too much, on however many
        ([at(90, 15.4), at(132, 5.5)], Verdict.OBEYS),
        ([at(90, 15.4), at(115, 5.5), at(132, 5.5)], Verdict.OBEYS),
        ([at(90, 15.4), at(125, 5.5)], Verdict.UNVERIFIED),  # not settled yet
        ([at(132, 5.5)], Verdict.UNVERIFIED),  # perhaps the car takes no more
        ([at(90, 6.2), at(132, 5.5)], Verdict.UNVERIFIED),
        ([at(90, 15.4), at(132, 2)], Verdict.UNVERIFIED),  # far below proves nothing
        ([at(90, 5, 16), at(132, 2, 6)], Verdict.UNVERIFIED),
        ([at(132, 16), at(170, 6)], Verdict.OBEYS),
        ([at(132, 16), at(170, 2)], Verdict.DISOBEYS),
        ([at(132, 16), at(170, 6), at(200, 16)], Verdict.DISOBEYS),
    ],
)
def test_a_wallbox_obeys_whose_current_followed_its_limit_down(
    draws: list[Draw], verdict: Verdict
) -> None:
    assert judge(LOWERED, *draws).verdict is verdict


@pytest.mark.parametrize(
    ("notes", "draws", "verdict"),
    [
        # Told 0: it fell, it fell by itself long before, it did not fall (R100b).
        ([(0, 16), (100, 0)], [at(90, 15), at(140, 0.2)], Verdict.OBEYS),
        ([(0, 16), (100, 0)], [at(50, 15), at(90, 0.2), at(140, 0.2)], Verdict.UNVERIFIED),
        ([(0, 16), (100, 0)], [at(140, 3)], Verdict.DISOBEYS),
        # Raised: it went along from one limit to the next.
        ([(0, 6), (99, 6), (100, 16)], [at(90, 5.9), at(140, 15.5)], Verdict.OBEYS),
        ([(0, 6), (99, 6), (100, 16)], [at(90, 3), at(140, 15.5)], Verdict.UNVERIFIED),
        ([(0, 6), (99, 6), (100, 7)], [at(90, 5.9), at(140, 6.8)], Verdict.UNVERIFIED),
        # To begin when allowed is no obedience: perhaps 16 A is all the car takes.
        ([(0, 0), (99, 0), (100, 16)], [at(90, 0), at(140, 15.5)], Verdict.UNVERIFIED),
    ],
)
def test_evidence_is_a_current_that_moved_with_its_limit(
    notes: list[tuple[float, float]], draws: list[Draw], verdict: Verdict
) -> None:
    assert judge(history(*notes), *draws).verdict is verdict


def test_who_does_not_obey_is_shown_with_both_figures() -> None:
    assert judge(LOWERED, at(132, 16)).words == "does not obey: 16 A drawn, 6 A offered"
    assert judge(LOWERED, at(90, 15.4), at(132, 5.5)).words == "obeys"
    assert Obedience().words == "unverified"


def test_power_alone_counts_at_the_most_it_may_be_on_one_phase_r100a() -> None:
    found = judge(LOWERED, at(132, 8, 24))
    assert (found.drawn_a, found.offered_a, found.at) == (24, 6, 132)


def test_an_old_sample_never_counts_twice() -> None:
    found = judge(LOWERED, at(132, 16))
    assert judge(LOWERED, at(132, 6), before=found) is found
    assert judge(LOWERED, at(131, 6), before=found) is found


def test_without_a_measurement_it_stays_unverified_for_ever() -> None:
    assert judged(Obedience(), LOWERED, None, SETTLE_S) == Obedience()


def test_another_way_of_saying_limits_has_to_earn_its_own_verdict() -> None:
    doubted = judge(LOWERED, at(90, 15.4), at(132, 5.5)).doubted()
    assert doubted.verdict is Verdict.UNVERIFIED
    assert judge(LOWERED, at(142, 5.5), before=doubted).verdict is Verdict.UNVERIFIED
    assert judge(LOWERED, at(132, 16)).doubted().verdict is Verdict.DISOBEYS


def test_what_was_drawn_in_one_transaction_is_no_evidence_for_the_next() -> None:
    rested = judge(LOWERED, at(132, 16)).rested()
    assert rested.words == "does not obey: 16 A drawn, 6 A offered"
    assert judge(LOWERED, at(170, 6), before=rested).verdict is Verdict.DISOBEYS


def test_what_counts_against_a_wallbox_is_its_newest_sample() -> None:
    """R100a: what it draws, not what it drew, until it is seen to follow."""
    history = OfferHistory().noted(0, 6).noted(1000, 6)
    seen = Obedience()
    assert seen.counted_a is None
    for at, drawn_a, counted_a in ((100, 16, 16), (110, 12, 12), (120, 0, 0), (130, 6.5, None)):
        seen = judged(seen, history, Draw(at, drawn_a, drawn_a), 30)
        assert seen.counted_a == counted_a
    assert seen.verdict is Verdict.OBEYS
