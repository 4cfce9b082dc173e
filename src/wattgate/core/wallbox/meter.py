"""The meter of a connector: a reading as sampledValue elements (OCPP 1.6 §7.43)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.units import NOMINAL_V

SampledValue = dict[str, str]


class Context(StrEnum):
    """Why a sample was taken (OCPP 1.6 §7.33)."""

    PERIODIC = "Sample.Periodic"
    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    TRIGGER = "Trigger"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter shows.

    `energy_wh` is the register; `currents_a` is what flows on each of the wallbox's phases, in A;
    `power_w` is on all of them together; `offered_a` is what the car is told, A per phase.
    """

    energy_wh: float
    currents_a: tuple[float, ...]
    power_w: float
    offered_a: float

    @property
    def current_a(self) -> float:
        """A on the phase that carries most."""
        return max(self.currents_a, default=0.0)


def _value(unit: str, text: str, **more: str) -> SampledValue:
    return {"value": text, "unit": unit, "location": "Outlet", **more}


def _currents(reading: Reading) -> list[SampledValue]:
    currents = enumerate(reading.currents_a, start=1)
    return [_value("A", f"{a:.1f}", phase=f"L{number}") for number, a in currents]


def _voltages(reading: Reading) -> list[SampledValue]:
    numbers = range(1, len(reading.currents_a) + 1)
    return [_value("V", f"{NOMINAL_V:.1f}", phase=f"L{number}-N") for number in numbers]


MEASURANDS: Final[dict[str, Callable[[Reading], list[SampledValue]]]] = {
    # Cut, not rounded: meterStart and meterStop are cut as well.
    "Energy.Active.Import.Register": lambda r: [_value("Wh", str(int(r.energy_wh)))],
    "Power.Active.Import": lambda r: [_value("W", f"{r.power_w:.1f}")],
    "Current.Import": _currents,
    "Current.Offered": lambda r: [_value("A", f"{r.offered_a:.1f}")],
    "Voltage": _voltages,
}
"""What the meter can measure, by its OCPP name."""


def sampled_values(
    reading: Reading, measurands: Iterable[str], context: Context
) -> list[SampledValue]:
    """The sampledValue elements of one sample."""
    return [
        {**value, "measurand": measurand, "context": context.value}
        for measurand in measurands
        for value in MEASURANDS[measurand](reading)
    ]


def signed_value(signed_text: str, context: Context) -> SampledValue:
    """A signed reading, its text kept as it is (P17)."""
    return {
        "value": signed_text,
        "format": "SignedData",
        "measurand": "Energy.Active.Import.Register",
        "location": "Outlet",
        "context": context.value,
    }
