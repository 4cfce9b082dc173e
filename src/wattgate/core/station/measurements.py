"""What MeterValues tell the manager: currents, power, energy (OCPP 1.6 §7.28-7.43)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.clock import read_stamp

_PHASES: Final = {"L1": 0, "L1-N": 0, "L2": 1, "L2-N": 1, "L3": 2, "L3-N": 2}
"""Phase of the wallbox; evcc#16966 saw currents tagged L1-N."""

_SCALE: Final = {"kWh": 1000.0, "kW": 1000.0}
"""To A, W or Wh; any other unit counts as the measurand's own (lbbrhzn#1617: powers in Wh)."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The newest values of one connector; None where the wallbox never said.

    `currents_a` by the wallbox's own phase (0 = its L1), A; `assumed` are the phases among them
    whose figure came without a phase, so that nobody knows whether it flows there. Each `..._at` is
    the monotonic time of the newest sample, s: when it was taken, not when it came.
    """

    currents_a: dict[int, float] = field(default_factory=dict)
    power_w: float | None = None
    energy_wh: float | None = None
    currents_at: float | None = None
    power_at: float | None = None
    energy_at: float | None = None
    assumed: frozenset[int] = frozenset()

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
    context: str | None = None


class _MeterValue(msgspec.Struct):
    timestamp: object = None
    sampled_value: list[_SampledValue] = msgspec.field(name="sampledValue", default_factory=list)

    @property
    def stamp(self) -> datetime | None:
        """When it was taken, by the wallbox's clock; None where it does not say."""
        return read_stamp(self.timestamp)

    @property
    def in_order(self) -> list[_SampledValue]:
        """The figure of a phase stands against one for all, wherever in the list it is."""
        return sorted(self.sampled_value, key=lambda sample: sample.phase is not None)


class _MeterValues(msgspec.Struct):
    meter_value: list[_MeterValue] = msgspec.field(name="meterValue", default_factory=list)


def read_meter_values(
    payload_text: str, before: Measurement, *, now: float, its_time: datetime
) -> Measurement:
    """Take what a MeterValues payload says over what was known before.

    `its_time` is what the wallbox's clock says at the monotonic time `now`, s: values that waited
    in the wallbox are as old as they are, and replace none that are newer. Unreadable payloads and
    values change nothing: wallboxes send empty strings, SoC in volts and worse, and the payload
    travels on to the backend whatever we make of it.
    """
    measurement = before
    for meter_value in _decoded(payload_text):
        stamp = meter_value.stamp
        age_s = 0.0 if stamp is None else max(0.0, (its_time - stamp).total_seconds())
        for sample in meter_value.in_order:
            measurement = _with_sample(measurement, sample, now - age_s)
    return measurement


def newest_stamp(payload_text: str) -> datetime | None:
    """When the newest values of a MeterValues payload were taken, by the wallbox's clock."""
    stamps = [meter_value.stamp for meter_value in _decoded(payload_text)]
    return max((stamp for stamp in stamps if stamp is not None), default=None)


def is_triggered(payload_text: str) -> bool:
    """Whether a MeterValues payload holds plain figures only, all taken because of a trigger.

    A value that is no number may be signed, and belongs to the bill (R88).
    """
    samples = [sample for each in _decoded(payload_text) for sample in each.sampled_value]
    return bool(samples) and all(
        sample.context == "Trigger" and _number(sample) is not None for sample in samples
    )


def _decoded(payload_text: str) -> list[_MeterValue]:
    try:
        return decode_payload(payload_text, _MeterValues).meter_value
    except PeerError:
        return []


def _with_sample(before: Measurement, sample: _SampledValue, at: float) -> Measurement:
    number = _number(sample)
    if number is None:
        return before
    match sample.measurand or "Energy.Active.Import.Register":
        case "Energy.Active.Import.Register" if sample.phase is None:
            if _is_news(at, before.energy_at):
                return replace(before, energy_wh=number, energy_at=at)
        case "Power.Active.Import" if sample.phase is None:
            if _is_news(at, before.power_at):
                return replace(before, power_w=number, power_at=at)
        case "Current.Import" if _is_news(at, before.currents_at):
            return _with_current(before, sample.phase, number, at)
    return before


def _is_news(at: float, before_at: float | None) -> bool:
    return before_at is None or at >= before_at


def _with_current(
    before: Measurement, phase: str | None, current_a: float, at: float
) -> Measurement:
    if phase is None:  # one figure for all phases: each may draw it
        phases, assumed = frozenset({0, 1, 2}), frozenset({0, 1, 2})
    elif phase in _PHASES:
        phases = frozenset({_PHASES[phase]})
        assumed = before.assumed - phases
    else:
        return before
    currents_a = {**before.currents_a, **dict.fromkeys(sorted(phases), current_a)}
    return replace(before, currents_a=currents_a, currents_at=at, assumed=assumed)


def _number(sample: _SampledValue) -> float | None:
    """The value in A, W or Wh; None where it is signed, empty or no finite number."""
    if sample.format == "SignedData" or sample.value is None:
        return None
    try:
        number = float(sample.value) * _SCALE.get(sample.unit or "", 1.0)
    except ValueError:
        return None
    return number if isfinite(number) else None
