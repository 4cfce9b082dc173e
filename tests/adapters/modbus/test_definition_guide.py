"""The file that the guide shows is one, and says what the guide says of it."""

import re
from pathlib import Path

from wattgate.core.modbus.commands import writes_for
from wattgate.core.modbus.definition_reading import read_definition
from wattgate.core.modbus.polling import identity_plan, model_of, poll_plan, values_of
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import SetFailSafe, SetLimit, WallboxValues
from wattgate.core.site.reading import read_toml
from wattgate.core.wallbox.sensed import Pilot

GUIDE = (Path(__file__).parents[3] / "docs/guide/modbus-definitions.md").read_text(encoding="utf-8")
SITE, EXAMPLE = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
ACME = read_definition(EXAMPLE)

INPUTS = [3, 15_700, 15_600, 15_500, 0x86A0, 1]
HOLDING = {10: 160, 11: 1, 19: 60, 20: 60}


def words(*, allowed: int = 1, state: int = 3) -> dict[tuple[Table, int], int]:
    inputs = {(Table.INPUT, 100 + at): word for at, word in enumerate([state, *INPUTS[1:]])}
    serial = {(Table.INPUT, 119 + at): word for at, word in enumerate([0x4137, *[0] * 7])}
    holding = {(Table.HOLDING, at): word for at, word in (HOLDING | {11: allowed}).items()}
    return inputs | serial | holding


def test_the_file_of_the_guide_says_what_the_list_of_registers_says() -> None:
    assert values_of(ACME, words()) == WallboxValues(
        pilot=Pilot.C,
        energy_wh=1_000_000,
        currents_a=(15.7, 15.6, 15.5),
        limit_a=16.0,
        is_enabled=True,
        fail_safe_s=60,
        fail_safe_a=6.0,
    )
    assert values_of(ACME, words(allowed=2)).is_enabled is False
    assert values_of(ACME, words(state=4)).error_code == "HighTemperature"
    assert values_of(ACME, words(state=5)).error_code == "OtherError"
    assert model_of(ACME, words()).serial == "A7"


def test_it_is_read_and_written_as_the_guide_says() -> None:
    plan = [(each.table.value, each.address, each.count) for each in poll_plan(ACME)]
    assert plan == [("holding", 10, 11), ("input", 100, 4), ("input", 104, 2)]
    assert [(each.address, each.count) for each in identity_plan(ACME)] == [(119, 8)]
    assert [(each.address, each.words) for each in writes_for(ACME, SetLimit(16))] == [
        (10, (160,)),
        (11, (1,)),
    ]
    assert [(each.address, each.words) for each in writes_for(ACME, SetLimit(0))] == [(11, (2,))]
    fail_safe = writes_for(ACME, SetFailSafe(600, 0))
    assert [(each.address, each.words) for each in fail_safe] == [(20, (0,)), (19, (300,))]


def test_the_site_of_the_guide_is_accepted() -> None:
    (evse,) = read_toml('[site]\nload_management = "observe"\n' + SITE).evses
    assert (evse.connector, evse.definition) == (1, "/etc/wattgate/acme-box-2.toml")
