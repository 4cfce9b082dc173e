"""Whether the phases of a wallbox can be selected by hand now."""

from enum import StrEnum

from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.core.wallbox.sensed import Pilot


class Obstacle(StrEnum):
    """Why phases cannot be selected."""

    NO_REGISTER = "no register"
    """Nobody knows how to tell a wallbox of this make."""
    NO_RELAY = "no relay"
    """It says that it has nothing to switch them with."""
    CAR_PLUGGED = "car plugged"
    """It does not say that it may be done while a car is plugged in."""
    NOT_COUNTED = "not counted"
    """The site counts it on fewer phases, so that the others may carry no room for it."""


def obstacle(
    phases: int, values: WallboxValues, *, can_be_told: bool, counted_phases: int
) -> Obstacle | None:
    """What stands against `phases` (1 or 3), None for nothing.

    `counted_phases` is on how many the site counts its current.
    """
    if not can_be_told:
        return Obstacle.NO_REGISTER
    if values.lacks_phase_relay:
        return Obstacle.NO_RELAY
    if phases > counted_phases:
        return Obstacle.NOT_COUNTED
    if values.pilot is not Pilot.A and not values.switches_plugged:
        return Obstacle.CAR_PLUGGED
    return None
