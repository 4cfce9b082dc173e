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

    `energy_wh` is the register; `current_a` and `offered_a` are A per phase; `used_phases` of the
    wallbox's `phases` carry the current.
    """

    energy_wh: float
    current_a: float
    offered_a: float
    phases: int
    used_phases: int

    @property
    def power_w(self) -> float:
        """W on all phases together."""
        return self.current_a * self.used_phases * NOMINAL_V


def _value(unit: str, text: str, **more: str) -> SampledValue:
    return {"value": text, "unit": unit, "location": "Outlet", **more}


def _currents(reading: Reading) -> list[SampledValue]:
    shares = [
        reading.current_a if phase < reading.used_phases else 0.0 for phase in range(reading.phases)
    ]
    return [_value("A", f"{a:.1f}", phase=f"L{number}") for number, a in enumerate(shares, start=1)]


def _voltages(reading: Reading) -> list[SampledValue]:
    return [
        _value("V", f"{NOMINAL_V:.1f}", phase=f"L{phase + 1}-N") for phase in range(reading.phases)
    ]


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
