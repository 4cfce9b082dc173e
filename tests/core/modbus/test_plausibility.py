from dataclasses import fields
from math import inf, nan
from typing import Any

import pytest

from wattgate.core.modbus.plausibility import believed
from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.core.wallbox.sensed import Pilot

SOUND = WallboxValues(
    pilot=Pilot.C,
    energy_wh=12_345.0,
    power_w=-230.0,
    currents_a=(16.0, 15.9, -0.1),
    limit_a=16.0,
    signalled_a=16.0,
    fail_safe_s=180.0,
    fail_safe_a=0.0,
    card="04a2",
)


def test_what_a_wallbox_can_mean_is_believed() -> None:
    assert believed(SOUND) == (SOUND, ())


def test_what_it_does_not_have_is_nothing_absurd() -> None:
    bare = WallboxValues(pilot=Pilot.A)
    assert believed(bare) == (bare, ())


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("energy_wh", nan),
        ("energy_wh", -1.0),
        ("energy_wh", inf),
        ("power_w", nan),
        ("power_w", -2e6),
        ("power_w", 4.2e9),
        ("currents_a", (nan, 0.0, 0.0)),
        ("currents_a", (0.0, 6_553.5, 0.0)),
        ("limit_a", 6_553.5),
        ("limit_a", -1.0),
        ("signalled_a", nan),
        ("fail_safe_s", nan),
        ("fail_safe_a", -0.1),
    ],
)
def test_what_nobody_can_mean_is_as_good_as_nothing(name: str, figure: object) -> None:
    said: dict[str, Any] = {each.name: getattr(SOUND, each.name) for each in fields(SOUND)}
    absurd = WallboxValues(**(said | {name: figure}))
    assert believed(absurd) == (WallboxValues(**(said | {name: None})), (name,))
