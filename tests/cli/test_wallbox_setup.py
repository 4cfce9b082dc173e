from pathlib import Path
from typing import Any

import pytest

from wattgate import __version__
from wattgate.cli.tls_options import ClientTls
from wattgate.cli.wallbox_hardware import HardwareSetup
from wattgate.cli.wallbox_setup import Setup, brain_options_of, options_of, problems_of
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.modbus_side import Stored
from wattgate.core.wallbox.options import Permission
from wattgate.core.wallbox.quirks import Quirk


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"station_id": "."}, "--id"),
        ({"url": "ws://"}, "--backend"),
        ({"max_current_a": 5.0}, "--max-current 5: must be within 6 to 1000"),
        ({"speed": 0.0}, "--speed"),
        ({"soc": float("nan")}, "--soc"),
        ({"keys": ("HeartbeatInterval",)}, "NAME=VALUE"),
        ({"keys": ("HeartbeatInterval=x",)}, "cannot hold"),
        ({"fixed_id_tag": "A" * 21}, "--fixed-rfid"),
        ({"quirks": ("steps", "stairs")}, "--quirk stairs: is not known"),
        ({"clock_offset_s": 1e9}, "--clock-offset"),
        ({"vendor": "V" * 21}, "--vendor"),
        ({"model": "M" * 21}, "--model"),
        ({"firmware": "1" * 51}, "--firmware"),
        ({"tls": ClientTls(check_name=True), "url": "wss://host/"}, "--check-name"),
        ({"connector_id": 0}, "--connector-id 0"),
        (
            {"connectors": 2, "hardware": HardwareSetup(data=Path("x"))},
            "--connectors 2: a Power Brain has one",
        ),
        ({"phases": 2, "hardware": HardwareSetup(modbus_port=0)}, "--phases 2: a master"),
        ({"hardware": HardwareSetup(is_asleep=True)}, "--asleep: needs --plug"),
        ({"id_tag": "A", "hardware": HardwareSetup(has_reader=False)}, "--rfid: contradicts"),
    ],
)
def test_a_wrong_option_is_named(fields: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"station_id": "CP1", "url": "ws://host/", **fields}
    (problem,) = problems_of(Setup(**given))
    assert words in problem


def test_the_defaults_are_right() -> None:
    assert problems_of(Setup("CP1", "ws://host/", keys=("HeartbeatInterval=5",))) == []


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({}, "firmware", __version__),
        ({"firmware": ""}, "firmware", ""),
        ({"firmware": "1.8.0"}, "firmware", "1.8.0"),
        ({}, "vendor", "Wattgate"),
        ({"vendor": "ABB"}, "vendor", "ABB"),
        ({"model": "TAC"}, "model", "TAC"),
        ({}, "quirks", frozenset()),
        ({"quirks": ("steps", "slow")}, "quirks", {Quirk.STEPS, Quirk.SLOW}),
        ({}, "clock_offset_s", None),
        ({"clock_offset_s": -300.0}, "clock_offset_s", -300.0),
        ({}, "serial", "CP1"),
        ({"station_id": "C" * 26}, "serial", ""),
        ({}, "has_hardware", False),
        ({}, "permission", Permission.TRANSACTION),
        ({"url": ""}, "permission", Permission.PLUG),
        ({"connector_id": 3}, "first_connector", 3),
        ({"hardware": HardwareSetup(data=Path("x"))}, "has_hardware", True),
        ({"hardware": HardwareSetup(data=Path("x"))}, "keeps", True),
        ({"hardware": HardwareSetup(modbus_port=0)}, "has_hardware", True),
        ({"hardware": HardwareSetup(modbus_port=0)}, "keeps", False),
        ({"taper_from": 0.8}, "car", Car(charged_wh=20_000.0, taper_from=0.8)),
        (
            {"tls": ClientTls(profile=2)},
            "configuration",
            {"MeterValueSampleInterval": "10", "SecurityProfile": "2"},
        ),
        (
            {"keys": ("HeartbeatInterval=5",)},
            "configuration",
            {"MeterValueSampleInterval": "10", "SecurityProfile": "0", "HeartbeatInterval": "5"},
        ),
    ],
)
def test_an_option_makes_the_wallbox_what_it_is(
    fields: dict[str, Any], name: str, value: object
) -> None:
    given: dict[str, Any] = {"station_id": "CP1", "url": "ws://host/", **fields}
    assert getattr(options_of(Setup(**given)), name) == value


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({}, "has_modbus", False),
        ({"hardware": HardwareSetup(modbus_serial="/dev/x")}, "has_modbus", True),
        ({"hardware": HardwareSetup(modbus_unit=7)}, "stored", Stored(slave_id=7)),
        ({}, "switch_pause_s", 120.0),
        ({"speed": 10.0}, "switch_pause_s", 12.0),
        ({"speed": 0.5}, "switch_pause_s", 120.0),
        ({"max_current_a": 32.0}, "cable_a", 32.0),
    ],
)
def test_an_option_makes_the_power_brain_what_it_is(
    fields: dict[str, Any], name: str, value: object
) -> None:
    assert getattr(brain_options_of(Setup("CP1", **fields)), name) == value
