"""A charging point without hardware: plug, car, contactor and meter, for the ports of one."""

from dataclasses import replace
from typing import Final

from wattgate.core.units import MIN_CHARGE_A, PHASES, PhaseTriple
from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.sensed import NO_ERROR, MeterLook, Pilot, Sensed

_SECONDS_PER_HOUR: Final = 3600.0

_JUST_AFTER_S: Final = 0.001
"""A change is awaited a little longer, so that rounding does not wake us before it."""


class SimulatedPoint:
    """What the control pilot, the contactor and the meter would see; all times monotonic, in s.

    `speed` makes energy flow faster than the clock. A car to which nothing was offered for
    `sleeps_after_s` s falls asleep: it takes nothing until its pilot is cut, or somebody wakes it.
    """

    def __init__(
        self,
        car: Car,
        now: float,
        *,
        register_wh: float = 0.0,
        speed: float = 1.0,
        sleeps_after_s: float | None = None,
    ) -> None:
        self._car = car
        self._now = self._idle_since = now
        self._register_wh = register_wh
        self._speed = speed
        self._sleeps_after_s = sleeps_after_s
        self._is_plugged = False
        self._is_cut = False
        self._offered_a = 0.0
        self._closed = 0
        self._error_code = NO_ERROR

    @property
    def car(self) -> Car:
        """The car, with what is in its battery."""
        return self._car

    # What the ports do

    def offer(self, current_a: float, now: float) -> None:
        """Signal a current to the car, A per phase; 0 none."""
        self._advance(now)
        if current_a < MIN_CHARGE_A <= self._offered_a:
            self._idle_since = now
        self._offered_a = current_a

    def cut(self, is_cut: bool, now: float) -> None:
        """Take the pilot off the car, or put it back: then it is awake."""
        self._advance(now)
        if self._is_cut and not is_cut:
            self._wake()
        self._is_cut = is_cut

    def switch(self, phases: int, now: float) -> None:
        """Close so many phases; 0 opens."""
        self._advance(now)
        self._closed = phases

    # What people do

    def act(self, action: do.Action, now: float) -> bool:
        """Let somebody do something; False: it is nothing that concerns car, plug or hardware."""
        self._advance(now)
        match action:
            case do.Plug():
                self._is_plugged = True
                self._wake()
            case do.Unplug():
                self._is_plugged = False
            case do.SetCarCurrent(current_a):
                self._car = replace(self._car, max_current_a=current_a)
            case do.FallAsleep():
                self._car = replace(self._car, is_asleep=True)
            case do.WakeUp():
                self._wake()
            case do.ShowFault(code):
                self._error_code = code
            case do.ClearFault():
                self._error_code = NO_ERROR
            case _:
                return False
        return True

    # What the ports see

    def pilot(self, now: float) -> Pilot:
        """What the car answers on the pilot (IEC 61851-1 annex A)."""
        self._advance(now)
        return self._pilot()

    def meter(self, now: float) -> MeterLook:
        """What the meter shows."""
        self._advance(now)
        power_w = self._car.power_w(self._current_a(), self._closed)
        return MeterLook(self._register_wh, self._currents_a(), power_w)

    def sensed(self, now: float) -> Sensed:
        """Both at once, and what is broken."""
        look = self.meter(now)
        return Sensed(
            self._pilot(), look.energy_wh, look.currents_a, look.power_w, self._error_code
        )

    def deadline(self) -> float | None:
        """When it will look different by itself; None: not before something happens."""
        times = []
        power_w = self._car.power_w(self._current_a(), self._closed) * self._speed
        if power_w > 0:
            wait_s = self._car.wh_until_change() / power_w * _SECONDS_PER_HOUR
            times.append(self._now + wait_s + _JUST_AFTER_S)
        if self._sleeps_after_s is not None and self._is_idle():
            times.append(self._idle_since + self._sleeps_after_s)
        return min(times, default=None)

    # Inside

    def _pilot(self) -> Pilot:
        if self._is_cut:
            return Pilot.E
        if not self._is_plugged:
            return Pilot.A
        return Pilot.C if self._car.current_a(self._offered_a) > 0 else Pilot.B

    def _current_a(self) -> float:
        is_asking = self._pilot() is Pilot.C and self._closed > 0
        return self._car.current_a(self._offered_a) if is_asking else 0.0

    def _currents_a(self) -> PhaseTriple:
        current_a = self._current_a()
        used = min(self._closed, self._car.phases)
        one, two, three = (current_a if phase < used else 0.0 for phase in PHASES)
        return one, two, three

    def _is_idle(self) -> bool:
        """Whether a car waits for current, and may fall asleep over it."""
        waits = self._is_plugged and self._offered_a < MIN_CHARGE_A
        return waits and not self._is_cut and not self._car.is_asleep

    def _wake(self) -> None:
        self._car = replace(self._car, is_asleep=False)
        self._idle_since = self._now

    def _advance(self, now: float) -> None:
        elapsed_s = max(0.0, now - self._now)
        before_wh = self._car.charged_wh
        power_w = self._car.power_w(self._current_a(), self._closed)
        self._car = self._car.charged(power_w * self._speed * elapsed_s / _SECONDS_PER_HOUR)
        self._register_wh += self._car.charged_wh - before_wh
        self._now = max(self._now, now)
        if self._sleeps_after_s is not None and self._is_idle():
            has_waited = self._now >= self._idle_since + self._sleeps_after_s
            self._car = replace(self._car, is_asleep=has_waited)
