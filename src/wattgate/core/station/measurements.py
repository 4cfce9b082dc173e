"""What MeterValues tell the manager: currents, power, energy (OCPP 1.6 §7.28-7.43)."""

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload

_PHASES: Final = {"L1": 0, "L1-N": 0, "L2": 1, "L2-N": 1, "L3": 2, "L3-N": 2}
"""Phase of the wallbox; evcc#16966 saw currents tagged L1-N."""

_SCALE: Final = {"kWh": 1000.0, "kW": 1000.0}
"""To A, W or Wh; any other unit counts as the measurand's own (lbbrhzn#1617: powers in Wh)."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The newest values of one connector; None where the wallbox never said.

    `currents_a` by the wallbox's own phase (0 = its L1), A.
    """

    currents_a: dict[int, float] = field(default_factory=dict)
    power_w: float | None = None
    energy_wh: float | None = None

    @property
    def largest_current_a(self) -> float | None:
        """A on the phase that draws most."""
        return max(self.currents_a.values(), default=None)


class _SampledValue(msgspec.Struct):
    value: str | float | None = None
    measurand: str | None = None
    phase: str | None = None
    unit: str | None = None
    format: str | None = None


class _MeterValue(msgspec.Struct):
    sampled_value: list[_SampledValue] = msgspec.field(name="sampledValue", default_factory=list)


class _MeterValues(msgspec.Struct):
    meter_value: list[_MeterValue] = msgspec.field(name="meterValue", default_factory=list)


def read_meter_values(payload_text: str, before: Measurement) -> Measurement:
    """Take what a MeterValues payload says over what was known before.

    Unreadable payloads and values change nothing: wallboxes send empty strings, SoC in volts and
    worse, and the payload travels on to the backend whatever we make of it.
    """
    try:
        payload = decode_payload(payload_text, _MeterValues)
    except PeerError:
        return before
    measurement = before
    for meter_value in payload.meter_value:
        for sample in meter_value.sampled_value:
            measurement = _with_sample(measurement, sample)
    return measurement


def _with_sample(before: Measurement, sample: _SampledValue) -> Measurement:
    number = _number(sample)
    if number is None:
        return before
    match sample.measurand or "Energy.Active.Import.Register":
        case "Energy.Active.Import.Register" if sample.phase is None:
            return replace(before, energy_wh=number)
        case "Power.Active.Import" if sample.phase is None:
            return replace(before, power_w=number)
        case "Current.Import":
            phases = [_PHASES[sample.phase]] if sample.phase in _PHASES else []
            if sample.phase is None:
                phases = [0, 1, 2]  # one figure for all phases: each may draw it
            return replace(
                before, currents_a={**before.currents_a, **dict.fromkeys(phases, number)}
            )
        case _:
            return before


def _number(sample: _SampledValue) -> float | None:
    """The value in A, W or Wh; None where it is signed, empty or no finite number."""
    if sample.format == "SignedData" or sample.value is None:
        return None
    try:
        number = float(sample.value) * _SCALE.get(sample.unit or "", 1.0)
    except ValueError:
        return None
    return number if isfinite(number) else None
