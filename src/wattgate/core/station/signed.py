"""Signed meter values in OCPP 1.6: where they are, and what may go without them (R72, R112).

A signed value is what stands in `SampledValue.value`, decoded once and never read as a number: a
hexadecimal block, `OCMF|…`, JSON with base64 in it, or the maker's own text. Every function takes
any payload that is JSON, and never raises for what is in it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from wattgate.core.ocpp.splice import Path

_LISTS: Final = ("meterValue", "transactionData")
"""Where meter values stand in MeterValues and in StopTransaction (OCPP 1.6 §6.31, §6.49)."""

PERIODIC: Final = (None, "Sample.Periodic")
"""Contexts of samples that the next one makes up for; an absent one is periodic (§7.41)."""

_NUMBER: Final = re.compile(r"\s*(?:[-+]?[0-9.,]{1,30}(?:[eE][-+]?[0-9]{1,3})?)?\s*")
_LETTERS: Final = re.compile(r"[^a-z]")
_UNMARKED: Final = re.compile(r"\s*(?:OCMF\|.*|AP;.*|\{.*signedMeter(?:Data|Value)\b.*)", re.S)
"""Signed texts of wallboxes that do not say so in `format` (R112 b to d)."""

_MARKS: Final = ("signed", "ocmf|", "ap;")


@dataclass(frozen=True, slots=True)
class SignedValue:
    """One signed value: its place in the payload, its context, and its decoded characters."""

    path: Path
    context: str
    text: str


def signed_values(payload_text: str) -> tuple[SignedValue, ...]:
    """Every signed value of a MeterValues or StopTransaction payload, in its order (R113)."""
    return tuple(
        SignedValue((*path, "value"), str(sample.get("context", "")), text)
        for path, sample in _samples(payload_text)
        if _is_signed(sample) and isinstance(text := sample.get("value"), str)
    )


def holds_signed_data(payload_text: str) -> bool:
    """Whether a sample is signed, also where its value is no text."""
    return _may_be_signed(payload_text) and any(
        _is_signed(sample) for _, sample in _samples(payload_text)
    )


def is_expendable(payload_text: str) -> bool:
    """Whether MeterValues hold plain periodic figures only, so that others make up for them (R72).

    In doubt they do not: what is neither empty nor a number may be signed.
    """
    samples = [sample for _, sample in _samples(payload_text)]
    return bool(samples) and all(
        sample.get("context") in PERIODIC and is_plain(sample) for sample in samples
    )


def is_plain(sample: Mapping[str, object]) -> bool:
    """Whether a decoded SampledValue is a figure, or empty, and surely not signed."""
    return _is_figure(sample) and not _says_signed(sample)


def _may_be_signed(payload_text: str) -> bool:
    """Saves most messages the reading: only an escape can hide what marks a signed value."""
    text = payload_text.lower()
    return "\\" in text or any(mark in text for mark in _MARKS)


def _says_signed(sample: Mapping[str, object]) -> bool:
    form = sample.get("format")
    return form is not None and _LETTERS.sub("", str(form).lower()) == "signeddata"


def _is_signed(sample: Mapping[str, object]) -> bool:
    if _says_signed(sample):
        return True
    value = sample.get("value")
    return isinstance(value, str) and _UNMARKED.fullmatch(value) is not None


def _is_figure(sample: Mapping[str, object]) -> bool:
    value = sample.get("value")
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return value is None or isinstance(value, int | float)


def _samples(payload_text: str) -> Iterator[tuple[Path, Mapping[str, object]]]:
    try:
        payload: object = msgspec.json.decode(payload_text)
    except (ValueError, RecursionError):  # what no reader can read holds nothing
        return
    for name in _LISTS:
        for at, meter_value in _elements(payload, name):
            for place, sample in _elements(meter_value, "sampledValue"):
                if isinstance(sample, dict):
                    yield (name, at, "sampledValue", place), sample


def _elements(holder: object, name: str) -> Iterator[tuple[int, object]]:
    elements = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(elements, list):
        yield from enumerate(elements)
