from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.commands.free_connector import (
    Candidate,
    connector_to_keep,
    free_connector,
    why_none_is_kept,
)
from wattgate.core.station.connector import ConnectorStatus as Status

FREE = Candidate(1, Status.AVAILABLE)
PLUGGED = Candidate(2, Status.PREPARING)


@pytest.mark.parametrize(
    ("candidates", "number"),
    [
        ([FREE, PLUGGED], 2),
        ([FREE, Candidate(2, Status.FINISHING)], 1),
        ([Candidate(1, Status.RESERVED), Candidate(2, Status.FINISHING)], 2),
        ([Candidate(3, Status.AVAILABLE), Candidate(2, Status.AVAILABLE)], 2),
        ([Candidate(1, Status.PREPARING, awaits_car=True), Candidate(2, Status.AVAILABLE)], 2),
        ([Candidate(1, Status.PREPARING, awaits_car=True)], 1),
        ([Candidate(1, Status.PREPARING, in_use=True)], None),
        ([Candidate(1, Status.PREPARING, is_kept=True), Candidate(2, Status.FINISHING)], 2),
        ([Candidate(1, Status.RESERVED, is_kept=True)], None),
        ([], None),
    ],
    ids=[
        *("plugged in", "free", "has charged", "lowest", "taken", "only one", "in use", "kept"),
        *("reserved", "none"),
    ],
)
def test_p16_a_start_without_a_connector_is_for_the_car_that_is_plugged_in_r101(
    candidates: list[Candidate], number: int | None
) -> None:
    assert free_connector(candidates) == number


@pytest.mark.parametrize(
    "status",
    [
        Status.UNKNOWN,
        Status.CHARGING,
        Status.SUSPENDED_EV,
        Status.SUSPENDED_EVSE,
        Status.UNAVAILABLE,
        Status.FAULTED,
    ],
)
def test_nobody_starts_where_nothing_can_begin(status: Status) -> None:
    assert free_connector([Candidate(1, status)]) is None


@given(
    st.lists(
        st.builds(
            Candidate,
            st.integers(1, 9),
            st.sampled_from(Status),
            st.booleans(),
            st.booleans(),
            st.booleans(),
        ),
        unique_by=lambda each: each.number,
    ),
    st.sampled_from([free_connector, connector_to_keep]),
)
def test_whatever_is_chosen_is_in_nobodys_use(
    candidates: list[Candidate], choose: Callable[[list[Candidate]], int | None]
) -> None:
    number = choose(candidates)
    chosen = [each for each in candidates if each.number == number]
    assert not any(each.in_use or each.is_kept for each in chosen)
    assert bool(chosen) is (number is not None)


@pytest.mark.parametrize(
    ("candidates", "number"),
    [
        ([PLUGGED, Candidate(3, Status.AVAILABLE)], 3),
        ([PLUGGED, Candidate(3, Status.FINISHING)], 3),
        ([PLUGGED], 2),
        ([Candidate(1, Status.AVAILABLE, awaits_car=True)], None),
        ([Candidate(1, Status.RESERVED)], None),
        ([Candidate(1, Status.FAULTED)], None),
    ],
)
def test_a_reservation_for_any_connector_keeps_one_without_a_car_r102(
    candidates: list[Candidate], number: int | None
) -> None:
    assert connector_to_keep(candidates) == number


@pytest.mark.parametrize(
    ("candidates", "status"),
    [
        ([Candidate(1, Status.FAULTED), Candidate(2, Status.FAULTED)], "Faulted"),
        ([Candidate(1, Status.UNAVAILABLE)], "Unavailable"),
        ([Candidate(1, Status.FAULTED), Candidate(2, Status.CHARGING)], "Occupied"),
        ([Candidate(1, Status.CHARGING)], "Occupied"),
        ([], "Occupied"),
    ],
)
def test_where_none_can_be_reserved_the_answer_says_why(
    candidates: list[Candidate], status: str
) -> None:
    assert why_none_is_kept(candidates) == status
