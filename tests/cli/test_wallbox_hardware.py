from typing import Any

import pytest

from wattgate.cli.wallbox_hardware import HardwareSetup, hardware_problems
from wattgate.core.modbus.places import SerialPlace, TcpPlace


@pytest.mark.parametrize(
    ("fields", "has_backend", "words"),
    [
        ({}, False, "--backend: is needed, unless --modbus-port or --modbus-serial is given"),
        ({"modbus_port": 65_536}, True, "--modbus-port 65536: must be within 0 to 65535"),
        ({"switch_pause_s": -1.0}, True, "--phase-pause -1: must be within 0 to 3600"),
        ({"api_port": -1}, True, "--api-port -1: must be"),
        ({"modbus_serial": "host:502"}, True, "--modbus-serial host:502: must be a serial line"),
        ({"modbus_serial": "/dev/x,9601"}, True, '"9601" is no baud rate'),
        ({"card_reader": "/dev/x,9600,9N1"}, True, "--card-reader"),
        ({"modbus_port": 0, "modbus_unit": 0}, True, "--modbus-unit 0: must be within 1 to 255"),
        (
            {"modbus_serial": "/dev/x", "modbus_unit": 248},
            True,
            "--modbus-unit 248: must be within 1 to 247",
        ),
        ({"card_reader": "/dev/x", "has_reader": False}, True, "--no-reader: contradicts"),
        ({"modbus_host": "192.0.2.1"}, True, "--modbus-host: needs --modbus-port"),
        (
            {"modbus_serial": "/dev/x", "modbus_host": "192.0.2.1"},
            True,
            "--modbus-host: needs --modbus-port",
        ),
        ({"modbus_unit": 7}, True, "--modbus-unit: needs --modbus-port or --modbus-serial"),
        ({"modbus_port": 0, "signs": True}, False, "--sign: needs --backend"),
    ],
)
def test_a_wrong_option_is_named(fields: dict[str, Any], has_backend: bool, words: str) -> None:
    (problem,) = hardware_problems(HardwareSetup(**fields), has_backend=has_backend)
    assert words in problem


@pytest.mark.parametrize(
    ("fields", "has_backend"),
    [
        ({}, True),
        ({"modbus_port": 0}, False),
        ({"modbus_serial": "/dev/ttyUSB0,9600,8N1"}, False),
        ({"modbus_port": 4701, "modbus_unit": 255, "signs": True, "has_reader": False}, True),
    ],
)
def test_what_goes_together_is_no_problem_p27(fields: dict[str, Any], has_backend: bool) -> None:
    assert not list(hardware_problems(HardwareSetup(**fields), has_backend=has_backend))


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({}, ()),
        ({"modbus_port": 0}, (TcpPlace("127.0.0.1", 0),)),
        ({"modbus_serial": "/dev/x,19200,8E1"}, (SerialPlace("/dev/x", 19200, parity="E"),)),
        (
            {"modbus_port": 4701, "modbus_host": "0.0.0.0", "modbus_serial": "/dev/x"},  # noqa: S104 - an option
            (TcpPlace("0.0.0.0", 4701), SerialPlace("/dev/x")),  # noqa: S104 - an option
        ),
    ],
)
def test_the_slave_is_on_a_port_a_serial_line_or_both_p27(
    fields: dict[str, Any], places: tuple[object, ...]
) -> None:
    setup = HardwareSetup(**fields)
    assert setup.places() == places
    assert setup.is_on_modbus is bool(places)
