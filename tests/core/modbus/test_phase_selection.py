"""Whether phases can be selected, row by row."""

import pytest

from wattgate.core.modbus.phase_selection import Obstacle, obstacle
from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.core.wallbox.sensed import Pilot


@pytest.mark.parametrize(
    ("pilot", "lacks_relay", "plugged_too", "phases", "counted", "can", "expected"),
    [
        ("A", False, False, 1, 3, True, None),
        ("A", False, False, 3, 3, True, None),
        ("A", None, None, 3, 3, True, None),
        ("B", False, True, 3, 3, True, None),
        ("C", False, True, 1, 3, True, None),
        ("B", False, False, 1, 3, True, Obstacle.CAR_PLUGGED),
        ("C", None, None, 1, 3, True, Obstacle.CAR_PLUGGED),
        ("E", None, None, 1, 3, True, Obstacle.CAR_PLUGGED),
        ("A", True, False, 1, 3, True, Obstacle.NO_RELAY),
        ("A", False, True, 1, 1, True, None),
        ("A", False, True, 3, 1, True, Obstacle.NOT_COUNTED),
        ("A", False, True, 3, 2, True, Obstacle.NOT_COUNTED),
        ("A", None, None, 1, 3, False, Obstacle.NO_REGISTER),
    ],
)
def test_what_stands_against_it(
    pilot: str,
    lacks_relay: bool | None,
    plugged_too: bool | None,
    phases: int,
    counted: int,
    can: bool,
    expected: Obstacle | None,
) -> None:
    values = WallboxValues(
        pilot=Pilot(pilot), lacks_phase_relay=lacks_relay, switches_plugged=plugged_too
    )
    assert obstacle(phases, values, can_be_told=can, counted_phases=counted) is expected
