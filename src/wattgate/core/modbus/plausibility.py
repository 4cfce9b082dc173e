"""Values that no wallbox can mean: they are as good as none."""

from dataclasses import fields
from math import isfinite
from typing import Final

from wattgate.core.modbus.wallbox_values import WallboxValues

MOST: Final = {
    "energy_wh": 1e13,
    "power_w": 1e6,
    "limit_a": 1e3,
    "signalled_a": 1e3,
    "fail_safe_s": 1e10,
    "fail_safe_a": 1e3,
}
"""The largest figure that is believed."""

LEAST_POWER_W: Final = -1e6
"""A car may feed back; more than that it cannot."""

MOST_A: Final = 1e3
"""The largest current that is believed, in either direction."""


def believed(values: WallboxValues) -> tuple[WallboxValues, tuple[str, ...]]:
    """The values without those that make no sense, and the names of these."""
    absurd = [name for name in MOST if not _makes_sense(name, getattr(values, name))]
    currents_a = values.currents_a
    if currents_a is not None and not all(_is_within(a, -MOST_A, MOST_A) for a in currents_a):
        absurd.append("currents_a")
    kept = {each.name: getattr(values, each.name) for each in fields(values)}
    return WallboxValues(**(kept | dict.fromkeys(absurd))), tuple(absurd)


def _makes_sense(name: str, figure: float | None) -> bool:
    least = LEAST_POWER_W if name == "power_w" else 0.0
    return figure is None or _is_within(figure, least, MOST[name])


def _is_within(figure: float, least: float, most: float) -> bool:
    return isfinite(figure) and least <= figure <= most
