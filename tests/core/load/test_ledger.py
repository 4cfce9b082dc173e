from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import LocalUsageError
from wattgate.core.load.ledger import Ledger, Position

Step = Callable[[Ledger], Ledger]

CHARGING = Ledger({"a": Position(10.0)})
RAISING = Ledger({"a": Position(10.0, 16.0)})
LOWERING = Ledger({"a": Position(10.0, 6.0)})


@pytest.mark.parametrize(
    ("position", "worst_a", "heading_a"),
    [
        (Position(10.0), 10.0, 10.0),
        (Position(10.0, 16.0), 16.0, 16.0),
        (Position(10.0, 6.0), 10.0, 6.0),
        (Position(10.0, 0.0), 10.0, 0.0),
    ],
)
def test_the_worst_is_the_larger_of_committed_and_pending(
    position: Position, worst_a: float, heading_a: float
) -> None:
    assert position.worst_a == worst_a
    assert position.heading_a == heading_a


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        (CHARGING, lambda x: x.sent("a", 16.0), Position(10.0, 16.0)),
        (RAISING, lambda x: x.accepted("a"), Position(16.0)),
        (LOWERING, lambda x: x.accepted("a"), Position(6.0)),
        (RAISING, lambda x: x.refused("a"), Position(16.0, doubtful=True)),
        (LOWERING, lambda x: x.refused("a"), Position(10.0, doubtful=True)),
        (RAISING, lambda x: x.unsent("a"), Position(10.0)),
        (LOWERING, lambda x: x.unsent("a"), Position(10.0)),
        (RAISING, lambda x: x.sent("a", 8.0), Position(16.0, 8.0, doubtful=True)),
        (RAISING, lambda x: x.sent("a", 8.0).accepted("a"), Position(8.0)),
        (RAISING, lambda x: x.sent("a", 8.0).unsent("a"), Position(16.0, doubtful=True)),
        (RAISING, lambda x: x.refused("a").sent("a", 8.0), Position(16.0, 8.0, doubtful=True)),
        (RAISING, lambda x: x.refused("a").sent("a", 8.0).accepted("a"), Position(8.0)),
        (CHARGING, lambda x: x.expired("a", 0.0), Position(0.0)),
        (RAISING, lambda x: x.expired("a", 6.0), Position(6.0, 16.0)),
        (RAISING, lambda x: x.assumed("a", 32.0), Position(32.0, doubtful=True)),
        (Ledger(), lambda x: x.assumed("a", 32.0), Position(32.0, doubtful=True)),
    ],
)
def test_only_what_is_known_makes_the_figure_smaller(
    before: Ledger, step: Step, after: Position
) -> None:
    """R100a: accepted = committed; anything else counts at the most it may be."""
    kept = dict(before.positions)
    assert step(before).position("a") == after
    assert before.positions == kept


def test_the_others_stay_as_they_are() -> None:
    ledger = Ledger({"a": Position(6.0), "b": Position(8.0)}).sent("a", 16.0)
    assert ledger.positions == {"a": Position(6.0, 16.0), "b": Position(8.0)}


@pytest.mark.parametrize(
    "step",
    [
        lambda x: x.position("b"),
        lambda x: x.sent("b", 6.0),
        lambda x: x.accepted("b"),
        lambda x: x.refused("b"),
        lambda x: x.unsent("b"),
        lambda x: x.expired("b", 0.0),
    ],
)
def test_an_evse_that_never_entered_is_refused(step: Step) -> None:
    with pytest.raises(LocalUsageError, match="b: nothing is known"):
        step(CHARGING)


@pytest.mark.parametrize(
    "step", [lambda x: x.accepted("a"), lambda x: x.refused("a"), lambda x: x.unsent("a")]
)
def test_a_command_that_was_not_sent_cannot_end(step: Step) -> None:
    with pytest.raises(LocalUsageError, match="a: no limit is pending"):
        step(CHARGING)


Fate = tuple[float, bool, str]
fates = st.tuples(
    st.sampled_from([0.0, 6.0, 10.0, 16.0, 32.0]),
    st.booleans(),
    st.sampled_from(["accepted", "refused", "unanswered"]),
)


@given(st.lists(fates, max_size=12))
def test_a_wallbox_never_draws_more_than_the_ledger_says(commands: list[Fate]) -> None:
    """R100a, against a wallbox that obeys or not, and whose answers come or not."""
    ledger, drawn_a = Ledger().assumed("a", 20.0), 20.0
    for current_a, obeys, fate in commands:
        ledger = ledger.sent("a", current_a)
        assert max(drawn_a, current_a) <= ledger.position("a").worst_a
        if obeys or fate == "accepted":
            drawn_a = current_a
        if fate != "unanswered":
            ledger = getattr(ledger, fate)("a")
        assert drawn_a <= ledger.position("a").worst_a


STEPS: list[Step] = [
    lambda x: x.sent("a", 6.0),
    lambda x: x.sent("a", 6.0).accepted("a"),
    lambda x: x.sent("a", 6.0).refused("a"),
    lambda x: x.sent("a", 6.0).unsent("a"),
    lambda x: x.expired("a", 0.0),
    lambda x: x.assumed("a", 6.0),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("overrule", "withdraw"),
    [
        (lambda x: x.drawing("a", 16.0), lambda x: x.drawing("a", None)),
        (lambda x: x.overruled("a", 16.0), lambda x: x.overruled("a", None)),
    ],
)
def test_what_is_measured_or_set_by_others_counts_whatever_limits_it_accepts(
    overrule: Step, withdraw: Step, step: Step
) -> None:
    """R100a: the committed value, corrected by measurement."""
    position = step(overrule(CHARGING)).position("a")
    assert position.worst_a == 16.0
    assert position.allowed_a <= 10.0
    assert not position.is_held
    assert withdraw(step(overrule(CHARGING))) == step(CHARGING)
    assert step(CHARGING).position("a").is_held


def test_a_measurement_below_the_limit_makes_nothing_smaller() -> None:
    assert CHARGING.drawing("a", 3.0).position("a").worst_a == 10.0
