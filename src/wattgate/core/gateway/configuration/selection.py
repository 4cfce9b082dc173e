"""What one backend gets of the meter values that serve all of them (R80, R113).

A wallbox sends what everybody needs together. Of its plain figures that are taken periodically or
by the clock each backend gets those that it asked for, when it asked for them. Everything else
always goes: what is signed, with all that stands beside it in the same reading, begin and end of a
transaction, interruptions, what was triggered, and what nobody can read. What goes keeps every
character (R17).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

import msgspec

from wattgate.core.gateway.configuration.config_keys import (
    ALIGNED_DATA,
    CLOCK_ALIGNED,
    SAMPLE_INTERVAL,
    SAMPLED_DATA,
)
from wattgate.core.gateway.configuration.config_values import (
    are_measurands,
    is_count,
    names_of,
    split_phase,
)
from wattgate.core.gateway.configuration.decimation import Pace, aligned, paced
from wattgate.core.ocpp.splice import list_elements, rewrite_list
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.signed import PERIODIC, is_plain

Sample = Mapping[str, object]
"""A decoded SampledValue."""


class Kind(Enum):
    """Why a sample was taken."""

    PERIODIC = auto()
    BY_CLOCK = auto()
    OTHER = auto()
    """It belongs to the bill, or somebody asked for it: not ours to judge."""


_READINGS: Final = "meterValue"
_SAMPLES: Final = "sampledValue"
_USUAL: Final = "Energy.Active.Import.Register"
"""The measurand of a sample that names none (OCPP 1.6 §7.43)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a backend wants of one kind of samples; None: whatever comes.

    `interval_s` is the time between two, s; 0 is none at all. `measurands` are pairs of a measurand
    and a phase, None for all phases.
    """

    interval_s: int | None = None
    measurands: frozenset[tuple[str, str | None]] | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a backend wants of periodic samples, and of those that are taken by the clock."""

    periodic: Wish = field(default_factory=Wish)
    by_clock: Wish = field(default_factory=Wish)


@dataclass(frozen=True, slots=True)
class Paces:
    """When the last samples of each kind went to a backend."""

    periodic: Pace | None = None
    by_clock: Pace | None = None


_ANYTHING: Final = Wish()
_WHATEVER: Final = Wishes()


def wishes_of(values: Mapping[str, str]) -> Wishes:
    """What follows from the values of configuration keys.

    A key that is not there, and a value that makes no sense, wish for whatever comes: a wallbox's
    own values are no better than its maker.
    """
    return Wishes(
        Wish(_interval(values.get(SAMPLE_INTERVAL)), _measurands(values.get(SAMPLED_DATA))),
        Wish(_interval(values.get(CLOCK_ALIGNED)), _measurands(values.get(ALIGNED_DATA))),
    )


def selected(
    payload_text: str, wishes: Wishes, before: Paces, came_at: float
) -> tuple[str | None, Paces]:
    """What of a MeterValues payload goes to a backend, None: nothing, and the pace after it.

    `came_at` (s of the epoch) is the time of readings that do not say when they were taken.
    """
    if wishes == _WHATEVER:
        return payload_text, before
    choice = _Choice(wishes, before, came_at)
    text = rewrite_list(payload_text, _READINGS, choice.of_reading)
    is_empty = text != payload_text and not list_elements(text, _READINGS)
    return None if is_empty else text, choice.paces


class _Choice:
    """Chooses reading by reading; `paces` is where that has led to."""

    def __init__(self, wishes: Wishes, paces: Paces, came_at: float) -> None:
        self._wishes = {Kind.PERIODIC: wishes.periodic, Kind.BY_CLOCK: wishes.by_clock}
        self.paces = paces
        self._came_at = came_at

    def of_reading(self, text: str) -> str | None:
        """What remains of a MeterValue; None: nothing."""
        reading = _decoded(text)
        samples = _samples(reading)
        if not samples or not all(map(is_plain, samples)):
            return text
        phased = frozenset(name for name, phase in map(_named, samples) if phase is not None)
        wanted = [each for each in samples if self._is_wanted(each, phased)]
        stamp = read_stamp(reading.get("timestamp"))
        at = self._came_at if stamp is None else stamp.timestamp()
        kinds = {_kind(each) for each in wanted}
        due = {kind for kind in kinds if self._is_due(kind, at)}

        def stays(sample: Sample) -> bool:
            return _kind(sample) in due and self._is_wanted(sample, phased)

        if all(map(stays, samples)):
            return text
        if not any(map(stays, samples)):
            return None
        return rewrite_list(text, _SAMPLES, _keeping(stays))

    def _is_wanted(self, sample: Sample, phased: frozenset[str]) -> bool:
        """Whether its measurand is.

        One for all phases will do where the wallbox does not tell them apart.
        """
        wished = self._wish(_kind(sample)).measurands
        if wished is None:
            return True
        name, phase = _named(sample)
        if phase is None and name not in phased:
            return any(name == each for each, _ in wished)
        return not wished.isdisjoint({(name, None), (name, phase)})

    def _wish(self, kind: Kind) -> Wish:
        return self._wishes.get(kind, _ANYTHING)

    def _is_due(self, kind: Kind, at: float) -> bool:
        interval_s = self._wish(kind).interval_s
        if interval_s is None:
            return True
        if kind is Kind.BY_CLOCK:
            goes, pace = aligned(self.paces.by_clock, at, interval_s)
            self.paces = Paces(self.paces.periodic, pace)
            return goes
        after = paced(self.paces.periodic, at, interval_s)
        self.paces = Paces(after or self.paces.periodic, self.paces.by_clock)
        return after is not None


def _keeping(stays: Callable[[Sample], bool]) -> Callable[[str], str | None]:
    """What is not among the samples that a reader sees, since a key comes twice, goes in doubt."""

    def kept(text: str) -> str | None:
        sample = _decoded(text)
        return text if not is_plain(sample) or stays(sample) else None

    return kept


def _decoded(text: str) -> Sample:
    """The members of an object; none where it is no object, or cannot be read."""
    try:
        value: object = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _samples(reading: Sample) -> list[Sample]:
    """The samples of a MeterValue; none where one of them is none."""
    samples = reading.get(_SAMPLES)
    if not isinstance(samples, list) or not all(isinstance(each, dict) for each in samples):
        return []
    return samples


def _kind(sample: Sample) -> Kind:
    context = sample.get("context")
    if context in PERIODIC:
        return Kind.PERIODIC
    return Kind.BY_CLOCK if context == "Sample.Clock" else Kind.OTHER


def _named(sample: Sample) -> tuple[str, str | None]:
    """Its measurand and phase; some write the phase behind the measurand."""
    name, phase = split_phase(str(sample.get("measurand") or _USUAL))
    said = sample.get("phase")
    return name, _phase(said if isinstance(said, str) and said else phase)


def _phase(text: str | None) -> str | None:
    """A phase against neutral is that phase."""
    return text.removesuffix("-N") if text is not None else None


def _interval(text: str | None) -> int | None:
    digits = (text or "").strip()
    return int(digits) if is_count(digits) else None


def _measurands(text: str | None) -> frozenset[tuple[str, str | None]] | None:
    """Some wallboxes put the list in quotes."""
    plain = (text or "").strip().strip("\"'")
    if text is None or not are_measurands(plain):
        return None
    pairs = map(split_phase, names_of(plain))
    return frozenset((name, _phase(phase)) for name, phase in pairs)
