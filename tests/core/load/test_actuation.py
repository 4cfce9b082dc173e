from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.load_sites import circuit_trees, overload_a, phase_sets

from wattgate.core.errors import LocalUsageError
from wattgate.core.load.actuation import Pace, Plan, SetLimit, plan
from wattgate.core.load.allocation import allocate
from wattgate.core.load.circuits import Circuit, Load
from wattgate.core.load.ledger import Ledger, Position

ALL = frozenset({0, 1, 2})
ROOT = Circuit("root", (20.0, 20.0, 20.0), frozenset({"a", "b"}))
BOTH = {"a": ALL, "b": ALL}
FREELY = Pace({}, {})


def planned(
    targets_a: Mapping[str, float], a: Position, b: Position, pace: Pace = FREELY, now: float = 0.0
) -> Plan:
    return plan([ROOT], targets_a, BOTH, Ledger({"a": a, "b": b}), pace, now)


def lowers(**current_a: float) -> Plan:
    return Plan(lower=tuple(SetLimit(evse, value) for evse, value in current_a.items()))


def raises(**current_a: float) -> Plan:
    return Plan(raise_=tuple(SetLimit(evse, value) for evse, value in current_a.items()))


def test_a_raise_waits_until_the_reduction_it_relies_on_is_confirmed() -> None:
    """Architecture rule 9."""
    targets_a = {"a": 10.0, "b": 10.0}
    ledger = Ledger({"a": Position(20.0), "b": Position(0.0)})
    first = plan([ROOT], targets_a, BOTH, ledger, FREELY, now=0.0)
    assert first == lowers(a=10.0)
    ledger = ledger.sent("a", 10.0)
    assert plan([ROOT], targets_a, BOTH, ledger, FREELY, now=1.0) == Plan()
    lost = ledger.refused("a")
    assert plan([ROOT], targets_a, BOTH, lost, FREELY, now=2.0) == lowers(a=10.0)
    confirmed = ledger.accepted("a")
    assert plan([ROOT], targets_a, BOTH, confirmed, FREELY, now=2.0) == raises(b=10.0)


@pytest.mark.parametrize(
    ("a", "target_a", "expected"),
    [
        (Position(10.0), 10.0, Plan()),
        (Position(10.0), 9.9, lowers(a=9.9)),
        (Position(10.0), 5.9, lowers(a=0.0)),
        (Position(10.0), 0.0, lowers(a=0.0)),
        (Position(10.0, 8.0), 8.0, Plan()),
        (Position(10.0, 8.0), 6.0, lowers(a=6.0)),
        (Position(10.0, 8.0), 10.0, Plan()),
        (Position(10.0, 8.0), 16.0, Plan()),
        (Position(6.0, 16.0), 10.0, lowers(a=10.0)),
        (Position(6.0, 16.0), 18.0, Plan()),
        (Position(10.0, doubtful=True), 10.0, lowers(a=10.0)),
        (Position(10.0, doubtful=True), 8.0, lowers(a=8.0)),
        (Position(10.0, doubtful=True), 16.0, raises(a=16.0)),
        (Position(10.0, 8.0, doubtful=True), 8.0, Plan()),
        (Position(10.0, 8.0, doubtful=True), 6.0, lowers(a=6.0)),
        (Position(0.0, doubtful=True), 0.0, lowers(a=0.0)),
    ],
)
def test_a_reduction_goes_out_at_once_and_a_raise_when_nothing_is_pending(
    a: Position, target_a: float, expected: Plan
) -> None:
    assert planned({"a": target_a}, a, Position(0.0)) == expected


UNSURE = Position(16.0, doubtful=True)


def interim(evse: str, current_a: float) -> SetLimit:
    return SetLimit(evse, current_a, is_interim=True)


@pytest.mark.parametrize(
    ("a", "b", "targets_a", "lower"),
    [
        (UNSURE, UNSURE, (10.2, 0.0), (interim("a", 0.0), SetLimit("b", 0.0))),
        (
            UNSURE,
            Position(10.0, doubtful=True),
            (10.0, 10.0),
            (SetLimit("a", 10.0), interim("b", 0.0)),
        ),
        (UNSURE, Position(12.0), (10.0, 10.0), (interim("a", 8.0), SetLimit("b", 10.0))),
        (UNSURE, Position(0.0), (16.0, 0.0), (SetLimit("a", 16.0),)),
        (UNSURE, Position(13.0), (7.0, 13.0), (SetLimit("a", 7.0),)),
    ],
)
def test_who_may_hold_less_than_it_counts_for_is_told_no_more_than_fits_beside_the_others(
    a: Position, b: Position, targets_a: tuple[float, float], lower: tuple[SetLimit, ...]
) -> None:
    """Rule 9: what looks like a reduction may be a raise."""
    assert planned({"a": targets_a[0], "b": targets_a[1]}, a, b) == Plan(lower=lower)


