import pytest

from wattgate.core.load.ledger import Position
from wattgate.core.load.offers import LowestOffers

DOUBTFUL_16 = Position(16.0, doubtful=True)


@pytest.mark.parametrize(
    ("positions", "lowest_a"),
    [
        pytest.param([Position(16.0)], 16.0, id="as it is"),
        pytest.param([Position(16.0, 6.0)], 6.0, id="a reduction on its way"),
        pytest.param([Position(6.0, 16.0)], 6.0, id="a raise on its way"),
        pytest.param([Position(6.0), Position(16.0)], 6.0, id="raised since"),
        pytest.param([Position(16.0, 6.0), DOUBTFUL_16], 6.0, id="a reduction without an answer"),
        pytest.param([DOUBTFUL_16], None, id="unknown what it holds"),
        pytest.param([Position(16.0, 6.0, doubtful=True)], 6.0, id="the newer of several"),
        pytest.param([Position(6.0, drawn_a=16.0)], None, id="does not follow"),
    ],
)
def test_the_lowest_limit_since_the_measurement_is_remembered(
    positions: list[Position], lowest_a: float | None
) -> None:
    offers = LowestOffers()
    [*_, last] = [offers.look("a", position, 100.0) for position in positions]
    assert last == lowest_a


def test_a_new_measurement_begins_anew() -> None:
    offers = LowestOffers()
    offers.look("a", Position(6.0), 100.0)
    assert offers.look("a", Position(16.0), 101.0) == 16.0


def test_evses_do_not_mix() -> None:
    offers = LowestOffers()
    offers.look("a", Position(6.0), 100.0)
    assert offers.look("b", Position(16.0), 100.0) == 16.0
