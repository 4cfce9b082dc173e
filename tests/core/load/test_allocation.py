from collections.abc import Iterable, Sequence
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.load_sites import EVERY_PHASE, overload_a, row_use_a, sites

from wattgate.core.load.admission import queue_key
from wattgate.core.load.allocation import allocate, shares
from wattgate.core.load.circuits import Circuit, Load

Site = tuple[list[Circuit], list[Load]]
CLOSE_A = 1e-6


def phases_of(loads: Iterable[Load]) -> dict[str, frozenset[int]]:
    return {load.evse: load.phases for load in loads}


def wanting(circuits: Sequence[Circuit], loads: Sequence[Load]) -> list[Circuit]:
    """The circuits as seen by these loads only."""
    names = frozenset(load.evse for load in loads)
    return [Circuit(c.name, c.limit_a, c.members & names) for c in circuits]


def test_the_higher_class_is_served_first_and_the_lower_shares_what_is_left() -> None:
    loads = [
        Load("guest", EVERY_PHASE, 6.0, 16.0),
        Load("doctor", EVERY_PHASE, 6.0, 16.0, priority=9),
        Load("staff", EVERY_PHASE, 6.0, 16.0),
    ]
    circuit = Circuit("root", (31.0, 32.0, 63.0), frozenset({"guest", "doctor", "staff"}))
    assert allocate([circuit], loads) == {"doctor": 16.0, "guest": 7.5, "staff": 7.5}


def test_a_share_is_rounded_down_to_what_can_be_sent() -> None:
    loads = [Load(name, EVERY_PHASE, 6.0, 16.0) for name in "abc"]
    circuit = Circuit("root", (20.0,) * 3, frozenset("abc"))
    assert allocate([circuit], loads) == {"a": 6.6, "b": 6.6, "c": 6.6}


def test_a_satisfied_car_keeps_nobody_out_and_wakes_up_when_there_is_room() -> None:
    full = Load("full", EVERY_PHASE, 6.0, 6.0, since=0.0, running=True, satisfied=True)
    waiting = Load("waiting", EVERY_PHASE, 6.0, 16.0, since=99.0)
    members = frozenset({"full", "waiting"})
    tight, wide = Circuit("root", (11.0,) * 3, members), Circuit("root", (20.0,) * 3, members)
    assert allocate([tight], [full, waiting]) == {"full": 0.0, "waiting": 11.0}
    assert allocate([wide], [full, waiting]) == {"full": 6.0, "waiting": 14.0}


def test_a_negative_limit_lets_nobody_charge_on_its_phase() -> None:
    loads = [Load("l1", frozenset({0}), 6.0, 16.0), Load("l2", frozenset({1}), 6.0, 16.0)]
    circuit = Circuit("root", (-3.0, 16.0, 16.0), frozenset({"l1", "l2"}))
    assert allocate([circuit], loads) == {"l1": 0.0, "l2": 16.0}


@given(sites())
def test_no_row_is_ever_over_its_limit(site: Site) -> None:
    """P: the sum of all grants never exceeds a circuit's limit on any phase."""
    circuits, loads = site
    phases = phases_of(loads)
    assert overload_a(circuits, phases, shares(circuits, loads)) <= CLOSE_A
    assert overload_a(circuits, phases, allocate(circuits, loads)) <= CLOSE_A


@given(sites())
def test_every_load_gets_nothing_or_its_minimum_to_maximum(site: Site) -> None:
    """R100b: never between 0 and 6 A, and never less than the EVSE can do."""
    circuits, loads = site
    exact_a, grants_a = shares(circuits, loads), allocate(circuits, loads)
    assert set(exact_a) == set(grants_a) == {load.evse for load in loads}
    for load in loads:
        for current_a in (exact_a[load.evse], grants_a[load.evse]):
            assert (
                current_a == 0 or load.minimum_a - CLOSE_A <= current_a <= load.maximum_a + CLOSE_A
            )
        assert grants_a[load.evse] <= exact_a[load.evse] + CLOSE_A
        assert exact_a[load.evse] - grants_a[load.evse] < 0.1 + CLOSE_A


@given(sites(), st.randoms())
def test_the_order_of_circuits_and_loads_is_irrelevant(site: Site, random: Random) -> None:
    circuits, loads = site
    expected = shares(circuits, loads)
    random.shuffle(circuits)
    random.shuffle(loads)
    assert shares(circuits, loads) == expected


@given(sites(classes=3))
def test_every_share_has_the_bottleneck_that_makes_it_max_min_fair(site: Site) -> None:
    """Certificate of max-min fairness within each class, given what the higher classes have.

    A load below its maximum has a full row on which nobody of its class has more, save one that is
    held up by its minimum and so has nothing to give.
    """
    circuits, loads = site
    share_a = shares(circuits, loads)
    for load in loads:
        if 0 < share_a[load.evse] < load.maximum_a - CLOSE_A:
            upto = [other for other in loads if other.priority >= load.priority]
            assert any(
                is_bottleneck(circuit, phase, load, upto, share_a)
                for circuit in circuits
                if load.evse in circuit.members
                for phase in load.phases
            )


