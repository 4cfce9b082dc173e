from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.modbus.definitions import Definition, Identity, Reads, StateRow
from wattgate.core.modbus.points import PhasesPoint, Point, SwitchPoint
from wattgate.core.modbus.polling import (
    ReadBlock,
    identity_plan,
    model_of,
    points,
    poll_plan,
    read_values,
    values_of,
)
from wattgate.core.modbus.registers import Kind, WordOrder
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.core.wallbox.sensed import Pilot

SWITCHES = ("enable", "has_meter", "has_currents", "lacks_phase_relay", "switches_plugged")
STATE = Point(address=5, table=Table.INPUT)
PLAIN = Definition(
    name="plain",
    title="Plain",
    source="none",
    vendor="Ours",
    model="Plain",
    read=Reads(state=STATE),
    states=(StateRow(state=1, pilot=Pilot.A), StateRow(state=2, pilot=Pilot.C)),
)


def reading(**roles: Any) -> Definition:  # noqa: ANN401 - a point of any kind
    return replace(PLAIN, read=Reads(state=STATE, **roles))


def words(**at: int) -> dict[tuple[Table, int], int]:
    """`i5=1`: input register 5 reads 1; `h7=2`: holding register 7 reads 2."""
    tables = {"i": Table.INPUT, "h": Table.HOLDING}
    return {(tables[name[0]], int(name[1:])): word for name, word in at.items()}


def test_registers_side_by_side_are_read_together_and_tables_apart() -> None:
    definition = reading(
        power=Point(address=14, table=Table.INPUT),
        energy=Point(address=6, table=Table.INPUT, kind=Kind.UINT32),
        limit=Point(address=8),
    )
    assert poll_plan(definition) == (
        ReadBlock(Table.HOLDING, 8, 1),
        ReadBlock(Table.INPUT, 5, 3),
        ReadBlock(Table.INPUT, 14, 1),
    )


@pytest.mark.parametrize(
    ("reads_gaps", "address", "blocks"),
    [
        (True, 22, [(5, 18)]),
        (True, 23, [(5, 1), (23, 1)]),
        (False, 7, [(5, 1), (7, 1)]),
        (False, 6, [(5, 2)]),
    ],
)
def test_a_gap_is_read_along_where_that_is_allowed_and_cheaper(
    reads_gaps: bool, address: int, blocks: list[tuple[int, int]]
) -> None:
    definition = reading(power=Point(address=address, table=Table.INPUT))
    plan = poll_plan(replace(definition, reads_gaps=reads_gaps))
    assert [(each.address, each.count) for each in plan] == blocks


@pytest.mark.parametrize(("most_words", "counts"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3])])
def test_no_request_asks_for_more_than_is_answered(most_words: int, counts: list[int]) -> None:
    registers = reading(
        power=Point(address=6, table=Table.INPUT), limit=Point(address=7, table=Table.INPUT)
    )
    plan = poll_plan(replace(registers, most_words=most_words))
    assert [each.count for each in plan] == counts


def test_registers_that_overlap_are_read_once() -> None:
    definition = reading(
        plug=Point(address=5, table=Table.INPUT),
        energy=Point(address=5, table=Table.INPUT, kind=Kind.UINT32),
    )
    assert poll_plan(definition) == (ReadBlock(Table.INPUT, 5, 2),)
    wide = reading(
        energy=Point(address=5, table=Table.INPUT, kind=Kind.UINT64),
        plug=Point(address=6, table=Table.INPUT),
    )
    assert poll_plan(wide) == (ReadBlock(Table.INPUT, 5, 4),)


def test_what_may_be_missing_is_asked_for_alone() -> None:
    definition = reading(
        power=Point(address=6, table=Table.INPUT, optional=True),
        energy=Point(address=7, table=Table.INPUT, kind=Kind.UINT32, optional=True),
        limit=Point(address=4, table=Table.INPUT),
    )
    assert poll_plan(definition) == (
        ReadBlock(Table.INPUT, 4, 2),
        ReadBlock(Table.INPUT, 6, 1, is_optional=True),
        ReadBlock(Table.INPUT, 7, 2, is_optional=True),
    )


def test_a_block_knows_where_the_words_of_its_answer_stand() -> None:
    block = ReadBlock(Table.INPUT, 5, 2)
    assert block.words((1, 2)) == {(Table.INPUT, 5): 1, (Table.INPUT, 6): 2}


def test_a_wallbox_that_says_only_its_state_says_no_more() -> None:
    assert values_of(PLAIN, words(i5=1)) == WallboxValues(pilot=Pilot.A)
    assert identity_plan(PLAIN) == ()
    assert model_of(PLAIN, {}) == WallboxModel(vendor="Ours", model="Plain")


@pytest.mark.parametrize("state", [0, 3, 65535])
def test_a_state_that_nobody_described_is_a_fault(state: int) -> None:
    values = values_of(PLAIN, words(i5=state))
    assert (values.pilot, values.error_code) == (Pilot.F, "OtherError")


