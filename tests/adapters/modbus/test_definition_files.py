from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from wattgate.adapters.modbus import definition_files
from wattgate.adapters.modbus.definition_files import (
    FOLDER,
    definition_of,
    definitions_of,
    load,
    shipped,
)
from wattgate.core.errors import ConfigError
from wattgate.core.modbus.codec import decode, encode
from wattgate.core.modbus.commands import preparations, writes_for
from wattgate.core.modbus.definitions import Definition, FedBy
from wattgate.core.modbus.polling import identity_plan, model_of, points, poll_plan, values_of
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import SetFailSafe, SetLimit, WallboxModel, WallboxValues
from wattgate.core.site.choices import DeviceType
from wattgate.core.site.devices import EvseSettings
from wattgate.core.wallbox.sensed import Pilot

SHIPPED = shipped()
MINIMAL = """
name = "own"
title = "Own"
source = "Own"
[read.state]
address = 1
[[states]]
state = 1
pilot = "A"
"""

KEBA_WORDS = {
    1000: 3, 1004: 7, 1008: 15_700, 1010: 15_600, 1012: 15_500, 1014: 18_416_854,
    1018: 0x030A0D00, 1020: 10_803_000, 1036: 50_001_234, 1100: 16_000, 1500: 0xD4CD7650,
    1600: 6_000, 1602: 180,
}  # fmt: skip
"""32-bit values by address, as the guide counts them."""

HEIDELBERG_INPUTS = {5: 7, 6: 157, 7: 156, 8: 155, 14: 10_803, 17: 76, 18: 20_000, 203: 431}
HEIDELBERG_HOLDING = {257: 15_000, 258: 4, 259: 1, 261: 160, 262: 0}


def keba(**changed: int) -> dict[tuple[Table, int], int]:
    values = KEBA_WORDS | {int(name[1:]): value for name, value in changed.items()}
    return {
        (Table.HOLDING, address + at): word
        for address, value in values.items()
        for at, word in enumerate(divmod(value, 0x10000))
    }


def heidelberg(state: int = 7) -> dict[tuple[Table, int], int]:
    inputs = {(Table.INPUT, at): word for at, word in (HEIDELBERG_INPUTS | {5: state}).items()}
    return inputs | {(Table.HOLDING, at): word for at, word in HEIDELBERG_HOLDING.items()}


