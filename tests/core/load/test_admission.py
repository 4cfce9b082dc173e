from dataclasses import replace

import pytest

from wattgate.core.load.admission import admit, queue_key
from wattgate.core.load.circuits import Circuit, Load, rows

ALL = frozenset({0, 1, 2})
PLAIN = Load("m", ALL, 6.0, 16.0, since=100.0)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (replace(PLAIN, priority=2, satisfied=True), PLAIN),
        (PLAIN, replace(PLAIN, satisfied=True, running=True, since=0.0)),
        (replace(PLAIN, running=True, since=200.0), PLAIN),
        (replace(PLAIN, since=99.0), PLAIN),
        (replace(PLAIN, evse="l"), PLAIN),
    ],
    ids=["priority", "wants current", "runs", "waits longer", "name"],
)
def test_the_queue_is_ordered_by(first: Load, then: Load) -> None:
    assert sorted([then, first], key=queue_key) == [first, then]


def admitted(limit_a: float, loads: list[Load]) -> list[str]:
    circuit = Circuit("root", (limit_a,) * 3, frozenset(load.evse for load in loads))
    grid = rows([circuit], [(load.evse, load.phases) for load in loads])
    chosen = admit(grid, grid.limits_a, loads, range(len(loads)))
    return [loads[index].evse for index in chosen]


@pytest.mark.parametrize(
    ("limit_a", "expected"),
    [
        (-1.0, []),
        (0.0, []),
        (5.9, []),
        (6.0, ["a"]),
        (11.9, ["a"]),
        (12.0, ["a", "c"]),
        (14.0, ["a", "b"]),
        (19.9, ["a", "b"]),
        (20.0, ["a", "b", "c"]),
    ],
)
def test_nobody_is_admitted_to_less_than_its_minimum(limit_a: float, expected: list[str]) -> None:
    loads = [Load("a", ALL, 6.0, 16.0), Load("b", ALL, 8.0, 16.0), Load("c", ALL, 6.0, 16.0)]
    assert admitted(limit_a, loads) == expected


def test_who_does_not_fit_is_passed_over_for_the_next() -> None:
    loads = [Load("a", ALL, 6.0, 16.0), Load("b", ALL, 10.0, 16.0), Load("c", ALL, 6.0, 16.0)]
    assert admitted(12.0, loads) == ["a", "c"]


def test_minimums_in_tenths_fill_a_limit_exactly() -> None:
    loads = [Load(name, ALL, 6.1, 16.0) for name in "abc"]
    assert admitted(18.3, loads) == ["a", "b", "c"]


def test_single_phase_cars_on_other_phases_do_not_compete() -> None:
    on = {"a": 0, "b": 1, "c": 2, "d": 0}
    loads = [Load(name, frozenset({phase}), 6.0, 16.0) for name, phase in on.items()]
    assert admitted(6.0, loads) == ["a", "b", "c"]
