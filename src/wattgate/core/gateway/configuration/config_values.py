"""Which values of configuration keys make sense, and how lists of measurands are read."""

import re
from collections.abc import Callable
from typing import Final

Check = Callable[[str], bool]
"""Whether a value makes sense."""

MEASURANDS: Final = frozenset(
    {
        "Current.Export",
        "Current.Import",
        "Current.Offered",
        "Energy.Active.Export.Interval",
        "Energy.Active.Export.Register",
        "Energy.Active.Import.Interval",
        "Energy.Active.Import.Register",
        "Energy.Reactive.Export.Interval",
        "Energy.Reactive.Export.Register",
        "Energy.Reactive.Import.Interval",
        "Energy.Reactive.Import.Register",
        "Frequency",
        "Power.Active.Export",
        "Power.Active.Import",
        "Power.Factor",
        "Power.Offered",
        "Power.Reactive.Export",
        "Power.Reactive.Import",
        "RPM",
        "SoC",
        "Temperature",
        "Voltage",
    }
)
"""The measurands of OCPP 1.6 (edition 2, §7.31)."""

_PHASE: Final = re.compile(r"\.(L[123](?:-N|-L[123])?|N)$")
"""Some wallboxes want the phase behind the measurand."""


def split_phase(name: str) -> tuple[str, str | None]:
    """A measurand and the phase behind it: `Current.Import.L1` is `Current.Import` on `L1`."""
    found = _PHASE.search(name)
    return (name, None) if found is None else (name[: found.start()], found[1])


def names_of(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list, in their order; blanks around them do not count."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def any_text(text: str) -> bool:
    """Every text makes sense."""
    return True


def is_count(text: str) -> bool:
    """A whole number from 0, of nine digits at most."""
    return text.isascii() and text.isdigit() and len(text) <= 9


def is_count_from_one(text: str) -> bool:
    """As `is_count`, without 0."""
    return is_count(text) and int(text) > 0


def is_flag(text: str) -> bool:
    """True or false, in any case."""
    return text.casefold() in {"true", "false"}


def are_measurands(text: str) -> bool:
    """A list of measurands of OCPP 1.6, with a phase or without; it may be empty."""
    return all(split_phase(name)[0] in MEASURANDS for name in names_of(text))


def is_name(text: str) -> bool:
    """Something to read."""
    return bool(text.strip()) and text.isprintable()
