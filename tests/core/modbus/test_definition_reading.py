import pytest

from wattgate.core.errors import ConfigError
from wattgate.core.modbus.definition_reading import read_definition
from wattgate.core.modbus.definitions import FedBy
from wattgate.core.modbus.registers import Kind, WordOrder
from wattgate.core.modbus.tables import Table

FILE = """
name = "made-up-2"
title = "Made Up 2"
source = "Made Up 2, register list 1.0"
port = 1502
unit = 5
word_order = "low-first"
fed_by = "write"

[read.state]
table = "input"
address = 5

[read.energy]
address = 17
kind = "uint32"
scale = 0.1

[write.limit]
address = 261
scale = 0.1
off = 0

[[states]]
state = 1
pilot = "A"

[[preparations]]
address = 258
value = 4
"""


def test_a_file_says_what_a_wallbox_is() -> None:
    definition = read_definition(FILE)
    assert (definition.name, definition.port, definition.unit) == ("made-up-2", 1502, 5)
    assert (definition.word_order, definition.fed_by) == (WordOrder.LOW_FIRST, FedBy.WRITE)
    assert definition.read.state is not None
    assert (definition.read.state.table, definition.read.state.address) == (Table.INPUT, 5)
    assert definition.read.energy is not None
    assert (definition.read.energy.kind, definition.read.energy.scale) == (Kind.UINT32, 0.1)
    assert definition.write.limit is not None
    assert definition.write.limit.off == 0
    assert [each.state for each in definition.states] == [1]
    assert [each.value for each in definition.preparations] == [4]


def test_what_is_no_toml_is_said_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"line 1, column 8: is not TOML"):
        read_definition("name = x\n")


def test_every_problem_is_told_at_once_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        read_definition("""
            name = "Made Up"
            titel = "Made Up 2"
            [read]
            state = 3
            [read.energy]
            kind = "uint61"
            [write.limit]
            address = 70000
            [[states]]
            pilot = "G"
            [[states]]
            state = 1
            plug = 2
            pilot = "A"
        """)
    assert [str(each) for each in caught.value.problems] == [
        'titel: is unknown; did you mean "title"?',
        "source: is required",
        "read › state: must be a table [state], not 3",
        "read › energy › address: is required",
        "read › energy › kind: must be one of uint16, int16, uint32, int32, uint64, float32, text, "
        'hex, version, not the text "uint61"; did you mean "uint64"?',
        "write › limit › address: must be at most 65535, not 70000",
        "states 1 › pilot: must be one of A, B, C, D, E, F, not the text \"G\"",
        "name: must be of lower case letters, digits and single dashes",
        "write › limit › off: is required where there is no `enable`",
        "states 1: must say `state`, `plug` or both",
        "states 2 › plug: needs `read.plug`",
    ]  # fmt: skip
