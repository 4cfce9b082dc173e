from itertools import pairwise

import pytest

from wattgate.core.modbus.commands import Write, can, writes_for
from wattgate.core.modbus.definition_checks import check
from wattgate.core.modbus.image import Image
from wattgate.core.modbus.polling import ReadBlock, identity_plan, model_of, poll_plan, values_of
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.modbus.registers import Access, Value
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import (
    Command,
    CutPilot,
    SelectPhases,
    SetFailSafe,
    SetLimit,
    WallboxModel,
    WallboxValues,
)
from wattgate.core.site.findings import Findings
from wattgate.core.wallbox.sensed import Pilot

IMAGE = Image(POWER_BRAIN)
VALUES: dict[str, Value] = {
    "product_version": "2.7", "product_build": 11, "mapping_version": "1.0", "serial_no": "S-4711",
    "name": "Power Brain", "slave_id": 1, "meter_flags": 1, "energy": 5_000_123, "power": 10_800,
    "current_l1": 15.7, "current_l2": 15.6, "current_l3": 15.5, "def_fixed_current": 0.0,
    "def_charg_cur_limit": 16.0, "def_charging_enable": 1, "fail_safe_duration": 300,
    "fail_safe_current": 6.0, "disconnect_cp": 0, "relay_select": 0, "relay2": 0,
    "cable_current": 32.0, "fixed_current": 0.0, "charge_pilot_state": 2,
    "charging_cur_limit": 16.0, "charging_enable": 1, "charging_current": 16.0,
    "last_rfid": "04A1B2C3", "num_rfid": 3, "has_meter": 1, "capabilities": 0x300, "restarts": 7,
}  # fmt: skip


def look(**changed: Value) -> dict[tuple[Table, int], int]:
    words: dict[tuple[Table, int], int] = {}
    for block in (*poll_plan(POWER_BRAIN_DEFINITION), *identity_plan(POWER_BRAIN_DEFINITION)):
        read = IMAGE.read({**VALUES, **changed}, block.address, block.count)
        assert isinstance(read, tuple)
        words.update(block.words(read))
    return words


def seen(**changed: Value) -> WallboxValues:
    return values_of(POWER_BRAIN_DEFINITION, look(**changed))


def test_the_definition_obeys_the_rules_for_files() -> None:
    findings = Findings()
    check(POWER_BRAIN_DEFINITION, findings)
    assert findings.problems == ()


def test_one_look_takes_four_requests_none_of_which_meets_a_hole() -> None:
    assert poll_plan(POWER_BRAIN_DEFINITION) == (
        ReadBlock(Table.HOLDING, 8057, 13),
        ReadBlock(Table.HOLDING, 8083, 5),
        ReadBlock(Table.HOLDING, 8092, 22),
        ReadBlock(Table.HOLDING, 8120, 2),
    )


@pytest.mark.parametrize(
    ("bits", "lacks_relay", "plugged_too"),
    [
        (0x000, False, False),
        (0x500, False, False),
        (0x200, True, False),
        (0x300, True, False),
        (0x600, False, False),
        (0x603, False, False),
        (0x700, False, True),
        (0xF03, False, True),
    ],
)
def test_its_capabilities_say_which_phases_can_be_selected_if_their_bits_count(
    bits: int, lacks_relay: bool, plugged_too: bool
) -> None:
    values = seen(capabilities=bits)
    assert (values.lacks_phase_relay, values.switches_plugged) == (lacks_relay, plugged_too)


def test_a_look_tells_all_that_the_manager_needs() -> None:
    assert seen() == WallboxValues(
        pilot=Pilot.C,
        energy_wh=5_000_123,
        power_w=10_800,
        currents_a=(15.7, 15.6, 15.5),
        limit_a=16.0,
        is_enabled=True,
        signalled_a=16.0,
        phases=3,
        lacks_phase_relay=True,
        switches_plugged=False,
        card="04A1B2C3",
        card_count=3,
        restarts=7,
        waking_s=0,
        fail_safe_s=300,
        fail_safe_a=6.0,
    )