def test_a_state_that_was_not_read_is_a_fault() -> None:
    assert values_of(PLAIN, {}).error_code == "OtherError"


@pytest.mark.parametrize(
    ("state", "plug", "pilot"),
    [(4, 7, "F"), (3, 0, "A"), (1, 0, "A"), (3, 7, "C"), (1, 7, "B"), (2, 5, "B")],
)
def test_two_numbers_together_may_make_the_state_and_the_first_row_counts(
    state: int, plug: int, pilot: str
) -> None:
    definition = replace(
        reading(plug=Point(address=6)),
        states=(
            StateRow(state=4, pilot=Pilot.F),
            StateRow(plug=0, pilot=Pilot.A),
            StateRow(state=3, pilot=Pilot.C),
            StateRow(state=1, plug=7, pilot=Pilot.B),
            StateRow(state=2, pilot=Pilot.B),
        ),
    )
    assert values_of(definition, words(i5=state, h6=plug)).pilot.value == pilot


def test_words_may_come_in_the_other_order() -> None:
    definition = replace(
        reading(energy=Point(address=6, kind=Kind.UINT32, scale=10)),
        word_order=WordOrder.LOW_FIRST,
    )
    assert values_of(definition, words(i5=1, h6=7, h7=1)).energy_wh == 655430


def test_a_number_that_is_not_available_is_none_and_so_is_half_a_number() -> None:
    definition = reading(power=Point(address=6, kind=Kind.FLOAT32))
    assert values_of(definition, words(i5=1, h6=0x7FC0, h7=0)).power_w is None
    assert values_of(definition, words(i5=1, h6=0x7F80, h7=0)).power_w is None
    assert values_of(definition, words(i5=1, h6=0x41CC)).power_w is None
    assert values_of(definition, words(i5=1, h6=0x41CC, h7=0)).power_w == 25.5


@given(
    st.sampled_from(Kind),
    st.floats(1e-9, 1e9),
    st.integers(1, 4),
    st.sampled_from(WordOrder),
    st.lists(st.integers(0, 0xFFFF), min_size=8, max_size=8),
)
def test_no_words_break_the_understanding_of_them(
    kind: Kind, scale: float, length: int, order: WordOrder, read: list[int]
) -> None:
    place: dict[str, Any] = {"address": 6, "kind": kind, "scale": scale, "length": length}
    plain = (each.name for each in fields(Reads) if each.name not in ("state", *SWITCHES))
    roles: dict[str, Any] = {name: Point(**place) for name in plain}
    roles |= {name: SwitchPoint(**place) for name in SWITCHES}
    roles["phases"] = PhasesPoint(**place)
    definition = replace(
        reading(**roles),
        word_order=order,
        identity=Identity(serial=Point(**place), vendor=Point(**place)),
    )
    seen = {(Table.HOLDING, 6 + at): word for at, word in enumerate(read)} | words(i5=1)
    assert isinstance(values_of(definition, seen), WallboxValues)
    assert isinstance(model_of(definition, seen), WallboxModel)
    assert list(read_values(definition, seen))


def test_a_phase_that_is_not_measured_carries_nothing() -> None:
    first = reading(current_l1=Point(address=6, scale=0.1))
    assert values_of(first, words(i5=1, h6=157)).currents_a == (15.7, 0.0, 0.0)
    second = reading(current_l2=Point(address=6, scale=0.1))
    assert values_of(second, words(i5=1, h6=157)).currents_a == (0.0, 15.7, 0.0)
    third = reading(current_l3=Point(address=6, scale=0.1))
    assert values_of(third, words(i5=1, h6=157)).currents_a == (0.0, 0.0, 15.7)


@pytest.mark.parametrize(("read", "phases"), [(5, 1), (6, 3), (7, None)])
def test_phases_are_one_three_or_unknown(read: int, phases: int | None) -> None:
    definition = reading(phases=PhasesPoint(address=6, one=5, three=6))
    assert values_of(definition, words(i5=1, h6=read)).phases == phases
    assert values_of(definition, words(i5=1)).phases is None


@pytest.mark.parametrize(("read", "is_on"), [(0b101, True), (0b111, False), (0b100, False)])
def test_a_switch_may_be_a_few_bits(read: int, is_on: bool) -> None:
    definition = reading(enable=SwitchPoint(address=6, on=0b01, mask=0b11))
    assert values_of(definition, words(i5=1, h6=read)).is_enabled is is_on
    assert values_of(definition, words(i5=1)).is_enabled is None


def test_what_is_read_can_be_shown_as_it_reads() -> None:
    definition = replace(
        reading(power=Point(address=6), limit=Point(address=7, scale=0.1)),
        identity=Identity(serial=Point(address=8, kind=Kind.UINT32)),
    )
    shown = [
        (name, value)
        for name, _point, value in read_values(definition, words(i5=2, h7=160, h8=1, h9=0))
    ]
    assert shown == [("serial", 65536), ("state", 2), ("limit", 16.0)]
    assert list(points(definition.read)) == ["state", "power", "limit"]
    assert model_of(definition, words(h8=1, h9=0)).serial == "65536"
