from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wattgate.core.errors import ConfigError
from wattgate.core.modbus.codec import decode
from wattgate.core.modbus.commands import as_written, writes_for
from wattgate.core.modbus.definition_checks import check
from wattgate.core.modbus.definition_reading import read_definition
from wattgate.core.modbus.definitions import Definition, Writes
from wattgate.core.modbus.points import CurrentTarget
from wattgate.core.modbus.registers import Kind
from wattgate.core.modbus.wallbox_values import SetLimit
from wattgate.core.site.findings import Findings
from wattgate.core.site.reading import read_table

HEAD = 'name = "made-up"\ntitle = "Made Up"\nsource = "nothing"\n'
STATE = "[read.state]\naddress = 5\n"
STATES = '[[states]]\nstate = 1\npilot = "A"\n'
VALID = read_definition(HEAD + STATE + STATES)


TABLES: tuple[str, ...] = (
    "read",
    "write",
    "identity",
    "states",
    "preparations",
    "limit",
    "enable",
    "phases",
)
TABLES += ("fail_safe_time", "fail_safe_current", "wake_up", "state", "plug", "energy", "card")
SETTINGS: tuple[str, ...] = (
    "name",
    "title",
    "source",
    "address",
    "kind",
    "length",
    "scale",
    "optional",
    "table",
)
SETTINGS += ("off", "on", "one", "three", "lowest_a", "highest_a", "step_a", "lowest_s", "stored")
SETTINGS += ("pilot", "error", "value", "mask", "port", "unit", "most_words", "fed_by")
KEYS = st.sampled_from((*TABLES, *SETTINGS))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["uint32", "float32", "text", "input", "A", "F", "own", ""])
)
MAPPINGS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(st.dictionaries(KEYS, MAPPINGS, max_size=8))
def test_nothing_that_a_file_says_breaks_the_reading(mapping: dict[str, object]) -> None:
    findings = Findings()
    definition = read_table(Definition, mapping, (), findings)
    check(definition, findings)
    assert all(each.message for each in findings.problems)


@given(
    st.sampled_from(Kind),
    st.floats(1e-9, 1e9),
    st.sampled_from([0.0, 0.001, 0.1, 0.25, 1.0]),
    st.floats(6, 1000),
    st.floats(6, 1000),
    st.integers(0, 65535),
    st.floats(-10, 2000),
)
def test_what_is_accepted_can_be_written_and_is_never_more_than_asked(
    kind: Kind, scale: float, step_a: float, lowest: float, highest: float, off: int, asked_a: float
) -> None:
    limit = CurrentTarget(
        address=1,
        kind=kind,
        scale=scale,
        step_a=step_a,
        lowest_a=lowest,
        highest_a=highest,
        off=off,
    )
    definition = replace(VALID, write=Writes(limit=limit))
    findings = Findings()
    check(definition, findings)
    assume(not findings.problems)
    (write,) = writes_for(definition, SetLimit(asked_a))
    held = as_written(definition, SetLimit(asked_a))
    assert isinstance(held, SetLimit)
    assert held.current_a <= max(asked_a, 0) + 1e-5
    if held.current_a > 0:
        said = decode(limit.register(""), write.words)
        assert said == pytest.approx(held.current_a, rel=1e-6, abs=1e-6)


def problems(text: str) -> list[str]:
    try:
        read_definition(text)
    except ConfigError as exc:
        return [str(each) for each in exc.problems]
    return []


def with_parts(*parts: str, head: str = "") -> list[str]:
    return problems("\n".join((HEAD + head + STATE, *parts, STATES)))


def test_the_least_that_a_file_must_say() -> None:
    assert problems(HEAD + STATE + STATES) == []
    assert problems(HEAD) == [
        "read › state: is required",
        "states: is required: what the numbers of `read.state` mean",
    ]