def is_bottleneck(
    circuit: Circuit, phase: int, load: Load, upto: list[Load], share_a: dict[str, float]
) -> bool:
    """Whether the row is full with the classes down to the load's, and the load a largest on it."""
    (seen,) = wanting([circuit], upto)
    used_a = row_use_a(seen, phase, phases_of(upto), share_a)
    rivals = [
        other
        for other in upto
        if other.priority == load.priority and other.evse in seen.members and phase in other.phases
    ]
    return used_a >= circuit.limit_a[phase] - CLOSE_A and all(
        share_a[other.evse] <= max(share_a[load.evse], other.minimum_a) + CLOSE_A
        for other in rivals
    )


@given(sites(classes=3))
def test_who_gets_nothing_would_not_have_fitted(site: Site) -> None:
    """Admission is the largest on-set in queue order: each one left out breaks a row.

    Stated for the highest class, whose limits nobody has touched.
    """
    circuits, loads = site
    share_a = shares(circuits, loads)
    highest = max((load.priority for load in loads), default=0)
    queue = sorted((load for load in loads if load.priority == highest), key=queue_key)
    minimum_a: dict[str, float] = {}
    for load in queue:
        minimum_a[load.evse] = load.minimum_a
        if share_a[load.evse] == 0:
            assert over_somewhere(circuits, load, loads, minimum_a)
            del minimum_a[load.evse]


def over_somewhere(
    circuits: list[Circuit], load: Load, loads: list[Load], current_a: dict[str, float]
) -> bool:
    return any(
        row_use_a(circuit, phase, phases_of(loads), current_a) > circuit.limit_a[phase]
        for circuit in circuits
        if load.evse in circuit.members
        for phase in load.phases
    )


@given(sites(classes=3), st.integers(1, 3))
def test_a_higher_class_never_loses_by_loads_of_a_lower_one(site: Site, lowest: int) -> None:
    circuits, loads = site
    higher = [load for load in loads if load.priority >= lowest]
    alone_a = shares(circuits, higher)
    together_a = shares(circuits, loads)
    assert {evse: together_a[evse] for evse in alone_a} == alone_a


@given(sites(), st.floats(0, 60))
def test_a_lower_limit_never_makes_an_overload(site: Site, less_a: float) -> None:
    circuits, loads = site
    lowered = [
        Circuit(c.name, (c.limit_a[0] - less_a, c.limit_a[1], c.limit_a[2] - less_a), c.members)
        for c in circuits
    ]
    assert overload_a(lowered, phases_of(loads), allocate(lowered, loads)) <= CLOSE_A


@given(sites())
def test_what_is_granted_once_is_granted_again(site: Site) -> None:
    circuits, loads = site
    assert allocate(circuits, loads) == allocate(circuits, loads)


# An independent answer for small sites. With up to three loads and every bound a multiple of 6 A,
# each exact share is a whole number of A (a level is a sixth of a bound at the finest), so trying
# all whole numbers finds the one vector that is lexicographically largest when sorted.


@st.composite
def small_sites(draw: st.DrawFn) -> Site:
    sixes = st.sampled_from([6.0, 12.0, 18.0])
    names = [f"evse {n}" for n in range(draw(st.integers(1, 3)))]
    loads = []
    for name in names:
        minimum_a, maximum_a = sorted((draw(sixes), draw(sixes)))
        phases = draw(st.sampled_from([EVERY_PHASE, frozenset({0}), frozenset({1})]))
        loads.append(Load(name, phases, minimum_a, maximum_a, draw(st.integers(1, 2))))
    limit = st.integers(-1, 9).map(lambda sixes: sixes * 6.0)
    members = st.frozensets(st.sampled_from(names))
    circuits = [Circuit("root", draw(st.tuples(limit, limit, limit)), frozenset(names))]
    if draw(st.booleans()):
        circuits.append(Circuit("part", draw(st.tuples(limit, limit, limit)), draw(members)))
    return circuits, loads


def brute_force(circuits: list[Circuit], loads: list[Load]) -> dict[str, float]:
    """Class by class, try every on-set and every whole current."""
    settled: dict[str, float] = {}
    for priority in sorted({load.priority for load in loads}, reverse=True):
        queue = sorted((x for x in loads if x.priority == priority), key=queue_key)
        names = [load.evse for load in queue]
        feasible = [
            currents_a
            for currents_a in product(*(choices_a(load) for load in queue))
            if fits(circuits, loads, settled | dict(zip(names, currents_a, strict=True)))
        ]
        settled |= dict(zip(names, max(feasible, key=worth), strict=True))
    return settled


def worth(currents_a: Iterable[float]) -> tuple[list[bool], list[float]]:
    """First who may charge, in queue order, then the smallest share, then the next…"""
    shares_a = list(currents_a)
    return [a > 0 for a in shares_a], sorted(a for a in shares_a if a > 0)


def choices_a(load: Load) -> list[float]:
    return [0.0, *map(float, range(int(load.minimum_a), int(load.maximum_a) + 1))]


def fits(circuits: list[Circuit], loads: list[Load], current_a: dict[str, float]) -> bool:
    return overload_a(circuits, phases_of(loads), current_a) == 0


@settings(deadline=None, max_examples=50)
@given(small_sites())
def test_small_sites_agree_with_trying_everything(site: Site) -> None:
    circuits, loads = site
    exact_a = shares(circuits, loads)
    expected_a = brute_force(circuits, loads)
    assert {evse: round(value, 6) for evse, value in exact_a.items()} == expected_a
