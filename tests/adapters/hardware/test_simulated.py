from pathlib import Path

import pytest

from wattgate.adapters.hardware.simulated import METER, MeterFile, SimulatedHardware
from wattgate.core.wallbox.actions import Plug, PressStop, ShowFault
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.sensed import Pilot
from wattgate.core.wallbox.simulation import SimulatedPoint


def test_a_simulated_car_charges_behind_the_ports_of_a_real_one() -> None:
    readings: list[float] = []
    hardware = SimulatedHardware(SimulatedPoint(Car(), 0.0), 0.0, readings.append)
    assert hardware.state() is Pilot.A
    assert hardware.act(Plug())
    assert not hardware.act(PressStop())
    hardware.offer(10.0)
    assert hardware.state() is Pilot.C
    hardware.switch(3)
    assert hardware.look().currents_a == (10.0, 10.0, 10.0)
    assert readings == [0.0]
    assert hardware.deadline() == pytest.approx(20_000 / 6900 * 3600, abs=0.01)
    assert hardware.state_of_charge == 0.5
    hardware.at(36.0)
    hardware.at(30.0)
    hardware.look()
    assert readings[-1] == pytest.approx(69.0)
    hardware.cut(True)
    assert hardware.state() is Pilot.E
    assert hardware.act(ShowFault("GroundFailure"))
    assert hardware.fault() == "GroundFailure"


def test_a_meter_goes_on_where_it_was(tmp_path: Path) -> None:
    meter = MeterFile(tmp_path)
    assert meter.read() == 0.0
    for energy_wh in (123456.789, 5.25):
        meter.write(energy_wh)
        assert meter.read() == energy_wh
    meter.close()
    again = MeterFile(tmp_path)
    assert again.read() == 5.25
    again.close()


@pytest.mark.parametrize("content", [b"?" * 20, b"-7.0", b"\xff"])
def test_a_damaged_file_is_a_new_meter(content: bytes, tmp_path: Path) -> None:
    (tmp_path / METER).write_bytes(content)
    meter = MeterFile(tmp_path)
    assert meter.read() == 0.0
    meter.write(1.0)
    assert meter.read() == 1.0
    meter.close()
