"""Which way of saying a limit comes first."""

import pytest

from wattgate.core.charging.behaviour import Behaviour
from wattgate.core.charging.choosing import in_order
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit

TWO = Method(Strategy.TWO_PERIODS)
TX = Method(Strategy.TX_PROFILE)
SINGLE = Method(Strategy.SINGLE_VALUE)
WATTS = Method(Strategy.TWO_PERIODS, RateUnit.W)
MAXIMUM = Method(Strategy.CHARGE_POINT_MAX)
LADDER = (TWO, TX, SINGLE)

ORDERS: list[tuple[Strategy | None, Behaviour, tuple[Method, ...]]] = [
    (None, Behaviour(), LADDER),
    (None, Behaviour(obeyed=TX), (TX, TWO, SINGLE)),
    (None, Behaviour(obeyed=WATTS), LADDER),  # this wallbox does not say it can
    (None, Behaviour(failed=(TWO,)), (TX, SINGLE, TWO)),
    (None, Behaviour(failed=LADDER), LADDER),
    (Strategy.SINGLE_VALUE, Behaviour(), (SINGLE,)),
    (Strategy.TX_PROFILE, Behaviour(obeyed=TWO, failed=(TX,)), (TX,)),
    (
        Strategy.STANDING_AND_GRANT,
        Behaviour(obeyed=TX),
        (Method(Strategy.STANDING_AND_GRANT),),
    ),
    (Strategy.CHARGE_POINT_MAX, Behaviour(), (MAXIMUM,)),
]


@pytest.mark.parametrize(("demanded", "behaviour", "order"), ORDERS)
def test_the_installer_decides_else_what_was_obeyed_goes_first_and_last_what_failed_R100(
    demanded: Strategy | None, behaviour: Behaviour, order: tuple[Method, ...]
) -> None:
    assert in_order(LADDER, demanded, behaviour, connectors=1) == order


def test_a_demanded_maximum_of_the_wallbox_is_no_way_for_one_of_two_connectors_R92() -> None:
    demanded = Strategy.CHARGE_POINT_MAX
    assert in_order(LADDER, demanded, Behaviour(), connectors=2) == LADDER


def test_a_demanded_way_counts_as_the_wallbox_counts_except_for_its_maximum() -> None:
    relative = (Method(Strategy.TWO_PERIODS, RateUnit.W, Kind.RELATIVE),)

    def first(strategy: Strategy) -> Method:
        return in_order(relative, strategy, Behaviour(), connectors=1)[0]

    assert first(Strategy.TX_PROFILE) == Method(Strategy.TX_PROFILE, RateUnit.W, Kind.RELATIVE)
    assert first(Strategy.CHARGE_POINT_MAX) == Method(Strategy.CHARGE_POINT_MAX, RateUnit.W)
