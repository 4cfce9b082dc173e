"""What the parts of a definition must fulfil together, each where the user mends it."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Final, assert_never

from wattgate.core.modbus.codec import DoesNotFit, encode
from wattgate.core.modbus.definitions import Definition, Identity, Reads, Writes
from wattgate.core.modbus.points import (
    AnyTarget,
    CurrentTarget,
    PhasesTarget,
    Point,
    SwitchTarget,
    TimeTarget,
)
from wattgate.core.modbus.registers import BYTE_KINDS, HIGHEST_ADDRESS, Kind
from wattgate.core.site.findings import Findings, Path

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEXT_ROLES: Final = frozenset({"card", *(each.name for each in fields(Identity))})
"""Roles that may be texts as well as numbers."""

_SMALLEST_STEP_A: Final = 0.001
_HAIR: Final = 1e-9


def check(definition: Definition, to: Findings) -> None:
    """Add what does not go together; places that are known to be wrong are left alone."""
    if to.sound([("name",)]) and not _NAME.fullmatch(definition.name):
        to.add(("name",), "must be of lower case letters, digits and single dashes")
    for path, point in _points(definition):
        _check_point(path, point, definition.most_words, to)
    for path, target in _targets(definition):
        _check_target(path, target, to)
    for path, message in (*_read_complaints(definition.read), *_write_complaints(definition.write)):
        if to.sound([path]):
            to.add(path, message)
    _check_states(definition, to)


def _points(definition: Definition) -> Iterator[tuple[Path, Point]]:
    for key, roles in (("read", definition.read), ("identity", definition.identity)):
        for each in fields(roles):
            point = getattr(roles, each.name)
            if point is not None:
                yield (key, each.name), point


def _targets(definition: Definition) -> Iterator[tuple[Path, AnyTarget]]:
    for each in fields(definition.write):
        target = getattr(definition.write, each.name)
        if target is not None:
            yield ("write", each.name), target


def _check_point(path: Path, point: Point, most_words: int, to: Findings) -> None:
    if not to.sound([path, *((*path, key) for key in ("address", "kind", "length"))]):
        return
    register = point.register(path[-1])
    if register.end - 1 > HIGHEST_ADDRESS:
        to.add((*path, "address"), f"leaves no room for {register.words} words")
    if register.words > most_words and to.sound([("most_words",)]):
        to.add((*path, "kind"), f"takes {register.words} words, more than `most_words` allows")
    if point.kind in BYTE_KINDS and path[-1] not in _TEXT_ROLES:
        to.add((*path, "kind"), f'must be a number, not "{point.kind.value}"')


def _check_target(path: Path, target: AnyTarget, to: Findings) -> None:
    if not to.sound([path, *((*path, each.name) for each in fields(target))]):
        return
    if target.kind in BYTE_KINDS:
        to.add((*path, "kind"), f'must be a number, not "{target.kind.value}"')
        return
    if target.address + target.register("").words - 1 > HIGHEST_ADDRESS:
        to.add((*path, "address"), f"leaves no room for {target.register('').words} words")
    for key, message in _range_complaints(target):
        to.add((*path, key), message)
    for key, value in _extremes(target):
        try:
            encode(target.register(key), value)
        except DoesNotFit:
            to.add((*path, key), f"does not fit into {target.kind.value} with this scale")


def _range_complaints(target: AnyTarget) -> Iterator[tuple[str, str]]:
    match target:
        case CurrentTarget():
            yield from _current_complaints(target)
        case TimeTarget():
            if target.lowest_s > target.highest_s:
                yield "lowest_s", "must not be above `highest_s`"
        case SwitchTarget():
            if target.on == target.off:
                yield "on", "must differ from `off`"
        case PhasesTarget():
            if target.one == target.three:
                yield "one", "must differ from `three`"
        case _:
            assert_never(target)


def _current_complaints(target: CurrentTarget) -> Iterator[tuple[str, str]]:
    if target.lowest_a > target.highest_a:
        yield "lowest_a", "must not be above `highest_a`"
    steps = target.step_a / target.scale
    if 0 < target.step_a < _SMALLEST_STEP_A:
        yield "step_a", f"must be 0, or at least {_SMALLEST_STEP_A:g}"
    elif target.kind is not Kind.FLOAT32 and abs(steps - round(steps)) > _HAIR * steps:
        yield "step_a", "must be a multiple of `scale`"


def _extremes(target: AnyTarget) -> Iterator[tuple[str, float]]:
    """What will be written at most, in the target's unit, by the setting that says so."""
    match target:
        case CurrentTarget():
            yield "highest_a", target.highest_a
        case TimeTarget():
            yield "highest_s", target.highest_s
        case _:
            pass


def _read_complaints(read: Reads) -> Iterator[tuple[Path, str]]:
    if read.state is None:
        yield ("read", "state"), "is required"
    elif read.state.optional:
        yield ("read", "state", "optional"), "must be false: nothing is known without the state"
    if read.plug is not None and read.plug.optional:
        yield ("read", "plug", "optional"), "must be false: it is part of the state"


def _write_complaints(write: Writes) -> Iterator[tuple[Path, str]]:
    limit, enable = write.limit, write.enable
    if limit is None and enable is not None:
        yield ("write", "limit"), "is required where there is `enable`"
    if limit is not None and enable is None and limit.off is None:
        yield ("write", "limit", "off"), "is required where there is no `enable`"
    if write.fail_safe_current is not None and write.fail_safe_current.off is None:
        yield ("write", "fail_safe_current", "off"), "is required: 0 A without a master is usual"
    if write.fail_safe_current is not None and write.fail_safe_time is None:
        yield ("write", "fail_safe_time"), "is required where there is `fail_safe_current`"


def _check_states(definition: Definition, to: Findings) -> None:
    if not definition.states and to.sound([("states",)]):
        to.add(("states",), "is required: what the numbers of `read.state` mean")
    seen: set[tuple[int | None, int | None]] = set()
    for number, row in enumerate(definition.states, 1):
        place = (f"states {number}",)
        if not to.sound([(*place, "state"), (*place, "plug")]):
            continue
        if row.state is None and row.plug is None:
            to.add(place, "must say `state`, `plug` or both")
            continue
        if row.plug is not None and definition.read.plug is None and to.sound([("read", "plug")]):
            to.add((*place, "plug"), "needs `read.plug`")
        elif any(_covers(earlier, (row.state, row.plug)) for earlier in seen):
            to.add(place, "is never reached: an earlier row says the same")
        seen.add((row.state, row.plug))


def _covers(earlier: tuple[int | None, int | None], later: tuple[int | None, int | None]) -> bool:
    return all(one in (None, other) for one, other in zip(earlier, later, strict=True))
