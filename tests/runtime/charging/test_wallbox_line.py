"""What the connectors of a wallbox share."""

import pytest
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.core.station.traits import ORDINARY
from wattgate.runtime.charging.charging_keys import KnownKeys
from wattgate.runtime.charging.confirmation import CompositeSchedules
from wattgate.runtime.charging.profile_commands import Commands
from wattgate.runtime.charging.wallbox_line import WallboxLine
from wattgate.runtime.station.presence import Presence

ALFEN = '{"chargePointVendor":"Alfen BV","chargePointModel":"Twin"}'


@pytest.mark.parametrize(
    ("boot_text", "used", "may_clear", "others"),
    [
        (None, (), True, False),
        (None, (1,), True, False),
        (ALFEN, (), True, False),
        (ALFEN, (1,), False, False),
        (ALFEN, (2,), False, True),
    ],
)
@in_virtual_time()
async def test_profiles_may_go_unless_that_frees_a_car_R100d(
    boot_text: str | None, used: tuple[int, ...], may_clear: bool, others: bool
) -> None:
    presence = Presence("CP1", FakeClock())
    presence.boot_text = boot_text
    commands = Commands(presence)
    line = WallboxLine(
        presence,
        commands,
        KnownKeys(presence, commands),
        CompositeSchedules(commands),
        None,
        None,
        alone=False,
        in_use={1: lambda: 1 in used, 2: lambda: 2 in used},
    )
    assert (line.traits == ORDINARY) is (boot_text is None)
    assert (line.is_in_use, line.may_clear) == (bool(used), may_clear)
    assert line.others_in_use(1) is others
