"""The parts of a charging point that a wallbox in software needs: real ones, or simulated.

Nothing here waits: what is slow (a meter on a bus, a pilot that is measured) is asked by its
adapter, which answers with what it knows.
"""

from typing import Protocol

from wattgate.core.wallbox.sensed import MeterLook, Pilot


class ControlPilot(Protocol):
    """The pilot wire to the car (IEC 61851-1 annex A)."""

    def state(self) -> Pilot:
        """What the car answers now."""
        ...

    def offer(self, current_a: float) -> None:
        """Signal that it may draw this much, A per phase: 0 (a steady voltage), or 6 and more."""
        ...

    def cut(self, is_cut: bool) -> None:
        """Take the wire off the car, as if it were unplugged, or put it back."""
        ...


class Contactor(Protocol):
    """What connects the car to the grid."""

    def switch(self, phases: int) -> None:
        """Close 1 or 3 phases, or open with 0; repeated, it changes nothing."""
        ...


class EnergyMeter(Protocol):
    """The meter behind the contactor."""

    def look(self) -> MeterLook:
        """What it shows now."""
        ...


class CardReader(Protocol):
    """Where cards are held to."""

    async def next_card(self) -> str:
        """Wait for the next card; its text has 1 to 20 characters."""
        ...
