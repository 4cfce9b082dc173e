"""Puts the software wallbox together from its options: what decides, and what it works by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wattgate.adapters.hardware.simulated import MeterFile, SimulatedHardware
from wattgate.cli.wallbox_memory import Memory
from wattgate.core.wallbox.actions import Action
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.power_brain import BrainOptions, BrainView, PowerBrain
from wattgate.core.wallbox.simulation import SimulatedPoint
from wattgate.ports.clock import Clock
from wattgate.runtime.ends.charging_point import ChargingPoint
from wattgate.runtime.ends.machine import Body, Wallbox, Whole


@dataclass(frozen=True, slots=True)
class Works:
    """The wallbox, and how people reach the car and the plug at it.

    `unit` is its id on Modbus. `act` answers False for what concerns neither. `closed_phases` are
    those that the contactor connects; `state_of_charge` is the car's, 0 to 1. These two and `view`
    are None where the charge point simulates its cars by itself.
    """

    wallbox: Wallbox
    unit: int = 0
    act: Callable[[Action], bool] = lambda _action: False
    view: Callable[[], BrainView | None] = lambda: None
    closed_phases: Callable[[], int | None] = lambda: None
    state_of_charge: Callable[[], float | None] = lambda: None


@contextmanager
def works(
    options: Options, brain_options: BrainOptions, memory: Memory, clock: Clock
) -> Iterator[Works]:
    """Simulate the hardware of one charging point where the options want it behind ports."""
    moment = Moment(clock.monotonic(), clock.wall())
    if not options.has_hardware:
        yield Works(ChargePoint(options, moment))
        return
    with _meter(memory.folder) as (shown_wh, remember):
        brain = PowerBrain(options, brain_options, moment, memory.kept)
        # A meter that was lost, or went back, would charge for nothing up to where it was.
        register_wh = max(shown_wh, brain.look.reading.energy_wh)
        simulated = SimulatedPoint(
            options.car, moment.now, register_wh=register_wh, speed=options.speed
        )
        hardware = SimulatedHardware(simulated, moment.now, remember)
        point = ChargingPoint(hardware, hardware, hardware, options.phases, hardware.fault)
        yield Works(
            Whole(brain, Body(point, memory.keep, hardware.at, hardware.deadline)),
            brain.unit,
            lambda action: _is_at_first(action) and hardware.act(action),
            lambda: brain.view(clock.monotonic()),
            lambda: point.closed_phases,
            lambda: hardware.state_of_charge,
        )


def _is_at_first(action: Action) -> bool:
    """Whether it happens at the one connector that there is."""
    return getattr(action, "connector", 1) == 1


@contextmanager
def _meter(folder: Path | None) -> Iterator[tuple[float, Callable[[float], None]]]:
    """What the meter shows at first, and where its readings go."""
    if folder is None:
        yield 0.0, lambda _energy_wh: None
        return
    meter = MeterFile(folder)
    try:
        yield meter.read(), meter.write
    finally:
        meter.close()
