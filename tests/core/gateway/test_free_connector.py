import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.free_connector import Candidate, free_connector
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
        ([], None),
    ],
    ids=["plugged in", "free", "has charged", "lowest", "taken", "only one", "in use", "none"],
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
        ),
        unique_by=lambda each: each.number,
    )
)
def test_whatever_is_chosen_is_in_nobodys_use(candidates: list[Candidate]) -> None:
    number = free_connector(candidates)
    chosen = [each for each in candidates if each.number == number]
    assert not any(each.in_use for each in chosen)
    assert bool(chosen) is (number is not None)