@pytest.mark.parametrize(
    ("state", "pilot", "error"),
    [
        (0, "A", "NoError"),
        (1, "B", "NoError"),
        (2, "C", "NoError"),
        (3, "D", "NoError"),
        (4, "E", "OtherError"),
        (5, "F", "OtherError"),
        (9, "F", "GroundFailure"),
        (6, "F", "OtherError"),
        (65535, "F", "OtherError"),
    ],
)
def test_the_pilot_is_what_the_state_says_and_an_unknown_one_is_a_fault_r108(
    state: int, pilot: str, error: str
) -> None:
    values = seen(charge_pilot_state=state)
    assert (values.pilot.value, values.error_code) == (pilot, error)


def test_without_a_meter_nothing_is_measured_r109() -> None:
    values = seen(has_meter=0, meter_flags=0, energy=0, power=0)
    assert (values.energy_wh, values.power_w, values.currents_a) == (None, None, None)


@pytest.mark.parametrize(("flags", "is_known"), [(0, False), (1, True), (2, False), (3, True)])
def test_a_meter_may_know_no_currents(flags: int, is_known: bool) -> None:
    values = seen(meter_flags=flags)
    assert (values.currents_a is not None) is is_known
    assert values.energy_wh == 5_000_123


@pytest.mark.parametrize(("relay", "phases"), [(0, 3), (1, 1)])
def test_the_relay_says_on_how_many_phases_it_charges(relay: int, phases: int) -> None:
    assert seen(relay_select=relay).phases == phases


def test_it_says_what_it_is() -> None:
    model = WallboxModel(vendor="cFos", model="Power Brain", serial="S-4711", firmware="2.7")
    assert model_of(POWER_BRAIN_DEFINITION, look()) == model


@pytest.mark.parametrize(
    ("command", "writes"),
    [
        (SetLimit(16.37), [Write(8093, (163, 1))]),
        (SetLimit(6.0), [Write(8093, (60, 1))]),
        (SetLimit(5.9), [Write(8094, (0,))]),
        (SetLimit(0.0), [Write(8094, (0,))]),
        (SetLimit(80.0), [Write(8093, (630, 1))]),
        (SetFailSafe(180, 6.0), [Write(8085, (60,), False), Write(8083, (0, 180), False)]),
        (SetFailSafe(0, 0.0), [Write(8085, (0,), False), Write(8083, (0, 0), False)]),
        (SetFailSafe(90_000, 6.0), [Write(8085, (60,), False), Write(8083, (1, 20_864), False)]),
        (CutPilot(5), [Write(8086, (5,))]),
        (CutPilot(600), [Write(8086, (60,))]),
        (SelectPhases(1), [Write(8087, (1,))]),
        (SelectPhases(3), [Write(8087, (0,))]),
    ],
)
def test_a_command_is_few_writes(command: Command, writes: list[Write]) -> None:
    assert can(POWER_BRAIN_DEFINITION, type(command))
    assert writes_for(POWER_BRAIN_DEFINITION, command) == tuple(writes)


@pytest.mark.parametrize(
    "command", [SetLimit(16.0), SetLimit(0.0), SetFailSafe(60, 0), CutPilot(5), SelectPhases(1)]
)
def test_what_is_written_is_allowed_by_the_map_and_wears_only_what_it_says(
    command: Command,
) -> None:
    volatile = {
        at for each in POWER_BRAIN if each.is_volatile for at in range(each.address, each.end)
    }
    for write in writes_for(POWER_BRAIN_DEFINITION, command):
        assert isinstance(IMAGE.decode_write(write.address, write.words), dict)
        assert write.is_volatile is (set(range(write.address, write.end)) <= volatile)


def test_every_register_that_may_be_read_and_written_is_readable_there() -> None:
    plan = (*poll_plan(POWER_BRAIN_DEFINITION), *identity_plan(POWER_BRAIN_DEFINITION))
    readable = {
        at
        for each in POWER_BRAIN
        if each.access is not Access.WRITE
        for at in range(each.address, each.end)
    }
    for block in plan:
        assert set(range(block.address, block.address + block.count)) <= readable
    assert all(one.address + one.count < two.address for one, two in pairwise(plan[:4]))