def test_less_than_the_minimum_of_an_evse_is_a_pause_also_in_doubt() -> None:
    planned_for = planned({"a": 10.0}, UNSURE, Position(13.0), Pace({}, {"a": 8.0}))
    assert planned_for == Plan(lower=(interim("a", 0.0), SetLimit("b", 0.0)))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Position(6.0), Position(10.0), raises(a=10.0)),
        (Position(6.0), Position(12.0), raises(a=8.0)),
        (Position(6.0), Position(13.4), raises(a=6.6)),
        (Position(6.0), Position(13.6), Plan()),
        (Position(6.0), Position(14.0), Plan()),
        (Position(6.0), Position(16.0), Plan()),
        (Position(0.0), Position(13.7), raises(a=6.3)),
        (Position(0.0), Position(14.1), Plan()),
        (Position(0.0), Position(6.0, 13.0), raises(a=7.0)),
        (Position(0.0), Position(13.0, 6.0), raises(a=7.0)),
        (Position(0.0), Position(25.0), Plan()),
    ],
)
def test_a_raise_goes_as_far_as_the_worst_of_the_others_leaves_room(
    a: Position, b: Position, expected: Plan
) -> None:
    targets_a = {"a": 10.0, "b": b.heading_a}
    assert planned(targets_a, a, b) == expected


def test_the_evse_that_has_least_is_raised_first() -> None:
    targets_a = {"a": 14.0, "b": 14.0}
    assert planned(targets_a, Position(8.0), Position(0.0)) == raises(b=12.0)
    assert planned(targets_a, Position(6.0), Position(8.0)) == raises(a=12.0)
    assert planned(targets_a, Position(0.0), Position(0.0)) == raises(a=14.0, b=6.0)


@pytest.mark.parametrize(
    ("committed_a", "target_a", "raised_at", "expected"),
    [
        (10.0, 12.0, 95.0, raises(a=12.0)),
        (10.0, 12.0, 95.1, Plan()),
        (0.0, 12.0, 99.9, raises(a=12.0)),
        (10.0, 8.0, 99.9, lowers(a=8.0)),
        (10.0, 9.9, 99.9, lowers(a=9.9)),
        (10.0, 10.5, 0.0, raises(a=10.5)),
        (16.3, 16.8, 0.0, raises(a=16.8)),
        (10.0, 10.4, 0.0, Plan()),
    ],
)
def test_raises_keep_their_distance_and_reductions_do_not(
    committed_a: float, target_a: float, raised_at: float, expected: Plan
) -> None:
    """R100: 5 s between raises, 0.5 A at least; not for reductions, nor from a pause."""
    pace = Pace({"a": raised_at}, {})
    plan_ = planned({"a": target_a}, Position(committed_a), Position(0.0), pace, now=100.0)
    assert plan_ == expected


@pytest.mark.parametrize(("other_a", "expected"), [(12.0, raises(a=8.0)), (12.1, Plan())])
def test_no_evse_is_raised_to_less_than_it_can_charge_with(other_a: float, expected: Plan) -> None:
    pace = Pace({}, {"a": 8.0})
    targets_a = {"a": 16.0, "b": other_a}
    assert planned(targets_a, Position(0.0), Position(other_a), pace) == expected


def test_a_mute_evse_is_left_alone_and_counts_in_full() -> None:
    pace = Pace({}, {}, mute=frozenset({"b"}))
    targets_a = {"a": 14.0, "b": 6.0}
    expected = raises(a=8.0)
    assert planned(targets_a, Position(6.0), Position(12.0, doubtful=True), pace) == expected


def test_a_raise_needs_room_on_its_own_phases_only() -> None:
    phases = {"a": frozenset({1}), "b": frozenset({0})}
    ledger = Ledger({"a": Position(0.0), "b": Position(20.0)})
    targets_a = {"a": 16.0, "b": 20.0}
    assert plan([ROOT], targets_a, phases, ledger, FREELY, now=0.0) == raises(a=16.0)


