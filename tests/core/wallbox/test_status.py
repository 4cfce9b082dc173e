import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.connector import ConnectorStatus as S
from wattgate.core.wallbox.status import TRANSITIONS, Facts, status_of, steps

STATES = [state for state in S if state is not S.UNKNOWN]


def test_the_table_has_the_nine_states_of_ocpp_and_no_state_leads_to_itself() -> None:
    assert set(TRANSITIONS) == set(STATES)
    assert all(state not in following for state, following in TRANSITIONS.items())


def test_the_table_has_the_transitions_of_section_4_9_and_no_other() -> None:
    order = [
        S.AVAILABLE,
        S.PREPARING,
        S.CHARGING,
        S.SUSPENDED_EV,
        S.SUSPENDED_EVSE,
        S.FINISHING,
        S.RESERVED,
        S.UNAVAILABLE,
        S.FAULTED,
    ]
    rows = "A2345789 B134569 C145689 D135689 E134689 F1289 G1289 H123459 I12345678"
    table = {
        order["ABCDEFGHI".index(row[0])]: {order[int(number) - 1] for number in row[1:]}
        for row in rows.split()
    }
    assert {state: set(following) for state, following in TRANSITIONS.items()} == table


@pytest.mark.parametrize("state", [state for state in STATES if state is not S.FAULTED])
def test_every_state_can_fail_and_come_back(state: S) -> None:
    assert S.FAULTED in TRANSITIONS[state]
    assert state in TRANSITIONS[S.FAULTED]


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, S.AVAILABLE),
        ({"is_plugged": True}, S.PREPARING),
        ({"is_claimed": True}, S.PREPARING),
        ({"is_in_session": True, "is_fed": True, "is_allowed": True}, S.CHARGING),
        ({"is_in_session": True, "is_allowed": True}, S.SUSPENDED_EV),
        ({"is_in_session": True}, S.SUSPENDED_EVSE),
        ({"is_in_session": True, "is_operative": False}, S.SUSPENDED_EVSE),
        ({"is_plugged": True, "is_done": True}, S.FINISHING),
        ({"is_plugged": True, "is_done": True, "is_claimed": True}, S.PREPARING),
        ({"is_reserved": True}, S.RESERVED),
        ({"is_reserved": True, "is_claimed": True}, S.PREPARING),
        ({"is_operative": False, "is_plugged": True}, S.UNAVAILABLE),
        ({"has_fault": True, "is_in_session": True}, S.FAULTED),
    ],
)
def test_the_facts_name_the_state(facts: dict[str, bool], state: S) -> None:
    assert status_of(Facts(**facts)) is state


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        (S.UNKNOWN, S.CHARGING, (S.CHARGING,)),
        (S.AVAILABLE, S.PREPARING, (S.PREPARING,)),
        (S.FINISHING, S.CHARGING, (S.PREPARING, S.CHARGING)),
        (S.RESERVED, S.SUSPENDED_EVSE, (S.PREPARING, S.SUSPENDED_EVSE)),
        (S.PREPARING, S.UNAVAILABLE, (S.AVAILABLE, S.UNAVAILABLE)),
        (S.CHARGING, S.CHARGING, ()),
    ],
)
def test_a_change_is_reported_by_the_shortest_way_of_the_table(
    before: S, after: S, reported: tuple[S, ...]
) -> None:
    assert steps(before, after) == reported


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_every_way_keeps_to_the_table(before: S, after: S) -> None:
    way = (before, *steps(before, after))
    assert way[-1] is after
    assert all(there in TRANSITIONS[here] for here, there in pairwise(way))


@given(st.fixed_dictionaries({f.name: st.booleans() for f in dataclasses.fields(Facts)}))
def test_all_facts_together_have_a_state(facts: dict[str, bool]) -> None:
    assert status_of(Facts(**facts)) in TRANSITIONS
