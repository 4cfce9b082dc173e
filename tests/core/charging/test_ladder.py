import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.charging.ladder import ChargingKeys, ladder
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit
from wattgate.core.station.traits import ORDINARY, Traits

TWO, BESIDE, SINGLE, IN_TX, WHOLE = Strategy
A, W = RateUnit
ABSOLUTE, RELATIVE = Kind.ABSOLUTE, Kind.RELATIVE

count = st.none() | st.integers(0, 3)
every_keys = st.builds(
    ChargingKeys, count, count, count, st.sampled_from([None, "Current", "Power", "Current,Power"])
)
every_traits = st.builds(
    Traits,
    stack_level_zero_only=st.booleans(),
    unit=st.none() | st.sampled_from(RateUnit),
    kind=st.sampled_from([None, ABSOLUTE, RELATIVE]),
    refuses=st.frozensets(st.sampled_from(Strategy)),
)


@pytest.mark.parametrize(
    ("max_stack_level", "max_profiles", "max_periods", "expected"),
    [
        (None, None, None, TWO),
        (0, 1, None, TWO),
        (0, 1, 2, TWO),
        (99, 10, 24, TWO),
        (1, 2, 1, BESIDE),
        (99, 10, 1, BESIDE),
        (0, 2, 1, SINGLE),
        (1, 1, 1, SINGLE),
        (None, 2, 1, SINGLE),
        (1, None, 1, SINGLE),
        (0, 0, 0, SINGLE),
    ],
)
def test_the_first_way_is_the_best_that_the_wallbox_says_it_can(
    max_stack_level: int | None,
    max_profiles: int | None,
    max_periods: int | None,
    expected: Strategy,
) -> None:
    """R100"""
    keys = ChargingKeys(max_stack_level, max_profiles, max_periods)
    assert ladder(keys, ORDINARY, connectors=1)[0] == Method(expected)


def test_a_wallbox_that_can_everything_has_every_way_in_order() -> None:
    """R100"""
    keys = ChargingKeys(8, 10, 24, "Current,Power")
    assert ladder(keys, ORDINARY, connectors=1) == (
        Method(TWO),
        Method(BESIDE),
        Method(IN_TX),
        Method(WHOLE),
        Method(TWO, W),
        Method(TWO, A, RELATIVE),
        Method(IN_TX, A, RELATIVE),
        Method(SINGLE),
    )


def test_a_wallbox_that_says_nothing_gets_what_most_understand() -> None:
    """R100"""
    assert ladder(ChargingKeys(), ORDINARY, connectors=2) == (
        Method(TWO),
        Method(IN_TX),
        Method(TWO, A, RELATIVE),
        Method(IN_TX, A, RELATIVE),
        Method(SINGLE),
    )


def test_where_no_default_profile_expires_the_single_value_comes_before_a_tx_profile() -> None:
    """R100: a wallbox that ignores a TxProfile would not charge at all."""
    keys = ChargingKeys(0, 5, 1, "Current,Power")
    assert ladder(keys, ORDINARY, connectors=1) == (
        Method(SINGLE),
        Method(IN_TX),
        Method(SINGLE, W),
        Method(SINGLE, A, RELATIVE),
        Method(IN_TX, A, RELATIVE),
    )


def test_a_wallbox_that_keeps_one_profile_of_one_period_has_the_single_value_alone() -> None:
    keys = ChargingKeys(0, 1, 1, "Current")
    assert ladder(keys, ORDINARY, connectors=1) == (Method(SINGLE), Method(SINGLE, A, RELATIVE))


@pytest.mark.parametrize(
    ("keys", "traits", "connectors", "excluded"),
    [
        (ChargingKeys(8, 10, 1), Traits(stack_level_zero_only=True), 1, BESIDE),
        (ChargingKeys(8, 10, 24), Traits(refuses=frozenset({TWO})), 1, TWO),
        (ChargingKeys(8, 10, 24), Traits(refuses=frozenset({IN_TX})), 1, IN_TX),
        (ChargingKeys(8, 10, 24), Traits(refuses=frozenset({WHOLE})), 1, WHOLE),
        (ChargingKeys(8, 10, 24), Traits(kind=RELATIVE), 1, WHOLE),
        (ChargingKeys(8, 10, 24), ORDINARY, 2, WHOLE),
        (ChargingKeys(8, 1, 24), ORDINARY, 1, IN_TX),
        (ChargingKeys(8, 10, 1), ORDINARY, 1, WHOLE),
    ],
)
def test_what_a_wallbox_is_known_not_to_obey_is_not_tried(
    keys: ChargingKeys, traits: Traits, connectors: int, excluded: Strategy
) -> None:
    """R92, R100: a ChargePointMaxProfile limits the sum of all connectors."""
    methods = ladder(keys, traits, connectors=connectors)
    assert excluded not in {method.strategy for method in methods}


@pytest.mark.parametrize(
    ("rate_units", "expected"),
    [
        (None, (A,)),
        ("", (A,)),
        ("Current", (A,)),
        ("Current,Power", (A, W)),
        ("Power, Current", (A, W)),
        ("A,W", (A, W)),
        ("Power", (W,)),
        (" power ", (W,)),
        ("W", (W,)),
        ("horses", (A,)),
    ],
)
def test_power_is_spoken_first_only_where_current_is_not_understood(
    rate_units: str | None, expected: tuple[RateUnit, ...]
) -> None:
    """R95: `Current` and `Power` by the specification, `A` and `W` in the field."""
    keys = ChargingKeys(rate_units=rate_units)
    assert keys.units == expected
    assert ladder(keys, ORDINARY, connectors=1)[0].unit is expected[0]


def test_a_unit_and_a_kind_that_a_wallbox_needs_are_the_only_ones() -> None:
    keys = ChargingKeys(8, 10, 24, "Current,Power")
    methods = ladder(keys, Traits(unit=W, kind=RELATIVE), connectors=1)
    assert methods == tuple(Method(s, W, RELATIVE) for s in (TWO, BESIDE, IN_TX, SINGLE))


@pytest.mark.parametrize(("max_periods", "expected"), [(None, 2), (0, 1), (1, 1), (2, 2), (24, 24)])
def test_two_periods_are_possible_unless_denied_and_more_where_they_are_said(
    max_periods: int | None, expected: int
) -> None:
    assert ChargingKeys(max_periods=max_periods).periods == expected


@given(every_keys, every_traits, st.integers(1, 3))
def test_there_are_always_a_few_ways_no_two_alike_and_the_single_value_among_them(
    keys: ChargingKeys, traits: Traits, connectors: int
) -> None:
    """R100"""
    methods = ladder(keys, traits, connectors=connectors)
    assert 1 <= len(methods) <= 8
    assert len(set(methods)) == len(methods)
    assert any(method.strategy is SINGLE for method in methods)
    assert all(traits.unit in (None, method.unit) for method in methods)
    assert all(traits.kind in (None, method.kind) for method in methods)
    assert all(m.strategy not in traits.refuses or m.strategy is SINGLE for m in methods)