def test_an_evse_that_the_plan_knows_nothing_about_is_refused() -> None:
    with pytest.raises(LocalUsageError, match="b: nothing is known"):
        plan([ROOT], {}, BOTH, Ledger({"a": Position(0.0)}), FREELY, now=0.0)
    with pytest.raises(LocalUsageError, match="root: the phases of some EVSEs are missing"):
        plan([ROOT], {}, {"a": ALL}, Ledger({"a": Position(0.0)}), FREELY, now=0.0)


# A site with wallboxes that obey or not, and whose answers come or not.


@dataclass(frozen=True)
class Site:
    circuits: list[Circuit]
    phases: dict[str, frozenset[int]]


@st.composite
def sites(draw: st.DrawFn) -> Site:
    names = [f"evse {n}" for n in range(draw(st.integers(1, 5)))]
    return Site(draw(circuit_trees(names)), {name: draw(phase_sets) for name in names})


amounts = st.sampled_from([0.0, 6.0, 8.3, 13.0, 16.0, 32.0])
currents = st.lists(amounts, min_size=5, max_size=5)
answers = st.sampled_from(["accepted", "refused", "unsent", "later", "obeyed but refused"])
cycles = st.lists(st.tuples(currents, st.lists(answers, min_size=5, max_size=5)), max_size=10)


def worst_a(ledger: Ledger) -> dict[str, float]:
    return {evse: position.worst_a for evse, position in ledger.positions.items()}


@settings(deadline=None)
@given(sites(), cycles)
def test_no_row_is_ever_at_risk_whatever_becomes_of_the_commands(
    site: Site, script: list[tuple[list[float], list[str]]]
) -> None:
    """Architecture rule 9: the sum of the worst cases never exceeds a limit, at no moment."""
    ledger = Ledger({evse: Position(0.0) for evse in site.phases})
    drawn_a = dict.fromkeys(site.phases, 0.0)
    for cycle, (wishes_a, fates) in enumerate(script):
        targets_a = dict(zip(site.phases, wishes_a, strict=False))
        now_planned = plan(site.circuits, targets_a, site.phases, ledger, FREELY, now=cycle)
        for command in now_planned.lower + now_planned.raise_:
            ledger = ledger.sent(command.evse, command.current_a)
            assert overload_a(site.circuits, site.phases, worst_a(ledger)) <= 1e-6
        for evse, fate in zip(site.phases, fates, strict=False):
            pending_a = ledger.position(evse).pending_a
            if pending_a is not None and fate != "later":
                if fate in ("accepted", "obeyed but refused"):
                    drawn_a[evse] = pending_a
                ledger = getattr(ledger, fate.rpartition(" ")[2])(evse)
            assert drawn_a[evse] <= ledger.position(evse).worst_a
            assert overload_a(site.circuits, site.phases, worst_a(ledger)) <= 1e-6


@settings(deadline=None)
@given(sites(), currents, currents)
def test_when_all_obey_the_targets_are_reached(
    site: Site, before_a: list[float], maxima_a: list[float]
) -> None:
    """From any start, also an overloaded one; what is missing is less than a raise is worth."""
    wanting = zip(site.phases.items(), maxima_a, strict=False)
    loads = [Load(evse, phases, 6.0, up_a) for (evse, phases), up_a in wanting if up_a]
    targets_a = dict.fromkeys(site.phases, 0.0) | allocate(site.circuits, loads)
    ledger = Ledger()
    for evse, current_a in zip(site.phases, before_a, strict=False):
        ledger = ledger.assumed(evse, current_a)
    pace = FREELY
    for now in (0.0, 5.0, 10.0, 15.0):
        commands = plan(site.circuits, targets_a, site.phases, ledger, pace, now)
        for command in commands.lower + commands.raise_:
            ledger = ledger.sent(command.evse, command.current_a).accepted(command.evse)
        raised_at = dict.fromkeys((command.evse for command in commands.raise_), now)
        pace = replace(pace, raised_at={**pace.raised_at, **raised_at})
    for evse, target_a in targets_a.items():
        position = ledger.position(evse)
        assert -1e-6 <= target_a - position.committed_a < 0.5
        assert position.pending_a is None
    assert plan(site.circuits, targets_a, site.phases, ledger, pace, now=99.0) == Plan()
