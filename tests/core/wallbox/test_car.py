import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.wallbox.car import Car


@pytest.mark.parametrize(
    ("offered_a", "drawn_a"),
    [(0.0, 0.0), (5.9, 0.0), (6.0, 6.0), (10.0, 10.0), (16.0, 16.0), (32.0, 16.0)],
)
def test_a_car_draws_what_is_offered_up_to_its_own_maximum(
    offered_a: float, drawn_a: float
) -> None:
    assert Car(max_current_a=16.0).current_a(offered_a) == drawn_a


def test_a_full_car_draws_nothing() -> None:
    car = Car(capacity_wh=1000, charged_wh=999.5)
    assert car.is_full
    assert car.current_a(16.0) == 0.0


@pytest.mark.parametrize(
    ("charge", "wanted_a"),
    [(0.5, 16.0), (0.8, 16.0), (0.9, 11.0), (0.999, 6.05)],
)
def test_a_tapering_car_wants_less_and_less_down_to_6_a(charge: float, wanted_a: float) -> None:
    car = Car(capacity_wh=40_000, charged_wh=40_000 * charge, taper_from=0.8)
    assert car.current_a(32.0) == pytest.approx(wanted_a)


@pytest.mark.parametrize(
    ("car_phases", "wallbox_phases", "power_w"), [(3, 3, 6900.0), (1, 3, 2300.0), (3, 1, 2300.0)]
)
def test_power_flows_on_the_phases_that_both_have(
    car_phases: int, wallbox_phases: int, power_w: float
) -> None:
    assert Car(phases=car_phases).power_w(10.0, wallbox_phases) == power_w


@pytest.mark.parametrize(
    ("charged_wh", "taper_from", "until_wh"),
    [(500, None, 500), (500, 0.8, 300), (800, 0.8, 10), (995, 0.8, 5)],
)
def test_a_car_says_after_which_energy_it_wants_another_current(
    charged_wh: float, taper_from: float | None, until_wh: float
) -> None:
    car = Car(capacity_wh=1000, charged_wh=charged_wh, taper_from=taper_from)
    assert car.wh_until_change() == pytest.approx(until_wh)


@given(st.floats(0, 100), st.floats(0, 60_000), st.sampled_from([None, 0.5, 0.8]))
def test_a_car_never_draws_more_than_offered_nor_holds_more_than_fits(
    offered_a: float, energy_wh: float, taper_from: float | None
) -> None:
    car = Car(taper_from=taper_from).charged(energy_wh)
    assert car.charged_wh <= car.capacity_wh
    drawn_a = car.current_a(offered_a)
    assert drawn_a == 0 or 6 <= drawn_a <= min(offered_a, car.max_current_a)
