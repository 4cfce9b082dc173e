import pytest

from wattgate.core.errors import LocalUsageError
from wattgate.core.load.circuits import Circuit, Load, Rows, rows

ALL = frozenset({0, 1, 2})


def test_a_row_is_one_phase_of_one_circuit_with_those_who_draw_on_it() -> None:
    root = Circuit("root", (32.0, 25.0, 20.0), frozenset({"a", "b", "c"}))
    garage = Circuit("garage", (16.0, 16.0, 16.0), frozenset({"b", "c"}))
    drawing = [("a", ALL), ("b", ALL), ("c", frozenset({1}))]

    assert rows([root, garage], drawing) == Rows(
        # garage: b alone on L1 and L3, b and c on L2; root: a and b on L1 and L3 (20 A is tighter)
        limits_a=(16.0, 16.0, 20.0, 25.0),
        members=((1,), (1, 2), (0, 1), (0, 1, 2)),
        rows_of=((2, 3), (0, 1, 2, 3), (1, 3)),
    )


def test_the_order_of_circuits_is_irrelevant() -> None:
    circuits = [Circuit(name, (9.0, 8.0, 7.0), frozenset({"a"})) for name in ("x", "y", "z")]
    assert rows(circuits, [("a", ALL)]) == rows(circuits[::-1], [("a", ALL)])


def test_members_that_draw_nothing_make_no_row() -> None:
    circuit = Circuit("root", (32.0, 32.0, 32.0), frozenset({"a", "b"}))
    assert rows([circuit], []) == Rows((), (), ())
    assert rows([circuit], [("b", frozenset({2}))]) == Rows((32.0,), ((0,),), ((0,),))


def test_an_evse_outside_every_circuit_is_refused_because_nothing_would_hold_it_back() -> None:
    circuit = Circuit("root", (32.0, 32.0, 32.0), frozenset({"a"}))
    with pytest.raises(LocalUsageError, match="in no circuit: b, c"):
        rows([circuit], [("a", ALL), ("b", ALL), ("c", ALL)])


def test_an_evse_that_is_listed_twice_is_refused() -> None:
    circuit = Circuit("root", (32.0, 32.0, 32.0), frozenset({"a"}))
    with pytest.raises(LocalUsageError, match="twice"):
        rows([circuit], [("a", ALL), ("a", ALL)])


@pytest.mark.parametrize(
    ("phases", "minimum_a", "maximum_a", "message"),
    [
        (ALL, 5.9, 16.0, "not 6 A <= 5.9 A <= 16.0 A"),
        (ALL, 10.0, 9.9, "not 6 A <= 10.0 A <= 9.9 A"),
        (ALL, 6.0, float("nan"), "not 6 A <= 6.0 A <= nan A"),
        (ALL, 6.05, 16.0, "6.05 A is not a multiple of 0.1 A"),
        (frozenset[int](), 6.0, 16.0, r"\[\] are not phases"),
        (frozenset({3}), 6.0, 16.0, r"\[3\] are not phases"),
    ],
)
def test_a_load_that_no_evse_can_have_is_refused(
    phases: frozenset[int], minimum_a: float, maximum_a: float, message: str
) -> None:
    with pytest.raises(LocalUsageError, match=message):
        Load("a", phases, minimum_a, maximum_a)


@pytest.mark.parametrize("minimum_a", [6, 6.1, 8.3, 16.3, 25.7])
def test_tenths_that_binary_fractions_cannot_hold_are_tenths(minimum_a: float) -> None:
    assert Load("a", ALL, minimum_a, 32.0).minimum_a == minimum_a
