import socket

import msgspec
import pytest
from typer.testing import CliRunner

from wattgate.adapters.modbus.definition_files import shipped
from wattgate.cli.main import app
from wattgate.core.modbus.power_brain_map import POWER_BRAIN

runner = CliRunner()


def test_every_shipped_definition_is_listed_with_its_document() -> None:
    result = runner.invoke(app, ["modbus", "definitions"])
    assert result.exit_code == 0
    for name, definition in shipped().items():
        assert f"{name}: {definition.title}\n  from {definition.source}\n" in result.stdout
    assert result.stdout.startswith("power-brain: ")
    assert "  port 4701, unit 1; limit, fail-safe, phases, waking a car, energy" in result.stdout


def test_definitions_are_listed_for_programs() -> None:
    result = runner.invoke(app, ["modbus", "definitions", "--json"])
    listed = msgspec.json.decode(result.stdout)
    assert [each["name"] for each in listed] == ["power-brain", *shipped()]
    assert (listed[0]["port"], listed[0]["unit"]) == (4701, 1)


def test_every_register_of_a_power_brain_is_listed_in_order() -> None:
    result = runner.invoke(app, ["modbus", "registers"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    addresses = [int(line.split()[0]) for line in lines[1 : 1 + len(POWER_BRAIN)]]
    assert addresses == sorted(each.address for each in POWER_BRAIN)
    (limit,) = [line for line in lines if line.startswith("8093 ")]
    assert limit.split()[:4] == ["8093", "1", "charging_cur_limit", "rw*"]
    assert "uint16 of 0.1 A, 6 to 63" in limit


def test_registers_are_listed_for_programs() -> None:
    listed = msgspec.json.decode(runner.invoke(app, ["modbus", "registers", "--json"]).stdout)
    assert {each["address"] for each in listed} == {each.address for each in POWER_BRAIN}


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (
            ["a b", "--unit", "700", "--definition", "keba"],
            [
                '--definition: "keba": does not come with Wattgate; did you mean "keba-p30"?',
                'ADDRESS: "a b" must be host:port, or a serial line as /dev/ttyUSB0,9600,8N1',
                "--unit: must be 0 to 255 there, not 700",
            ],
        ),
        (["/dev/ttyS9,9601"], ['ADDRESS: "/dev/ttyS9,9601" "9601" is no baud rate']),
        (["/dev/ttyS9", "--unit", "248"], ["--unit: must be 1 to 247 there, not 248"]),
        (["/dev/ttyS9", "--unit", "0"], ["--unit: must be 1 to 247 there, not 0"]),
        (["h", "--definition", "none.toml"], ["--definition: none.toml: cannot be read"]),
    ],
)
def test_everything_that_is_wrong_with_a_probe_is_said_at_once(
    words: list[str], problems: list[str]
) -> None:
    result = runner.invoke(app, ["modbus", "probe", *words])
    assert result.exit_code == 2
    said = result.stderr.splitlines()
    assert [line[: len(problem)] for line, problem in zip(said, problems, strict=True)] == problems


def test_a_probe_where_nobody_listens_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as was_there:
        port = was_there.getsockname()[1]
    result = runner.invoke(app, ["modbus", "probe", f"127.0.0.1:{port}"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"It did not work: nobody listens at 127.0.0.1:{port}\n"
