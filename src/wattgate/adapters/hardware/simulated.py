"""A charging point without hardware, behind the ports of one with it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wattgate.core.wallbox.actions import Action
from wattgate.core.wallbox.sensed import MeterLook, Pilot
from wattgate.core.wallbox.simulation import SimulatedPoint

METER: Final = "simulated-meter"
"""Name of the file in the wallbox's folder that holds the register of its meter."""

_DIGITS: Final = 20


class SimulatedHardware:
    """Pilot, contactor and meter of a `SimulatedPoint` (`ports.hardware`).

    A real meter goes on where it was after a loss of power; `remember` is told every reading. What
    happens is at the time that `at` was told last, so that no energy flows between a decision and
    what is done about it, however fast it flows.
    """

    def __init__(
        self, point: SimulatedPoint, now: float, remember: Callable[[float], None]
    ) -> None:
        self._point = point
        self._now = now
        self._remember = remember

    def at(self, now: float) -> None:
        """Let it be that time, monotonic s."""
        self._now = max(self._now, now)

    def state(self) -> Pilot:
        """As `ControlPilot.state`."""
        return self._point.pilot(self._now)

    def offer(self, current_a: float) -> None:
        """As `ControlPilot.offer`."""
        self._point.offer(current_a, self._now)

    def cut(self, is_cut: bool) -> None:
        """As `ControlPilot.cut`."""
        self._point.cut(is_cut, self._now)

    def switch(self, phases: int) -> None:
        """As `Contactor.switch`."""
        self._point.switch(phases, self._now)

    def look(self) -> MeterLook:
        """As `EnergyMeter.look`."""
        look = self._point.meter(self._now)
        self._remember(look.energy_wh)
        return look

    def fault(self) -> str:
        """What somebody has broken, an error code of OCPP 1.6 §7.6."""
        return self._point.sensed(self._now).error_code

    def act(self, action: Action) -> bool:
        """Let somebody do something to the car or its plug; False: it concerns something else."""
        return self._point.act(action, self._now)

    def deadline(self) -> float | None:
        """When it will look different by itself, monotonic s; None: not by itself."""
        return self._point.deadline()

    @property
    def state_of_charge(self) -> float:
        """Of the car, 0 to 1."""
        return self._point.car.state_of_charge


class MeterFile:
    """The register of a simulated meter, Wh, on disk: it outlives the process, however that ends.

    It is not waited for, as it is written at every look: a machine that crashes may lose some.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / METER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._written = self.read()

    def read(self) -> float:
        """What it showed last; 0 for a new one, and for one that is damaged."""
        try:
            return max(0.0, float(os.pread(self._file, _DIGITS, 0) or b"0"))
        except ValueError:
            return 0.0

    def write(self, energy_wh: float) -> None:
        """Keep what it shows now."""
        if energy_wh != self._written:
            os.pwrite(self._file, f"{energy_wh:{_DIGITS}.6f}".encode(), 0)
            self._written = energy_wh

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