def test_two_models_come_with_wattgate_each_in_the_file_of_its_name() -> None:
    assert {name: each.name for name, each in SHIPPED.items()} == {
        "heidelberg-energy-control": "heidelberg-energy-control",
        "keba-p30": "keba-p30",
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_names_its_documents_and_what_was_not_verified(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert "# Where it comes from" in text
    assert "# Not verified on a wallbox" in text
    assert "# Traps" in text
    assert '"' in SHIPPED[name].source
    assert "Not verified" in SHIPPED[name].notes


def test_a_keba_is_read_by_the_registers_of_its_guide() -> None:
    assert values_of(SHIPPED["keba-p30"], keba()) == WallboxValues(
        pilot=Pilot.C,
        energy_wh=5_000_123.4,
        power_w=10_803.0,
        currents_a=(15.7, 15.6, 15.5),
        signalled_a=16.0,
        card="d4cd7650",
        fail_safe_s=180,
        fail_safe_a=6.0,
    )
    assert model_of(SHIPPED["keba-p30"], keba()) == WallboxModel(
        vendor="KEBA", model="KeContact P30", serial="18416854", firmware="3.10.13.0"
    )


@pytest.mark.parametrize(
    ("state", "plug", "pilot", "error"),
    [
        (0, 0, "A", "NoError"),
        (1, 0, "A", "NoError"),
        (1, 1, "A", "NoError"),
        (1, 3, "A", "NoError"),
        (0, 5, "B", "NoError"),
        (1, 7, "B", "NoError"),
        (2, 5, "B", "NoError"),
        (5, 7, "B", "NoError"),
        (3, 7, "C", "NoError"),
        (4, 7, "F", "InternalError"),
        (4, 0, "F", "InternalError"),
        (6, 7, "F", "OtherError"),
    ],
)
def test_the_state_of_a_keba_is_in_two_registers_r108(
    state: int, plug: int, pilot: str, error: str
) -> None:
    values = values_of(SHIPPED["keba-p30"], keba(a1000=state, a1004=plug))
    assert (values.pilot.value, values.error_code) == (pilot, error)


def test_a_keba_without_a_card_shows_none() -> None:
    assert values_of(SHIPPED["keba-p30"], keba(a1500=0)).card == ""


def test_a_keba_answers_one_register_a_request_and_lacks_some() -> None:
    definition = SHIPPED["keba-p30"]
    plan = poll_plan(definition)
    assert {block.count for block in (*plan, *identity_plan(definition))} == {2}
    assert [block.address for block in plan if block.is_optional] == [1500, 1600, 1602]
    assert definition.fed_by is FedBy.WRITE


def test_a_keba_is_written_in_ma_and_enabled_after_its_limit() -> None:
    written = writes_for(SHIPPED["keba-p30"], SetLimit(10.25))
    assert [(each.address, each.words) for each in written] == [(5004, (10250,)), (5014, (1,))]
    assert [
        (each.address, each.words) for each in writes_for(SHIPPED["keba-p30"], SetLimit(0))
    ] == [(5014, (0,))]
    fail_safe = writes_for(SHIPPED["keba-p30"], SetFailSafe(5, 0))
    assert [(each.address, each.words) for each in fail_safe] == [(5016, (0,)), (5018, (10,))]


def test_a_heidelberg_is_read_by_the_registers_of_its_table() -> None:
    definition = SHIPPED["heidelberg-energy-control"]
    assert values_of(definition, heidelberg()) == WallboxValues(
        pilot=Pilot.C,
        energy_wh=76 * 65536 + 20_000,
        power_w=10_803,
        currents_a=(15.7, 15.6, 15.5),
        limit_a=16.0,
        fail_safe_s=15.0,
        fail_safe_a=0.0,
    )
    assert model_of(definition, heidelberg()).firmware == "431"


@pytest.mark.parametrize(
    ("state", "pilot", "error"),
    [
        (2, "A", "NoError"),
        (3, "A", "NoError"),
        (4, "B", "NoError"),
        (5, "B", "NoError"),
        (6, "C", "NoError"),
        (7, "C", "NoError"),
        (8, "C", "NoError"),
        (9, "E", "OtherError"),
        (10, "F", "OtherError"),
        (11, "F", "InternalError"),
        (0, "F", "OtherError"),
        (12, "F", "OtherError"),
    ],
)
def test_each_state_of_a_heidelberg_is_a_state_of_the_pilot_r108(
    state: int, pilot: str, error: str
) -> None:
    values = values_of(SHIPPED["heidelberg-energy-control"], heidelberg(state))
    assert (values.pilot.value, values.error_code) == (pilot, error)


def test_a_heidelberg_is_read_with_three_requests_one_of_which_it_may_refuse() -> None:
    plan = poll_plan(SHIPPED["heidelberg-energy-control"])
    assert [(each.table, each.address, each.count, each.is_optional) for each in plan] == [
        (Table.HOLDING, 257, 6, False),
        (Table.INPUT, 5, 10, False),
        (Table.INPUT, 17, 2, True),
    ]


def test_a_heidelberg_is_told_0_to_stop_and_waits_65_s_at_most() -> None:
    definition = SHIPPED["heidelberg-energy-control"]
    limits = [writes_for(definition, SetLimit(a))[0].words for a in (0, 5.9, 6, 10.27, 32)]
    assert limits == [(0,), (0,), (60,), (102,), (160,)]
    fail_safe = writes_for(definition, SetFailSafe(180, 6))
    assert [(each.address, each.words) for each in fail_safe] == [(262, (60,)), (257, (65000,))]
    assert not any(each.is_volatile for each in fail_safe)
    assert [(each.address, each.words) for each in preparations(definition)] == [
        (258, (4,)),
        (259, (1,)),
    ]


ALL: Mapping[str, Definition] = {**SHIPPED, "power-brain": POWER_BRAIN_DEFINITION}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("asked_a", [0.0, 6.0, 10.27, 16.0])
def test_what_is_written_is_read_again_where_it_can_be_read(name: str, asked_a: float) -> None:
    """Image of words, commands, words, values: every definition agrees with itself."""
    definition = ALL[name]
    memory = {
        (block.table, block.address + at): 0
        for block in (*poll_plan(definition), *identity_plan(definition))
        for at in range(block.count)
    }
    for command in (SetLimit(asked_a), SetFailSafe(60, asked_a)):
        for write in writes_for(definition, command):
            for at, word in enumerate(write.words):
                memory[Table.HOLDING, write.address + at] = word
    values = values_of(definition, memory)
    held_a = int(asked_a * 10 + 1e-6) / 10
    if definition.read.limit is not None:
        told_a = 0.0 if values.is_enabled is False else values.limit_a
        assert told_a == held_a
    if name != "keba-p30":
        assert (values.fail_safe_s, values.fail_safe_a) == (60, held_a)


@pytest.mark.parametrize("name", ALL)
def test_every_number_that_can_be_read_has_its_words(name: str) -> None:
    definition = ALL[name]
    for role, point in {**points(definition.read), **points(definition.identity)}.items():
        register = point.register(role)
        words = (0x4142,) * register.words  # letters, too
        value = decode(register, words, definition.word_order)
        assert encode(register, value, definition.word_order) == words


# Files of people


def test_a_file_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert load(str(path)).name == "own"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("keba-p3", '"keba-p3": does not come with Wattgate; did you mean "keba-p30"? '
         "(a file is named by its path)"),
        ("zzz", '"zzz": does not come with Wattgate; there are '
         "heidelberg-energy-control, keba-p30 (a file is named by its path)"),
        ("gone/own.toml", "gone/own.toml: cannot be read: No such file or directory"),
        ("own.toml", "own.toml: cannot be read: No such file or directory"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(name: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(name)
    assert [str(each) for each in caught.value.problems] == [problem]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"#" * (definition_files.LARGEST_BYTES + 1), "is too large to be a definition"),
        (b"name = x", "is not TOML"),
        (b'name = "own"', "title: is required"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_with_its_path(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    told = str(caught.value)
    assert told.startswith(str(path))
    assert problem in told


def evse(kind: DeviceType, definition: str = "") -> EvseSettings:
    return EvseSettings(id="stall-1", device_type=kind, address="127.0.0.1", definition=definition)


def test_each_device_type_has_its_definition() -> None:
    assert definition_of(evse(DeviceType.POWER_BRAIN)) is POWER_BRAIN_DEFINITION
    assert definition_of(evse(DeviceType.MODBUS, "keba-p30")) == SHIPPED["keba-p30"]


def test_problems_of_a_definition_name_the_evse_that_wants_it() -> None:
    with pytest.raises(ConfigError, match='evse "stall-1" › definition › "keba": does'):
        definition_of(evse(DeviceType.MODBUS, "keba"))


def test_who_is_out_of_service_needs_no_definition() -> None:
    """It may be long gone from the site file, and its definition with it."""
    gone = replace(evse(DeviceType.MODBUS, "gone.toml"), enabled=False)
    brain = replace(evse(DeviceType.POWER_BRAIN), id="stall-2", enabled=False)
    assert definitions_of([gone, brain]) == {"stall-2": POWER_BRAIN_DEFINITION}
    with pytest.raises(ConfigError, match="cannot be read"):
        definitions_of([brain, replace(gone, enabled=True)])
