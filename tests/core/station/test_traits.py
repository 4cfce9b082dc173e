from wattgate.core.charging.methods import Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit
from wattgate.core.station.traits import ORDINARY, Traits

WATTS = Traits(unit=RateUnit.W, refuses=frozenset({Strategy.TX_PROFILE}))
RELATIVE = Traits(kind=Kind.RELATIVE, refuses=frozenset({Strategy.CHARGE_POINT_MAX}), step_a=1.0)


def test_deviations_add_up() -> None:
    both = WATTS | RELATIVE
    assert both == Traits(
        unit=RateUnit.W,
        kind=Kind.RELATIVE,
        refuses=frozenset({Strategy.TX_PROFILE, Strategy.CHARGE_POINT_MAX}),
        step_a=1.0,
    )


def test_what_is_ordinary_changes_nothing() -> None:
    assert WATTS | ORDINARY == WATTS
    assert ORDINARY | WATTS == WATTS


def test_of_contradicting_deviations_the_later_counts() -> None:
    assert (WATTS | Traits(unit=RateUnit.A)).unit is RateUnit.A
