"""Pilot, contactor and meter of one charging point, worked in the order that is safe."""

from collections.abc import Callable

from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox.sensed import NO_ERROR, Pilot, Sensed, phases_to_close
from wattgate.ports.hardware import Contactor, ControlPilot, EnergyMeter


class ChargingPoint:
    """The hardware behind one connector; `fault` tells its error, spelled as in OCPP 1.6 §7.6.

    The contactor closes only while the car asks for a current that it is offered, and opens before
    the pilot is cut or the phases change; it is closed again by the next `look`.
    """

    def __init__(
        self,
        pilot: ControlPilot,
        contactor: Contactor,
        meter: EnergyMeter,
        phases: int,
        fault: Callable[[], str] = lambda: NO_ERROR,
    ) -> None:
        self._pilot = pilot
        self._contactor = contactor
        self._meter = meter
        self._phases = phases
        self._fault = fault
        self._offered_a = 0.0
        self._is_cut = False
        self._closed_phases = 0
        contactor.switch(0)
        pilot.offer(0.0)

    @property
    def closed_phases(self) -> int:
        """How many phases the contactor connects now, 0 while it is open."""
        return self._closed_phases

    def look(self) -> Sensed:
        """See what there is, and let the contactor follow it."""
        pilot = Pilot.E if self._is_cut else self._pilot.state()
        self._switch(phases_to_close(pilot, self._offered_a, self._phases))
        meter = self._meter.look()
        return Sensed(pilot, meter.energy_wh, meter.currents_a, meter.power_w, self._fault())

    def offer(self, current_a: float) -> None:
        """Signal it to the car, A per phase; without any the contactor opens."""
        self._offered_a = current_a
        try:
            self._pilot.offer(current_a)
        finally:  # a pilot that fails keeps no contactor closed
            if current_a < MIN_CHARGE_A:
                self._switch(0)

    def cut(self, is_cut: bool) -> None:
        """Take the pilot off the car, or put it back."""
        if is_cut:
            self._switch(0)
        self._is_cut = is_cut
        self._pilot.cut(is_cut)

    def select_phases(self, phases: int) -> None:
        """Charge on 1 or 3 phases from now on."""
        self._switch(0)
        self._phases = phases

    def _switch(self, phases: int) -> None:
        self._closed_phases = phases
        self._contactor.switch(phases)
