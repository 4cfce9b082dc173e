import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.load.circuits import Circuit, Load, rows
from wattgate.core.load.fill import fill

ALL = frozenset({0, 1, 2})


def filled(
    limit_a: float, ranges_a: list[tuple[float, float]], parts: dict[str, float] | None = None
) -> list[float]:
    """Shares of three-phase loads a, b, c… below one root; parts are circuits 'bc' -> limit."""
    loads = [Load(chr(97 + n), ALL, *range_a) for n, range_a in enumerate(ranges_a)]
    root = Circuit("root", (limit_a,) * 3, frozenset(load.evse for load in loads))
    below = [
        Circuit(part, (part_a,) * 3, frozenset(part)) for part, part_a in (parts or {}).items()
    ]
    grid = rows([root, *below], [(load.evse, load.phases) for load in loads])
    shares_a = fill(grid, grid.limits_a, loads, range(len(loads)))
    return [round(shares_a[n], 9) for n in range(len(loads))]


@pytest.mark.parametrize(
    ("limit_a", "ranges_a", "expected"),
    [
        (99, [], []),
        (99, [(6, 16)], [16]),
        (12, [(6, 16), (6, 16)], [6, 6]),
        (20, [(6, 16), (6, 16)], [10, 10]),
        (30, [(6, 10), (6, 32)], [10, 20]),
        (99, [(6, 10), (6, 32)], [10, 32]),
        (50, [(6, 10), (6, 16), (6, 32)], [10, 16, 24]),
        (20, [(6, 16), (12, 16)], [8, 12]),
        (26, [(6, 16), (12, 16)], [13, 13]),
        (18, [(6, 16), (12, 16)], [6, 12]),
        (20, [(6, 6), (6, 32)], [6, 14]),
        (12, [(6, 6), (6, 6)], [6, 6]),
        (16, [(10, 10), (6, 16)], [10, 6]),
        (30, [(6, 8), (10, 32), (10, 32)], [8, 11, 11]),
        (24, [(6, 6), (10, 32), (8, 8)], [6, 10, 8]),
    ],
)
def test_the_level_rises_until_a_load_or_the_row_is_full(
    limit_a: float, ranges_a: list[tuple[float, float]], expected: list[float]
) -> None:
    assert filled(limit_a, ranges_a) == expected


@pytest.mark.parametrize(
    ("limit_a", "parts", "expected"),
    [
        (40, {"ab": 16}, [8, 8, 24]),
        (40, {"ab": 16, "c": 10}, [8, 8, 10]),
        (24, {"ab": 30}, [8, 8, 8]),
        (60, {"ab": 20, "bc": 36}, [10, 10, 26]),
        (60, {"ab": 12, "bc": 20}, [6, 6, 14]),
        (30, {"a": 7, "b": 7}, [7, 7, 16]),
    ],
)
def test_what_a_full_circuit_cannot_use_goes_to_the_others(
    limit_a: float, parts: dict[str, float], expected: list[float]
) -> None:
    assert filled(limit_a, [(6, 32)] * 3, parts) == expected


def test_a_load_that_waits_for_its_minimum_stays_there_when_its_row_fills_up() -> None:
    assert filled(99, [(6, 32), (20, 32), (6, 32)], {"ab": 30}) == [10, 20, 32]


def test_only_the_admitted_get_something() -> None:
    loads = [Load(name, ALL, 6.0, 16.0) for name in "abc"]
    grid = rows([Circuit("root", (20.0,) * 3, frozenset("abc"))], [(x, ALL) for x in "abc"])
    assert fill(grid, grid.limits_a, loads, [0, 2]) == {0: 10.0, 2: 10.0}


@given(st.lists(st.integers(60, 400), min_size=1, max_size=12), st.floats(0, 300))
def test_one_row_gives_the_level_that_a_textbook_gives(
    maxima_tenths: list[int], extra_a: float
) -> None:
    """Of one row, the shares are min(maximum, level) and use up the limit or satisfy everybody."""
    maxima_a = [tenths / 10 for tenths in maxima_tenths]
    limit_a = 6.0 * len(maxima_a) + extra_a
    shares_a = filled(limit_a, [(6.0, maximum_a) for maximum_a in maxima_a])
    level_a = max(shares_a)
    assert shares_a == pytest.approx([min(maximum_a, level_a) for maximum_a in maxima_a])
    assert sum(shares_a) == pytest.approx(min(limit_a, sum(maxima_a)))
