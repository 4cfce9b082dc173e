"""Random sites for the properties of load management: nested circuits and what wants current."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from wattgate.core.load.circuits import Circuit, Load

EVERY_PHASE = frozenset({0, 1, 2})

_tenths = st.integers(60, 400).map(lambda tenths: tenths / 10)
_limits_a = st.floats(-5, 120)
phase_sets = st.sampled_from([EVERY_PHASE, *(frozenset({p}) for p in range(3)), frozenset({0, 1})])


@st.composite
def loads(draw: st.DrawFn, evse: str, classes: int = 2) -> Load:
    """One load with any phases, range and place in the queue."""
    minimum_a, maximum_a = sorted((draw(_tenths), draw(_tenths)))
    return Load(
        evse=evse,
        phases=draw(phase_sets),
        minimum_a=min(minimum_a, 16.0),
        maximum_a=maximum_a,
        priority=draw(st.integers(1, classes)),
        since=float(draw(st.integers(0, 3))),
        running=draw(st.booleans()),
        satisfied=draw(st.booleans()),
    )


@st.composite
def circuit_trees(draw: st.DrawFn, names: Sequence[str]) -> list[Circuit]:
    """A root above everybody, and up to four circuits anywhere below it."""
    limits = st.tuples(_limits_a, _limits_a, _limits_a)
    below = st.frozensets(st.sampled_from(names)) if names else st.just(frozenset[str]())
    parts = draw(st.lists(st.tuples(limits, below), max_size=4))
    root = Circuit("root", draw(limits), frozenset(names))
    return [root, *(Circuit(f"part {n}", *part) for n, part in enumerate(parts))]


@st.composite
def sites(draw: st.DrawFn, classes: int = 2) -> tuple[list[Circuit], list[Load]]:
    """Circuits and up to eight loads."""
    names = [f"evse {n}" for n in range(draw(st.integers(0, 8)))]
    return draw(circuit_trees(names)), [draw(loads(name, classes)) for name in names]


def overload_a(
    circuits: Sequence[Circuit],
    phases: Mapping[str, frozenset[int]],
    current_a: Mapping[str, float],
) -> float:
    """By how much the worst row that anybody uses is over its limit; never below 0."""
    excess_a = [
        used_a - circuit.limit_a[phase]
        for circuit in circuits
        for phase in range(3)
        if (used_a := row_use_a(circuit, phase, phases, current_a)) > 0
    ]
    return max([0.0, *excess_a])


def row_use_a(
    circuit: Circuit,
    phase: int,
    phases: Mapping[str, frozenset[int]],
    current_a: Mapping[str, float],
) -> float:
    """What the members of a circuit draw on one phase together."""
    return sum(current_a.get(evse, 0.0) for evse in circuit.members if phase in phases[evse])
