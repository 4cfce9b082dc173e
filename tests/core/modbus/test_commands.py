from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import LocalUsageError
from wattgate.core.modbus.commands import (
    Write,
    allowed_a,
    as_written,
    can,
    holds,
    keeps_fail_safe,
    preparations,
    writes_for,
)
from wattgate.core.modbus.definitions import Definition, Preparation, Writes
from wattgate.core.modbus.points import (
    CurrentTarget,
    PhasesTarget,
    SwitchTarget,
    TimeTarget,
)
from wattgate.core.modbus.registers import Kind, WordOrder
from wattgate.core.modbus.wallbox_values import (
    Command,
    CutPilot,
    SelectPhases,
    SetFailSafe,
    SetLimit,
    WallboxValues,
)
from wattgate.core.wallbox.sensed import Pilot

LOOK_ONLY = Definition(name="look", title="Look only", source="none")
WITH_SWITCH = replace(
    LOOK_ONLY,
    write=Writes(
        limit=CurrentTarget(address=10, scale=0.001, highest_a=32.0),
        enable=SwitchTarget(address=11, on=7, off=9),
    ),
)
WITHOUT_SWITCH = replace(
    LOOK_ONLY, write=Writes(limit=CurrentTarget(address=10, scale=0.1, off=1, highest_a=16.0))
)
FULL = replace(
    WITH_SWITCH,
    write=replace(
        WITH_SWITCH.write,
        fail_safe_current=CurrentTarget(address=20, scale=0.1, off=0, stored=True),
        fail_safe_time=TimeTarget(address=21, scale=0.001, lowest_s=10, highest_s=65, stored=True),
        wake_up=TimeTarget(address=30, highest_s=10),
        phases=PhasesTarget(address=40, one=1, three=0),
    ),
)
COMMANDS: list[Command] = [SetLimit(16), SetFailSafe(60, 0), CutPilot(5), SelectPhases(1)]


def told(limit_a: float | None = None, is_enabled: bool | None = None) -> WallboxValues:
    return WallboxValues(pilot=Pilot.C, limit_a=limit_a, is_enabled=is_enabled)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wallbox_without_the_register_cannot_be_told(command: Command) -> None:
    assert not can(LOOK_ONLY, type(command))
    assert as_written(LOOK_ONLY, command) == command
    with pytest.raises(LocalUsageError):
        writes_for(LOOK_ONLY, command)


def test_charging_is_allowed_after_its_limit_is_set() -> None:
    assert writes_for(WITH_SWITCH, SetLimit(16)) == (Write(10, (16000,)), Write(11, (7,)))


def test_charging_is_forbidden_by_the_switch_alone() -> None:
    assert writes_for(WITH_SWITCH, SetLimit(0)) == (Write(11, (9,)),)


def test_without_a_switch_the_limit_itself_forbids() -> None:
    assert writes_for(WITHOUT_SWITCH, SetLimit(0)) == (Write(10, (1,)),)
    assert writes_for(WITHOUT_SWITCH, SetLimit(5.99)) == (Write(10, (1,)),)
    assert writes_for(WITHOUT_SWITCH, SetLimit(12.34)) == (Write(10, (123,)),)


def test_writes_side_by_side_are_one_request_where_that_is_allowed() -> None:
    joining = replace(WITH_SWITCH, joins_writes=True)
    assert writes_for(joining, SetLimit(16)) == (Write(10, (16000, 7)),)


@pytest.mark.parametrize(
    "enable", [SwitchTarget(address=12, on=7), SwitchTarget(address=11, on=7, stored=True)]
)
def test_writes_are_not_joined_over_a_gap_nor_with_what_wears(enable: SwitchTarget) -> None:
    definition = replace(
        WITH_SWITCH, joins_writes=True, write=replace(WITH_SWITCH.write, enable=enable)
    )
    assert len(writes_for(definition, SetLimit(16))) == 2


@pytest.mark.parametrize(
    ("target", "asked_a", "held_a"),
    [
        (CurrentTarget(address=1, scale=0.1), 16.37, 16.3),
        (CurrentTarget(address=1, scale=0.1), 16.3, 16.3),
        (CurrentTarget(address=1, scale=0.001), 16.3777, 16.377),
        (CurrentTarget(address=1), 16.9, 16.0),
        (CurrentTarget(address=1, scale=0.1, step_a=0.5), 16.4, 16.0),
        (CurrentTarget(address=1, kind=Kind.FLOAT32), 16.37, 16.3),
        (CurrentTarget(address=1, kind=Kind.FLOAT32, step_a=1), 16.37, 16.0),
        (CurrentTarget(address=1, scale=0.1, highest_a=16), 32.0, 16.0),
        (CurrentTarget(address=1, scale=0.1, lowest_a=8), 7.9, 0.0),
        (CurrentTarget(address=1, scale=0.1, lowest_a=8), 8.0, 8.0),
        (CurrentTarget(address=1, scale=0.1), -1.0, 0.0),
    ],
)
def test_a_current_is_rounded_down_to_what_the_wallbox_can_hold(
    target: CurrentTarget, asked_a: float, held_a: float
) -> None:
    definition = replace(LOOK_ONLY, write=Writes(limit=target))
    assert as_written(definition, SetLimit(asked_a)) == SetLimit(held_a)


@given(
    st.floats(0, 100),
    st.sampled_from([1, 0.1, 0.01, 0.001]),
    st.sampled_from([6.0, 7.0, 10.0]),
    st.sampled_from([13.0, 16.0, 32.0]),
)
def test_no_wallbox_is_ever_told_more_than_was_asked(
    asked_a: float, scale: float, lowest_a: float, highest_a: float
) -> None:
    limit = CurrentTarget(address=1, scale=scale, lowest_a=lowest_a, highest_a=highest_a, off=0)
    definition = replace(LOOK_ONLY, write=Writes(limit=limit))
    (write,) = writes_for(definition, SetLimit(asked_a))
    written_a = write.words[0] * scale
    assert written_a <= asked_a + 2e-6
    assert written_a == 0 or lowest_a - 1e-6 <= written_a <= highest_a + 1e-6


