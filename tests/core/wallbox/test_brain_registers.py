from dataclasses import replace

import pytest
from tests.support.wallboxes import charging

from wattgate.core.modbus.codec import encode
from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.modbus.registers import Value
from wattgate.core.wallbox.brain_registers import BrainFacts, phases_of, values_of
from wattgate.core.wallbox.modbus_side import ModbusSide
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.sensed import Pilot

SIDE = ModbusSide(16.0, 0.0)
FACTS = BrainFacts(
    look=charging().machine.look(),
    stored=SIDE.stored,
    volatile=SIDE.volatile,
    pilot=Pilot.C,
    cut_left_s=0,
    energy_wh=1234.9,
    phases=3,
    cable_a=20.0,
    card="04A1",
    cards=0x10002,
    restarts=3,
    may_switch_plugged=True,
)
OPTIONS = Options("CP1", serial="S" * 25, model="M" * 40, firmware="0.12.3.dev1")


def test_there_is_a_value_for_every_register_that_changes_and_it_fits() -> None:
    values = values_of(OPTIONS, FACTS)
    readable = {each.name: each for each in POWER_BRAIN if each.is_readable and each.fixed is None}
    assert set(values) == set(readable)
    for name, register in readable.items():
        assert len(encode(register, values[name])) == register.words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("product_version", "0.12"),
        ("product_build", 3),
        ("serial_no", "S" * 16),
        ("name", "M" * 32),
        ("energy", 1234),
        ("power", 11_040.0),
        ("current_l3", 16.0),
        ("charge_pilot_state", 2),
        ("charging_current", 16.0),
        ("relay_select", 0),
        ("num_rfid", 2),
        ("capabilities", 0x700),
        ("fail_safe_duration", 300),
        ("charging_cur_limit", 16.0),
    ],
)
def test_registers_say_what_is(name: str, value: Value) -> None:
    assert values_of(OPTIONS, FACTS)[name] == value


@pytest.mark.parametrize(
    ("firmware", "version"), [("", "0.0"), ("v2", "2.0"), ("300.1", "44.1"), ("9" * 30, "255.255")]
)
def test_whatever_the_firmware_is_called_there_is_a_version(firmware: str, version: str) -> None:
    values = values_of(replace(OPTIONS, firmware=firmware), FACTS)
    assert values["product_version"] == version


@pytest.mark.parametrize(("raw", "phases"), [(0, 3), (1, 1)])
def test_the_relay_means_phases(raw: int, phases: int) -> None:
    assert phases_of(raw) == phases
    assert values_of(OPTIONS, replace(FACTS, phases=phases))["relay_select"] == raw
