from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.load.circuits import Load
from wattgate.core.load.demand import KEPT_PRIORITY, OVER, EvseView, demand, kept
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus

ALL = frozenset({0, 1, 2})
CHARGING = EvseView("a", ALL, 6.0, 32.0, ConnectorStatus.CHARGING, transaction_open=True)


def range_a(load: Load | None) -> tuple[float, float] | None:
    return None if load is None else (load.minimum_a, load.maximum_a)


def test_an_open_transaction_asks_for_what_the_hardware_can_do() -> None:
    view = replace(CHARGING, priority=3, since=7.0, running=True)
    assert demand(view, now=0.0) == Load("a", ALL, 6.0, 32.0, 3, 7.0, running=True)


@pytest.mark.parametrize("status", ConnectorStatus)
def test_a_car_without_a_transaction_asks_for_nothing(status: ConnectorStatus) -> None:
    assert demand(replace(CHARGING, status=status, transaction_open=False), now=0.0) is None


@pytest.mark.parametrize("status", ConnectorStatus)
def test_an_open_transaction_asks_unless_no_current_can_flow(status: ConnectorStatus) -> None:
    asks = demand(replace(CHARGING, status=status), now=61.0) is not None
    assert asks is (status not in {"Finishing", "Unavailable", "Faulted"})
    assert asks is (status not in OVER)


FAULTED = replace(CHARGING, status=ConnectorStatus.FAULTED, status_since=100.0)


@pytest.mark.parametrize(
    ("draw", "now", "asks"),
    [
        (None, 100.0, True),
        (None, 160.0, True),
        (None, 160.1, False),
        (Draw(99.0, 16.0, 16.0), 160.1, False),
        (Draw(110.0, 16.0, 16.0), 900.0, True),
        (Draw(110.0, 0.3, 0.3), 111.0, False),
        (Draw(110.0, 0.3, 1.0), 111.0, True),
    ],
)
def test_a_fault_is_the_end_unless_current_flows_all_the_same(
    draw: Draw | None, now: float, asks: bool
) -> None:
    assert (demand(replace(FAULTED, draw=draw), now) is not None) is asks


def test_an_evse_that_is_switched_off_asks_for_nothing() -> None:
    assert demand(replace(CHARGING, enabled=False), now=0.0) is None


@pytest.mark.parametrize(
    ("minimum_a", "maximum_a", "cap_a", "expected"),
    [
        (6.0, 32.0, None, (6.0, 32.0)),
        (6.0, 32.0, 40.0, (6.0, 32.0)),
        (6.0, 32.0, 16.0, (6.0, 16.0)),
        (6.0, 32.0, 16.29, (6.0, 16.2)),
        (6.0, 32.0, 6.0, (6.0, 6.0)),
        (6.0, 32.0, 5.9, None),
        (6.0, 32.0, 0.0, None),
        (8.0, 32.0, 7.9, None),
        (6.05, 32.0, None, (6.1, 32.0)),
        (6.05, 6.09, None, None),
        (5.0, 32.0, None, (6.0, 32.0)),
    ],
)
def test_the_hardware_and_the_backend_bound_the_demand(
    minimum_a: float, maximum_a: float, cap_a: float | None, expected: tuple[float, float] | None
) -> None:
    """R100b: a cap below the minimum is a pause; R95: in tenths."""
    view = replace(CHARGING, minimum_a=minimum_a, maximum_a=maximum_a, cap_a=cap_a)
    assert range_a(demand(view, now=0.0)) == expected


@pytest.mark.parametrize(
    ("since", "satisfied", "expected"),
    [(None, False, (8.0, 16.0)), (40.0, False, (8.0, 16.0)), (39.9, True, (8.0, 8.0))],
)
def test_a_car_that_takes_nothing_for_a_minute_asks_for_its_minimum_after_all_others(
    since: float | None, satisfied: bool, expected: tuple[float, float]
) -> None:
    view = replace(CHARGING, minimum_a=8.0, maximum_a=16.0, suspended_ev_since=since)
    load = demand(view, now=100.0)
    assert load is not None
    assert load.satisfied is satisfied
    assert range_a(load) == expected


def test_the_time_to_settle_can_be_chosen() -> None:
    load = demand(replace(CHARGING, suspended_ev_since=0.0), now=100.0, settle_s=100.0)
    assert load is not None
    assert not load.satisfied


@given(st.floats(0, 80), st.floats(0, 80), st.floats(0, 80) | st.none(), st.booleans())
def test_whatever_the_figures_the_demand_can_be_met(
    minimum_a: float, maximum_a: float, cap_a: float | None, rests: bool
) -> None:
    view = replace(CHARGING, minimum_a=minimum_a, maximum_a=maximum_a, cap_a=cap_a)
    load = demand(replace(view, suspended_ev_since=-99.0 if rests else None), now=0.0)
    if load is not None:
        assert minimum_a - 1e-6 <= load.minimum_a <= load.maximum_a <= maximum_a + 1e-6


@pytest.mark.parametrize(
    ("standing_a", "expected"),
    [(6.0, (6.0, 6.0)), (8.55, (8.5, 8.5)), (5.9, None), (0.0, None)],
)
def test_what_a_deactivated_evse_keeps_comes_before_all_others_P15(
    standing_a: float, expected: tuple[float, float] | None
) -> None:
    load = kept(replace(CHARGING, enabled=False, transaction_open=False), standing_a)
    assert range_a(load) == expected
    assert load is None or (load.priority, load.running) == (KEPT_PRIORITY, True)