@pytest.mark.parametrize(
    ("asked_s", "held_s"), [(0, 0), (1, 10), (10, 10), (30, 30), (180, 65), (65, 65)]
)
def test_the_fail_safe_time_is_moved_into_its_range_and_0_is_never(
    asked_s: int, held_s: int
) -> None:
    assert as_written(FULL, SetFailSafe(asked_s, 6.04)) == SetFailSafe(held_s, 6.0)


def test_the_fail_safe_current_is_set_before_its_time() -> None:
    assert writes_for(FULL, SetFailSafe(60, 6)) == (
        Write(20, (60,), is_volatile=False),
        Write(21, (60000,), is_volatile=False),
    )


def test_a_fail_safe_current_may_be_fixed() -> None:
    fixed = replace(FULL, write=replace(FULL.write, fail_safe_current=None))
    assert writes_for(fixed, SetFailSafe(60, 6)) == (Write(21, (60000,), is_volatile=False),)
    values = replace(told(), fail_safe_s=60.0, fail_safe_a=0.0)
    assert holds(fixed, values, SetFailSafe(60, 6)) is True


@pytest.mark.parametrize(
    ("command", "writes"),
    [
        (CutPilot(5), [Write(30, (5,))]),
        (CutPilot(600), [Write(30, (10,))]),
        (SelectPhases(1), [Write(40, (1,))]),
        (SelectPhases(3), [Write(40, (0,))]),
    ],
)
def test_other_commands_are_one_write(command: Command, writes: list[Write]) -> None:
    assert writes_for(FULL, command) == tuple(writes)


def test_the_order_of_words_is_the_wallboxs() -> None:
    time = TimeTarget(address=21, kind=Kind.UINT32, highest_s=86_400)
    low_first = replace(
        LOOK_ONLY, word_order=WordOrder.LOW_FIRST, write=Writes(fail_safe_time=time)
    )
    assert writes_for(low_first, SetFailSafe(70000, 0)) == (Write(21, (4464, 1)),)


def test_what_has_to_be_written_first_is_told() -> None:
    first = (Preparation(address=258, value=4), Preparation(address=259, value=1))
    definition = replace(LOOK_ONLY, preparations=first)
    assert preparations(definition) == (Write(258, (4,)), Write(259, (1,)))


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        (told(16.0, True), 16.0),
        (told(16.0, False), 0.0),
        (told(16.0), 16.0),
        (told(None, False), 0.0),
        (told(None, True), None),
        (told(), None),
    ],
)
def test_a_disabled_wallbox_allows_nothing_whatever_its_limit(
    values: WallboxValues, allowed: float | None
) -> None:
    assert allowed_a(values) == allowed


FAIL_SAFE = replace(told(), fail_safe_s=60.0, fail_safe_a=6.0)


@pytest.mark.parametrize(
    ("values", "command", "is_held"),
    [
        (told(16.0, True), SetLimit(16.0004), True),
        (told(16.0, True), SetLimit(16.3), False),
        (told(16.0, True), SetLimit(10.0), False),
        (told(16.0, False), SetLimit(0.0), True),
        (told(16.0, False), SetLimit(16.0), False),
        (told(32.0, True), SetLimit(80.0), True),
        (told(), SetLimit(16.0), None),
        (FAIL_SAFE, SetFailSafe(60, 6.0), True),
        (FAIL_SAFE, SetFailSafe(60, 6.09), True),
        (FAIL_SAFE, SetFailSafe(60, 8.0), False),
        (FAIL_SAFE, SetFailSafe(50, 6.0), False),
        (FAIL_SAFE, SetFailSafe(59, 6.0), False),
        (FAIL_SAFE, SetFailSafe(61, 6.0), False),
        (replace(FAIL_SAFE, fail_safe_s=60.4), SetFailSafe(60, 6.0), True),
        (FAIL_SAFE, SetFailSafe(180, 6.0), False),
        (replace(FAIL_SAFE, fail_safe_s=65.0), SetFailSafe(180, 6.0), True),
        (replace(FAIL_SAFE, fail_safe_a=None), SetFailSafe(60, 8.0), True),
        (told(), SetFailSafe(60, 6.0), None),
        (replace(told(), waking_s=3.0), CutPilot(5), True),
        (replace(told(), waking_s=1.0), CutPilot(5), True),
        (replace(told(), waking_s=0.0), CutPilot(5), False),
        (told(), CutPilot(5), None),
        (replace(told(), phases=1), SelectPhases(1), True),
        (replace(told(), phases=3), SelectPhases(1), False),
        (told(), SelectPhases(1), None),
    ],
)
def test_whether_a_command_holds_is_read_from_the_registers(
    values: WallboxValues, command: Command, is_held: bool | None
) -> None:
    assert holds(FULL, values, command) is is_held


@pytest.mark.parametrize(
    ("time", "current", "kept"),
    [(True, True, True), (True, False, False), (False, True, False), (None, None, True)],
)
def test_only_what_is_stored_outlasts_a_restart_of_the_wallbox(
    time: bool | None, current: bool | None, kept: bool
) -> None:
    write = Writes(
        fail_safe_time=None if time is None else TimeTarget(address=21, highest_s=65, stored=time),
        fail_safe_current=None
        if current is None
        else CurrentTarget(address=20, scale=0.1, off=0, stored=current),
    )
    assert keeps_fail_safe(replace(LOOK_ONLY, write=write)) is kept