@pytest.mark.parametrize("name", ["", "Made", "made_up", "made--up", "-made", "made.toml"])
def test_a_name_can_be_a_file_name(name: str) -> None:
    told = problems(HEAD.replace("made-up", name) + STATE + STATES)
    assert len(told) == 1
    assert told[0].startswith("name: must")


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ('[read.energy]\naddress = 65535\nkind = "uint32"',
         "read › energy › address: leaves no room for 2 words"),
        ('[read.energy]\naddress = 65534\nkind = "uint32"', None),
        ('[read.energy]\naddress = 1\nkind = "text"',
         'read › energy › kind: must be a number, not "text"'),
        ('[read.card]\naddress = 1\nkind = "hex"', None),
        ('[identity.serial]\naddress = 1\nkind = "text"', None),
        ('[read.plug]\naddress = 1\noptional = true',
         "read › plug › optional: must be false: it is part of the state"),
        ("[write.enable]\naddress = 1", "write › limit: is required where there is `enable`"),
        ("[write.limit]\naddress = 1",
         "write › limit › off: is required where there is no `enable`"),
        ("[write.limit]\naddress = 1\noff = 0", None),
        ("[write.limit]\naddress = 1\n[write.enable]\naddress = 2", None),
        ('[write.limit]\naddress = 65535\nkind = "uint32"\noff = 0',
         "write › limit › address: leaves no room for 2 words"),
        ('[write.limit]\naddress = 1\nkind = "text"\noff = 0',
         'write › limit › kind: must be a number, not "text"'),
        ("[write.limit]\naddress = 1\noff = 0\nlowest_a = 20\nhighest_a = 16",
         "write › limit › lowest_a: must not be above `highest_a`"),
        ("[write.limit]\naddress = 1\noff = 0\nscale = 0.0001",
         "write › limit › highest_a: does not fit into uint16 with this scale"),
        ("[write.limit]\naddress = 1\noff = 0\nscale = 0.1\nstep_a = 0.25",
         "write › limit › step_a: must be a multiple of `scale`"),
        ("[write.limit]\naddress = 1\noff = 0\nscale = 0.1\nstep_a = 0.3", None),
        ("[write.limit]\naddress = 1\noff = 0\nscale = 0.001\nstep_a = 0.001", None),
        ('[write.limit]\naddress = 1\noff = 0\nkind = "float32"\nstep_a = 1e-320',
         "write › limit › step_a: must be 0, or at least 0.001"),
        ("[write.limit]\naddress = 65535\noff = 0", None),
        ('[write.limit]\naddress = 65534\nkind = "uint32"\noff = 0', None),
        ("[write.limit]\naddress = 1\noff = 0\nlowest_a = 16\nhighest_a = 16", None),
        ("[write.fail_safe_time]\naddress = 1\nlowest_s = 10\nhighest_s = 10", None),
        ('[write.limit]\naddress = 1\noff = 0\nkind = "float32"\nstep_a = 0.25', None),
        ("[write.fail_safe_time]\naddress = 1\nscale = 0.001",
         "write › fail_safe_time › highest_s: does not fit into uint16 with this scale"),
        ("[write.fail_safe_time]\naddress = 1\nscale = 0.001\nhighest_s = 65", None),
        ("[write.fail_safe_time]\naddress = 1\nlowest_s = 20\nhighest_s = 10",
         "write › fail_safe_time › lowest_s: must not be above `highest_s`"),
        ("[write.fail_safe_current]\naddress = 1\noff = 0",
         "write › fail_safe_time: is required where there is `fail_safe_current`"),
        ("[write.fail_safe_current]\naddress = 1\n[write.fail_safe_time]\naddress = 2",
         "write › fail_safe_current › off: is required: 0 A without a master is usual"),
        ("[write.limit]\naddress = 1\n[write.enable]\naddress = 2\non = 0",
         "write › enable › on: must differ from `off`"),
        ("[write.phases]\naddress = 1\none = 3",
         "write › phases › one: must differ from `three`"),
        ("[write.phases]\naddress = 1\nthree = 0", None),
    ],
)  # fmt: skip
def test_parts_have_to_go_together(part: str, problem: str | None) -> None:
    assert with_parts(part) == ([] if problem is None else [problem])


def test_the_state_is_never_optional() -> None:
    told = problems(HEAD + STATE + "optional = true\n" + STATES)
    assert told == ["read › state › optional: must be false: nothing is known without the state"]


def test_no_register_is_longer_than_one_answer() -> None:
    energy = '[read.energy]\naddress = 1\nkind = "uint64"'
    told = with_parts(energy, head="most_words = 2\n")
    assert told == ["read › energy › kind: takes 4 words, more than `most_words` allows"]


def test_a_mistake_that_is_told_already_is_not_told_again() -> None:
    told = with_parts(
        '[read.energy]\naddress = "x"\nkind = "uint64"',
        '[write.limit]\naddress = 1\nkind = "word"',
        head="most_words = 0\n",
    )
    assert told == [
        "most_words: must be at least 1 words, not 0",
        'read › energy › address: must be a whole number, not the text "x"',
        "write › limit › kind: must be one of uint16, int16, uint32, int32, uint64, float32, text, "
        'hex, version, not the text "word"',
        "write › limit › off: is required where there is no `enable`",
    ]


def test_of_what_is_no_table_nothing_else_is_said() -> None:
    told = problems("write = {limit = 3}\n" + HEAD + STATE + STATES)
    assert told == ["write › limit: must be a table [limit], not 3"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('[[states]]\npilot = "B"', ["states 1: must say `state`, `plug` or both"]),
        ('[[states]]\nplug = 1\npilot = "B"', ["states 1 › plug: needs `read.plug`"]),
        ('[[states]]\nstate = 1\npilot = "B"',
         ["states 2: is never reached: an earlier row says the same"]),
        ('[[states]]\nstate = -1\npilot = "B"', ["states 1 › state: must be at least 0, not -1"]),
        ('[[states]]\nstate = 2\npilot = "B"', []),
    ],
)  # fmt: skip
def test_rows_of_states_make_sense(rows: str, expected: list[str]) -> None:
    assert with_parts(rows) == expected


def test_a_row_for_any_plug_covers_those_for_one() -> None:
    plug = "[read.plug]\naddress = 6"
    wide = '[[states]]\nstate = 2\npilot = "B"'
    narrow = '[[states]]\nstate = 2\nplug = 1\npilot = "C"'
    assert with_parts(plug, wide, narrow) == [
        "states 2: is never reached: an earlier row says the same"
    ]
    assert with_parts(plug, narrow, wide) == []
