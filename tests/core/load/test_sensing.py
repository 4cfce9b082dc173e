import pytest

from wattgate.core.load.sensing import Draw, draw_of
from wattgate.core.station.measurements import Measurement

EACH = {0: 6.0, 1: 7.0, 2: 8.0}
ALL = frozenset({0, 1, 2})


def currents(at: float = 5.0, assumed: frozenset[int] = frozenset(), **a: float) -> Measurement:
    by_phase = {int(name[1]) - 1: current_a for name, current_a in a.items()}
    return Measurement(by_phase, currents_at=at, assumed=assumed)


@pytest.mark.parametrize(
    ("measurement", "phases", "rotation", "on_site_a"),
    [
        (currents(l1=6, l2=7, l3=8), 3, "RST", (6.0, 7.0, 8.0)),
        (currents(l1=6, l2=7, l3=8), 3, "STR", (8.0, 6.0, 7.0)),
        (currents(l1=6, l2=7, l3=8), 3, "unknown", None),
        (currents(l1=6, l2=7), 3, "RST", None),
        (currents(l1=6, l2=7), 2, "SRT", (7.0, 6.0, 0.0)),
        (currents(l1=6), 1, "TRS", (0.0, 0.0, 6.0)),
        (currents(l1=6), 1, "unknown", None),
        (currents(l1=6, l2=6, l3=6, assumed=ALL), 3, "RST", None),
        (currents(l1=6, l2=6, l3=6, assumed=ALL), 1, "RST", (6.0, 0.0, 0.0)),
        (currents(l1=6, l2=7, l3=8, assumed=frozenset({2})), 2, "RST", (6.0, 7.0, 0.0)),
    ],
)
def test_currents_lie_on_the_phases_of_the_site_where_the_wiring_is_known(
    measurement: Measurement,
    phases: int,
    rotation: str,
    on_site_a: tuple[float, float, float] | None,
) -> None:
    largest_a = max(measurement.currents_a.values())
    draw = draw_of(measurement, phases, rotation)
    assert draw is not None
    assert (draw.at, draw.least_a, draw.most_a) == (5.0, largest_a, largest_a)
    assert draw.on_site_a == on_site_a


@pytest.mark.parametrize(
    ("measurement", "phases", "everywhere_a"),
    [
        (currents(l1=7, l2=6, l3=8), 3, 6.0),
        (currents(l1=16, l2=0, l3=0), 3, 0.0),
        (currents(l1=7, l2=-6, l3=8), 3, 0.0),
        (currents(l1=7, l2=6), 3, 0.0),
        (currents(l1=7, l2=6), 2, 0.0),
        (currents(l1=6, l2=6, l3=6, assumed=ALL), 3, 0.0),
        (Measurement(power_w=6900.0, power_at=5.0), 3, 0.0),
    ],
)
def test_three_measured_phases_flow_everywhere_whatever_the_wiring(
    measurement: Measurement, phases: int, everywhere_a: float
) -> None:
    draw = draw_of(measurement, phases, "unknown")
    assert draw is not None
    assert draw.everywhere_a == everywhere_a


@pytest.mark.parametrize(
    ("power_w", "phases", "least_a", "most_a"),
    [(6900.0, 3, 10.0, 30.0), (6900.0, 2, 15.0, 30.0), (2300.0, 1, 10.0, 10.0), (-50.0, 3, 0, 0)],
)
def test_a_power_may_flow_on_all_phases_or_on_one(
    power_w: float, phases: int, least_a: float, most_a: float
) -> None:
    measurement = Measurement(power_w=power_w, power_at=4.0)
    assert draw_of(measurement, phases, "RST") == Draw(4.0, least_a, most_a)


@pytest.mark.parametrize(
    "measurement",
    [
        Measurement(),
        Measurement(energy_wh=1.0, energy_at=3.0),
        Measurement(EACH),  # nobody knows when
        Measurement(currents_at=3.0),
        Measurement(power_w=1.0),
        Measurement(power_at=3.0),
    ],
)
def test_without_currents_and_power_nothing_is_known(measurement: Measurement) -> None:
    assert draw_of(measurement, 3, "RST") is None


@pytest.mark.parametrize(("power_at", "draws_a"), [(0.0, 8.0), (65.0, 8.0), (65.1, 10.0)])
def test_currents_count_unless_the_power_is_much_newer(power_at: float, draws_a: float) -> None:
    measurement = Measurement(EACH, 2300.0, currents_at=5.0, power_at=power_at)
    draw = draw_of(measurement, 3, "RST")
    assert draw is not None
    assert draw.most_a == draws_a
