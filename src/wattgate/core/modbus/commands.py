"""A command to a wallbox as writes to its registers, and whether its registers say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Final, TypeVar, assert_never

from wattgate.core.errors import LocalUsageError
from wattgate.core.modbus.codec import encode
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.points import CurrentTarget, Target, TimeTarget
from wattgate.core.modbus.registers import Kind, WordOrder
from wattgate.core.modbus.wallbox_values import (
    Command,
    CutPilot,
    SelectPhases,
    SetFailSafe,
    SetLimit,
    WallboxValues,
)

_Target = TypeVar("_Target", bound=Target)

_FLOAT_STEP_A: Final = 0.1
_HAIR: Final = 1e-6
"""What binary fractions may take from a whole number."""

_TOLERANCE: Final = 0.05
"""A and s that are the same."""


@dataclass(frozen=True, slots=True)
class Write:
    """One request. One that is not volatile wears the wallbox's memory: only where it differs."""

    address: int
    words: tuple[int, ...]
    is_volatile: bool = True

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + len(self.words)


def can(definition: Definition, kind: type[Command]) -> bool:
    """Whether wallboxes of this kind can be told so."""
    write = definition.write
    needed = {
        SetLimit: write.limit,
        SetFailSafe: write.fail_safe_time,
        CutPilot: write.wake_up,
        SelectPhases: write.phases,
    }
    return needed[kind] is not None


def keeps_fail_safe(definition: Definition) -> bool:
    """Whether what it does without a master outlasts a restart; one that cannot be set does."""
    write = definition.write
    targets = (write.fail_safe_time, write.fail_safe_current)
    return all(each is None or each.stored for each in targets)


def as_written(definition: Definition, command: Command) -> Command:
    """The command as this wallbox can hold it.

    A current is rounded down to its step, is off below its lowest, and at most its highest; a time
    is moved into its range. What it cannot be told at all stays as it is.
    """
    write = definition.write
    match command:
        case SetLimit(current_a):
            return SetLimit(_current(write.limit, current_a))
        case SetFailSafe(after_s, current_a):
            return SetFailSafe(
                _time(write.fail_safe_time, after_s), _current(write.fail_safe_current, current_a)
            )
        case CutPilot(duration_s):
            return CutPilot(_time(write.wake_up, duration_s))
        case SelectPhases():
            return command
        case _:
            assert_never(command)


def writes_for(definition: Definition, command: Command) -> tuple[Write, ...]:
    """Return the requests for a command, in the order in which they must be sent.

    Charging is allowed only after its limit is set, and forbidden first of all, so that whatever
    becomes of the later requests nothing more is drawn than before or after.

    Raises:
        LocalUsageError: wallboxes of this kind cannot be told so (`can`).
    """
    return _joined(_writes(definition, as_written(definition, command)), definition)


def preparations(definition: Definition) -> tuple[Write, ...]:
    """Return what has to be written after each start of a wallbox, before its first limit."""
    return tuple(Write(each.address, (each.value,)) for each in definition.preparations)


def holds(definition: Definition, values: WallboxValues, command: Command) -> bool | None:
    """Whether the registers say what the command wants; None where they do not tell."""
    match as_written(definition, command):
        case SetLimit(current_a):
            return _holds_limit(values, current_a)
        case SetFailSafe(after_s, current_a):
            return _holds_fail_safe(definition, values, after_s, current_a)
        case CutPilot():
            return None if values.waking_s is None else values.waking_s > 0
        case SelectPhases(phases):
            return None if values.phases is None else values.phases == phases
        case _ as unknown:
            assert_never(unknown)


def allowed_a(values: WallboxValues) -> float | None:
    """What the registers allow, A per phase: 0 while disabled; None where they do not tell."""
    return 0.0 if values.is_enabled is False else values.limit_a


def _current(target: CurrentTarget | None, current_a: float) -> float:
    if target is None:
        return current_a
    step_a = target.step_a or (_FLOAT_STEP_A if target.kind is Kind.FLOAT32 else target.scale)
    held_a = round(floor(min(current_a, target.highest_a) / step_a + _HAIR) * step_a, 6)
    return held_a if held_a >= target.lowest_a - _HAIR else 0.0


def _time(target: TimeTarget | None, time_s: int) -> int:
    if target is None or time_s <= 0:
        return time_s
    return max(target.lowest_s, min(time_s, target.highest_s))


def _writes(definition: Definition, command: Command) -> Iterator[Write]:
    write, order = definition.write, definition.word_order
    match command:
        case SetLimit(current_a):
            yield from _limit_writes(definition, current_a)
        case SetFailSafe(after_s, current_a):
            time = _needed(write.fail_safe_time, definition)
            if write.fail_safe_current is not None:
                yield _current_write(write.fail_safe_current, current_a, order)
            yield _write(time, after_s, order)
        case CutPilot(duration_s):
            yield _write(_needed(write.wake_up, definition), duration_s, order)
        case SelectPhases(phases):
            target = _needed(write.phases, definition)
            yield _raw(target, target.three if phases == 3 else target.one, order)
        case _:
            assert_never(command)


def _needed(target: _Target | None, definition: Definition) -> _Target:
    if target is None:
        raise LocalUsageError(f"{definition.name} has no register for that command")
    return target


def _limit_writes(definition: Definition, current_a: float) -> Iterator[Write]:
    write, order = definition.write, definition.word_order
    limit = _needed(write.limit, definition)
    if current_a > 0 or write.enable is None:
        yield _current_write(limit, current_a, order)
    if write.enable is not None:
        yield _raw(write.enable, write.enable.on if current_a > 0 else write.enable.off, order)


def _current_write(target: CurrentTarget, current_a: float, order: WordOrder) -> Write:
    if current_a > 0:
        return _write(target, current_a, order)
    return _raw(target, target.off or 0, order)


def _write(target: Target, value: float, order: WordOrder) -> Write:
    return Write(target.address, encode(target.register(""), value, order), not target.stored)


def _raw(target: Target, raw: int, order: WordOrder) -> Write:
    return _write(target, raw * target.scale, order)


def _joined(writes: Iterator[Write], definition: Definition) -> tuple[Write, ...]:
    done: list[Write] = []
    for each in writes:
        last = done[-1] if done else None
        if (
            last is not None
            and definition.joins_writes
            and last.end == each.address
            and last.is_volatile == each.is_volatile
        ):
            done[-1] = Write(last.address, last.words + each.words, last.is_volatile)
        else:
            done.append(each)
    return tuple(done)


def _holds_limit(values: WallboxValues, current_a: float) -> bool | None:
    told_a = allowed_a(values)
    return None if told_a is None else abs(told_a - current_a) < _TOLERANCE


def _holds_fail_safe(
    definition: Definition, values: WallboxValues, after_s: int, current_a: float
) -> bool | None:
    if values.fail_safe_s is None:
        return None
    has_time = abs(values.fail_safe_s - after_s) < 1
    if definition.write.fail_safe_current is None or values.fail_safe_a is None:
        return has_time
    return has_time and abs(values.fail_safe_a - current_a) < _TOLERANCE
