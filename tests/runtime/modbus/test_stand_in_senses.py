"""The values of a wallbox are what the hardware of its stand-in senses."""

from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.modbus.virtual_register import VirtualRegister
from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.core.site.model import DeviceType, EvseSettings
from wattgate.core.wallbox.sensed import Pilot, Sensed
from wattgate.runtime.modbus.stand_in_senses import Senses

SETTINGS = EvseSettings(id="garage", device_type=DeviceType.POWER_BRAIN, address="192.0.2.7")
NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


def senses(total_wh: float = 0.0) -> Senses:
    return Senses(VirtualRegister(total_wh=total_wh), "garage")


def test_it_senses_what_the_wallbox_says() -> None:
    values = WallboxValues(
        pilot=Pilot.C,
        error_code="GroundFailure",
        energy_wh=5000.0,
        power_w=6900.0,
        currents_a=(10.0, 10.0, 9.9),
    )
    sensed = senses().heard(values, SETTINGS, NOON)
    assert sensed == Sensed(Pilot.C, 5000.0, (10.0, 10.0, 9.9), 6900.0, "GroundFailure")


@pytest.mark.parametrize(
    ("values", "power_w", "counted_wh"),
    [
        (WallboxValues(pilot=Pilot.C, power_w=3600.0), 3600.0, 60.0),
        (WallboxValues(pilot=Pilot.C, currents_a=(10.0, 0.0, 0.0)), 2300.0, 2300.0 / 60),
        (WallboxValues(pilot=Pilot.C), 0.0, 0.0),
    ],
)
def test_without_a_meter_power_or_else_current_is_counted_r109(
    values: WallboxValues, power_w: float, counted_wh: float
) -> None:
    its = senses()
    its.heard(values, SETTINGS, NOON)
    later = its.heard(values, SETTINGS, NOON + timedelta(seconds=60))
    assert later.power_w == power_w
    assert later.energy_wh == pytest.approx(counted_wh)


def test_before_it_is_heard_nothing_is_known_but_its_meter() -> None:
    assert senses(700.0).unknown == Sensed(Pilot.E, 700.0)


def test_out_of_reach_it_is_a_fault_and_draws_nothing_that_anybody_knows_of_r109() -> None:
    its = senses()
    its.heard(WallboxValues(pilot=Pilot.C, energy_wh=5000.0, power_w=9.0), SETTINGS, NOON)
    assert its.out_of_reach == Sensed(Pilot.C, 5000.0, error_code="OtherError")


def test_a_card_that_is_too_long_for_ocpp_counts_as_none() -> None:
    its = senses()
    assert its.card(WallboxValues(pilot=Pilot.B), 1) is None
    assert its.card(WallboxValues(pilot=Pilot.B, card="0" * 21), 1) is None
    assert its.card(WallboxValues(pilot=Pilot.B, card="04A2"), 1) == "04A2"
