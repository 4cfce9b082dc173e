import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.load.budget import (
    Feeder,
    excess_a,
    last_resort,
    site_circuits,
    turn,
    without,
    worth_after_connecting,
)
from wattgate.core.load.circuits import Circuit

ALL = frozenset({0, 1, 2})
CURRENT_A = st.floats(0, 80)


def test_every_evse_is_below_the_house_connection_and_below_its_wallboxs_feeder() -> None:
    circuits = site_circuits(
        (50.0, 45.0, 40.0),
        ["a", "b", "c"],
        [Feeder("CP1", 32.0, frozenset({"a", "b"})), Feeder("CP2", 16.0, frozenset({"c"}))],
    )
    assert circuits == (
        Circuit("house", (50.0, 45.0, 40.0), frozenset({"a", "b", "c"})),
        Circuit("feeder CP1", (32.0, 32.0, 32.0), frozenset({"a", "b"})),
        Circuit("feeder CP2", (16.0, 16.0, 16.0), frozenset({"c"})),
    )


def test_a_house_that_needs_more_than_it_has_leaves_less_than_nothing() -> None:
    assert site_circuits((-3.0, -3.0, -3.0), [], []) == (
        Circuit("house", (-3.0, -3.0, -3.0), frozenset()),
    )


def test_whoever_cannot_be_commanded_takes_from_its_circuits_on_its_phases_r100a() -> None:
    circuits = [
        Circuit("house", (50.0, 50.0, 50.0), frozenset({"a", "b", "c"})),
        Circuit("feeder CP2", (16.0, 16.0, 16.0), frozenset({"c"})),
    ]
    phases = {"a": ALL, "b": frozenset({1}), "c": ALL}
    assert without(circuits, {"a": 16.0, "b": 10.0}, phases) == (
        Circuit("house", (34.0, 24.0, 34.0), frozenset({"a", "b", "c"})),
        Circuit("feeder CP2", (16.0, 16.0, 16.0), frozenset({"c"})),
    )


def test_more_than_a_circuit_has_may_be_taken_and_the_rest_is_negative() -> None:
    (left,) = without(
        [Circuit("house", (10.0, 10.0, 10.0), frozenset("a"))], {"a": 32.0}, {"a": ALL}
    )
    assert left.limit_a == (-22.0, -22.0, -22.0)


HOUSE = Circuit("house", (41.0, 41.0, 30.0), frozenset("abc"))
FEEDER = Circuit("feeder", (20.0, 20.0, 20.0), frozenset("bc"))


@pytest.mark.parametrize(
    ("worst_a", "over"),
    [
        ({"a": 10.0, "b": 10.0, "c": 10.0}, {}),
        ({"a": 16.0, "b": 10.0, "c": 10.0}, {"house": 6.0}),
        ({"a": 0.0, "b": 12.0, "c": 9.5}, {"feeder": 1.5}),
        ({"a": 32.0, "b": 16.0, "c": 16.0}, {"house": 34.0, "feeder": 12.0}),
        ({}, {}),
    ],
)
def test_a_circuit_is_over_by_what_its_fullest_phase_lacks(
    worst_a: dict[str, float], over: dict[str, float]
) -> None:
    assert excess_a([HOUSE, FEEDER], worst_a, dict.fromkeys("abc", ALL)) == over


@pytest.mark.parametrize(
    ("over", "culprits", "allowed_a", "stopped"),
    [
        (["house"], "c", {"a": 0.0, "b": 0.0, "c": 6.0}, "c"),
        (["house"], "c", {"a": 6.0, "b": 0.0, "c": 6.0}, ""),
        (["house"], "bc", {"a": 0.0, "b": 6.0, "c": 6.0}, "bc"),
        (["house"], "", {"a": 0.0, "b": 0.0, "c": 0.0}, ""),
        (["feeder"], "c", {"a": 16.0, "b": 0.0, "c": 6.0}, "c"),
        (["feeder"], "a", {"a": 16.0, "b": 0.0, "c": 0.0}, ""),
        ([], "c", {"a": 0.0, "b": 0.0, "c": 6.0}, ""),
    ],
)
def test_only_who_follows_no_limit_is_stopped_and_only_when_all_others_are_at_0_r100b(
    over: list[str], culprits: str, allowed_a: dict[str, float], stopped: str
) -> None:
    found = last_resort([HOUSE, FEEDER], over, frozenset(culprits), allowed_a)
    assert found == frozenset(stopped)


@given(
    st.dictionaries(st.sampled_from("abcd"), CURRENT_A),
    st.fixed_dictionaries({evse: st.frozensets(st.sampled_from([0, 1, 2])) for evse in "abcd"}),
    st.frozensets(st.sampled_from("abcd")),
)
def test_a_circuit_loses_on_each_phase_what_its_own_evses_draw_there(
    fixed_a: dict[str, float], phases: dict[str, frozenset[int]], members: frozenset[str]
) -> None:
    (left,) = without([Circuit("x", (100.0, 100.0, 100.0), members)], fixed_a, phases)
    for phase in ALL:
        drawn_a = sum(fixed_a[evse] for evse in members & set(fixed_a) if phase in phases[evse])
        assert left.limit_a[phase] == pytest.approx(100.0 - drawn_a)


@pytest.mark.parametrize(
    ("booted", "idle", "worst_a", "measured_a", "worth_a"),
    [
        (False, False, 10.0, None, 10.0),
        (False, False, 10.0, 8.0, 10.0),
        (False, False, 10.0, 14.0, 14.0),
        (False, False, 10.0, 40.0, 32.0),
        (False, False, 40.0, None, 32.0),
        (False, True, 10.0, None, 10.0),
        (True, True, 10.0, 14.0, 0.0),
        (True, False, 0.0, 0.0, 32.0),
        (True, False, 10.0, None, 32.0),
    ],
)
def test_after_a_boot_nothing_is_known_and_after_a_reconnect_what_it_was_allowed_r100a(
    booted: bool, idle: bool, worst_a: float, measured_a: float | None, worth_a: float
) -> None:
    counted_a = worth_after_connecting(
        booted=booted, idle=idle, worst_a=worst_a, measured_a=measured_a, hardware_a=32.0
    )
    assert counted_a == worth_a


@given(st.booleans(), st.booleans(), CURRENT_A, CURRENT_A | st.none(), CURRENT_A)
def test_nothing_counts_for_more_than_its_hardware_can_draw_r100a(
    booted: bool, idle: bool, worst_a: float, measured_a: float | None, hardware_a: float
) -> None:
    counted_a = worth_after_connecting(
        booted=booted, idle=idle, worst_a=worst_a, measured_a=measured_a, hardware_a=hardware_a
    )
    assert 0.0 <= counted_a <= hardware_a


@pytest.mark.parametrize(
    ("waiting_since", "charging_since", "now", "place"),
    [
        (5.0, None, 2000.0, (False, 5.0)),
        (5.0, 100.0, 100.0, (True, 1000.0)),
        (5.0, 100.0, 999.9, (True, 1000.0)),
        (5.0, 100.0, 1000.0, (False, 1000.0)),
        (5.0, 100.0, 5000.0, (False, 1000.0)),
    ],
)
def test_a_car_keeps_its_place_for_its_turn_and_then_waits_from_its_end(
    waiting_since: float, charging_since: float | None, now: float, place: tuple[bool, float]
) -> None:
    assert (
        turn(
            waiting_since=waiting_since,
            charging_since=charging_since,
            now=now,
            minimum_on_s=900.0,
        )
        == place
    )
