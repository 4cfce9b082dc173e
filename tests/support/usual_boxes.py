"""The wallboxes of a simulated site, and what its site file says of them."""

from typing import Final

from tests.support.simulated_box import SimulatedBox, Socket


def usual_boxes() -> list[SimulatedBox]:
    """Four wallboxes with five connectors, told their limits in different ways."""
    two_levels = {
        "ChargingScheduleMaxPeriods": "1",
        "ChargeProfileMaxStackLevel": "1",
        "MaxChargingProfilesInstalled": "2",
    }
    return [
        SimulatedBox(station_id="A", follows_clock=True),
        SimulatedBox(station_id="B", sockets={1: Socket(32.0)}, configuration=two_levels),
        SimulatedBox(
            station_id="C",
            sockets={1: Socket(on_site=(1,))},
            configuration={"ChargingScheduleAllowedChargingRateUnit": "Power"},
        ),
        SimulatedBox(station_id="E", sockets={1: Socket(), 2: Socket()}, clock_offset_s=-40.0),
    ]


FEEDERS_A: Final = {"E": 20.0}

EVSES: Final = """
[[wallbox]]
id = "E"
max_current_a = 20

[[evse]]
id = "A"
address = "A"
phase_rotation = "RST"

[[evse]]
id = "B"
address = "B"
max_current_a = 32

[[evse]]
id = "C"
address = "C"
phases = 1
phase_rotation = "STR"

[[evse]]
id = "E1"
address = "E"

[[evse]]
id = "E2"
address = "E"
connector = 2
"""
