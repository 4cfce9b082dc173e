"""What the profiles of each method come to in a wallbox, as time passes and ways change."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.limit_methods import ELAPSED_S, EVERY_METHOD, NOW, TERMS

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.profile_ids import clear_before_set, leftovers, profile_ids
from wattgate.core.charging.strategies import ProfileToSet, profiles_for
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profile_text import parse_profile
from wattgate.core.ocpp.profiles import Kind, Period, RateUnit, Running
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.units import NOMINAL_V

pytestmark = pytest.mark.story

EXPIRING = [method for method in EVERY_METHOD if method.expires]
RELATIVE = [method for method in EVERY_METHOD if method.kind is Kind.RELATIVE]


class Wallbox:
    """What a wallbox does with its profiles, which sees the time `clock_off` later than it is.

    Its transaction began `ELAPSED_S` before NOW.
    """

    def __init__(self, clock_off: timedelta = timedelta(), phases: int = 3) -> None:
        self.stack = ProfileStack()
        self._clock_off = clock_off
        self._phases = phases

    def obey(self, profiles: tuple[ProfileToSet, ...]) -> None:
        for profile in profiles:
            read = parse_profile(profile.profile_text)
            self.stack = self.stack.installed(profile.connector, read)

    def limit_a(
        self, after: timedelta, *, transaction_id: int | None = 7, started: timedelta | None = None
    ) -> float:
        """A that it allows so long after NOW; a wallbox without a limit fails the test."""
        its_now = NOW + self._clock_off
        began = timedelta(seconds=-ELAPSED_S) if started is None else started
        running = None
        if transaction_id is not None:
            running = Running(transaction_id, its_now + began)
        limit_a = self.stack.limit_at(1, its_now + after, running, self._phases)
        assert limit_a is not None
        return limit_a


@pytest.mark.parametrize("clock_off", [timedelta(hours=-47), timedelta(days=400)])
@pytest.mark.parametrize("method", EVERY_METHOD, ids=str)
def test_the_standing_current_does_not_ask_what_time_it_is(
    method: Method, clock_off: timedelta
) -> None:
    """R100"""
    terms = replace(TERMS, grant_a=None, standing_a=6.0)
    wallbox = Wallbox(clock_off)
    wallbox.obey(profiles_for(method, terms))
    assert wallbox.limit_a(timedelta()) == 6.0


seconds = st.integers(0, 7200).map(lambda s: timedelta(seconds=s))
clocks_off = st.integers(-600, 600).map(lambda s: timedelta(seconds=s))
currents_a = st.floats(0, 80)
every_terms = st.builds(
    replace,
    st.just(TERMS),
    grant_a=st.none() | currents_a,
    standing_a=st.sampled_from([0.0, 6.0, 7.3]),
    lifetime_s=st.integers(60, 3600),
    phases=st.integers(1, 3),
    periods=st.integers(1, 9),
    step_a=st.sampled_from([0.1, 1.0]),
    steps_a=st.sampled_from([(), (6.0, 8.0, 10.0, 13.0, 16.0)]),
)


def amperes(method: Method, terms: Terms, current_a: float) -> float:
    """What a current comes to once it is said in steps, and in W where the method says so."""
    limit = terms.limit(current_a, method.unit)
    return limit if method.unit is RateUnit.A else limit / (NOMINAL_V * terms.phases)


def promised_a(method: Method, terms: Terms, clock_off: timedelta, after: timedelta) -> float:
    """What the terms allow: a clock that is ahead ends a grant early by as much."""
    if terms.grant_a is None:
        return amperes(method, terms, terms.standing_a)
    ahead = clock_off if method.kind is Kind.ABSOLUTE else timedelta()
    lasts = timedelta(seconds=terms.lifetime_s) - ahead
    holds = method.strategy is Strategy.SINGLE_VALUE or after < lasts
    return amperes(method, terms, terms.grant_a if holds else terms.standing_a)


@given(st.sampled_from(EVERY_METHOD), every_terms, clocks_off, seconds)
def test_a_grant_holds_at_once_and_until_it_ends_and_then_the_standing_current_does(
    method: Method, terms: Terms, clock_off: timedelta, after: timedelta
) -> None:
    """R95, R100, R100b: the end is off by as much as the clock, the start not at all."""
    wallbox = Wallbox(clock_off, terms.phases)
    wallbox.obey(profiles_for(method, terms))
    limit_a = wallbox.limit_a(after)
    assert limit_a == pytest.approx(promised_a(method, terms, clock_off, after))
    assert limit_a <= max(terms.grant_a or 0.0, terms.standing_a) + 1e-6
    assert limit_a == 0 or limit_a > 6.0 - 1e-9


steps = st.lists(st.tuples(st.integers(1, 1000), currents_a), max_size=6)


def cap_at(caps: tuple[Period, ...], at_s: float) -> float:
    begun = [cap.limit for cap in caps if cap.start_s <= at_s]
    return begun[-1] if begun else inf


@given(
    st.sampled_from(EXPIRING),
    every_terms,
    st.integers(0, 1),
    steps,
    clocks_off,
    st.integers(0, 4800),
)
def test_no_grant_ever_allows_more_than_the_backends_do_at_the_time(
    method: Method,
    terms: Terms,
    first: int,
    later: list[tuple[int, float]],
    clock_off: timedelta,
    after_s: int,
) -> None:
    """R97, whatever became of the manager.

    Where the periods suffice it is exactly what they allow of the grant.
    """
    named = sorted({0: 20.0, **dict(later)}.items())[1 - first :]
    caps = tuple(Period(at_s, cap_a) for at_s, cap_a in named)
    is_below_all = all(terms.standing_a <= cap.limit for cap in caps)
    terms = replace(terms, caps=caps, standing_a=terms.standing_a if is_below_all else 0.0)
    wallbox = Wallbox(clock_off, terms.phases)
    wallbox.obey(profiles_for(method, replace(terms, wall_now=NOW + clock_off)))
    limit_a = wallbox.limit_a(timedelta(seconds=after_s))
    standing_a = amperes(method, terms, terms.standing_a)
    if terms.grant_a is None or after_s >= terms.lifetime_s:
        assert limit_a == pytest.approx(standing_a)
        return
    allowed_a = amperes(method, terms, min(terms.grant_a, cap_at(caps, after_s)))
    if terms.periods > len(caps) + 1:
        assert limit_a == pytest.approx(allowed_a)
    else:
        assert limit_a in (pytest.approx(allowed_a), pytest.approx(standing_a))


@given(
    st.sampled_from(EXPIRING),
    every_terms,
    clocks_off,
    seconds,
    st.sampled_from([None, 7, 8]),
    st.integers(-86400, 86400),
)
def test_what_expires_is_gone_after_its_time_whatever_has_begun_or_ended_since(
    method: Method,
    terms: Terms,
    clock_off: timedelta,
    after: timedelta,
    transaction_id: int | None,
    started_s: int,
) -> None:
    """R100a: a grant outlives its end by the fault of the clock at most, in any transaction."""
    wallbox = Wallbox(clock_off, terms.phases)
    wallbox.obey(profiles_for(method, terms))
    gone = timedelta(seconds=terms.lifetime_s + 600)
    limit_a = wallbox.limit_a(
        gone + after, transaction_id=transaction_id, started=timedelta(seconds=started_s)
    )
    assert limit_a == pytest.approx(amperes(method, terms, terms.standing_a))


@given(
    st.sampled_from(RELATIVE),
    every_terms,
    st.sampled_from([None, 8]),
)
def test_a_relative_schedule_says_no_more_than_the_standing_current_without_a_transaction(
    method: Method, terms: Terms, transaction_id: int | None
) -> None:
    """R100: else the next transaction would begin with a grant that nobody gave it."""
    wallbox = Wallbox(phases=terms.phases)
    wallbox.obey(profiles_for(method, replace(terms, transaction_id=None, elapsed_s=None)))
    limit_a = wallbox.limit_a(timedelta(), transaction_id=transaction_id, started=timedelta())
    assert limit_a == pytest.approx(amperes(method, terms, terms.standing_a))


@given(
    st.sampled_from(EVERY_METHOD),
    st.lists(every_terms, min_size=1, max_size=5),
    clocks_off,
)
def test_the_newest_terms_are_what_holds(
    method: Method, history: list[Terms], clock_off: timedelta
) -> None:
    """R93, R100"""
    wallbox = Wallbox(clock_off)
    for minute, terms in enumerate(replace(terms, phases=3) for terms in history):
        passed = timedelta(minutes=minute)
        said = replace(terms, wall_now=NOW + passed, elapsed_s=ELAPSED_S + 60 * minute)
        wallbox.obey(profiles_for(method, said))
        expected_a = promised_a(method, said, clock_off, timedelta())
        assert wallbox.limit_a(passed) == pytest.approx(expected_a)


def way_changed(
    wallbox: Wallbox, old: Method | None, new: Method, profiles: tuple[ProfileToSet, ...]
) -> Iterator[None]:
    """Every moment of a change of the way, as R100 has it done."""

    def clear() -> Iterator[None]:
        for profile_id in leftovers(old, new, 1):
            wallbox.stack, _ = wallbox.stack.cleared(profile_id=profile_id)
            yield

    if clear_before_set(old, new):
        yield from clear()
    for profile in profiles:
        wallbox.obey((profile,))
        yield
    if not clear_before_set(old, new):
        yield from clear()


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("old", EVERY_METHOD, ids=str)
def test_no_change_of_the_way_leaves_a_wallbox_without_a_limit(old: Method, is_known: bool) -> None:
    """R100: every pair of ways."""
    lowered = replace(TERMS, grant_a=8.0)
    for new in EVERY_METHOD:
        wallbox = Wallbox()
        wallbox.obey(profiles_for(old, TERMS))
        for _ in way_changed(wallbox, old if is_known else None, new, profiles_for(new, lowered)):
            assert wallbox.limit_a(timedelta()) <= 13.2
        assert wallbox.limit_a(timedelta()) == 8.0


@given(
    st.sampled_from(EVERY_METHOD),
    st.sampled_from(EVERY_METHOD),
    every_terms,
    every_terms,
    st.booleans(),
)
def test_a_change_of_the_way_leaves_a_limit_at_every_moment_and_the_new_one_at_last(
    old: Method, new: Method, before: Terms, after: Terms, is_known: bool
) -> None:
    """R100: also after a restart, when the old way is not known."""
    wallbox = Wallbox()
    before, after = replace(before, phases=3), replace(after, phases=3)
    wallbox.obey(profiles_for(old, before))
    most_a = max(
        terms_a for terms in (before, after) for terms_a in (terms.grant_a or 0.0, terms.standing_a)
    )
    for _ in way_changed(wallbox, old if is_known else None, new, profiles_for(new, after)):
        assert wallbox.limit_a(timedelta()) <= most_a + 1e-6
    assert {profile.profile_id for _, profile in wallbox.stack.entries} <= set(profile_ids(1))
    expected_a = promised_a(new, after, timedelta(), timedelta())
    assert wallbox.limit_a(timedelta()) == pytest.approx(expected_a)
    assert wallbox.limit_a(timedelta(days=1)) == pytest.approx(
        promised_a(new, after, timedelta(), timedelta(days=1))
    )
