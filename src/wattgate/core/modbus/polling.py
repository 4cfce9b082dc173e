"""What has to be read from a wallbox, and what the words that come back say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import Final

from wattgate.core.modbus.codec import decode
from wattgate.core.modbus.definitions import Definition, ErrorCode, Identity, Reads
from wattgate.core.modbus.points import PhasesPoint, Point, SwitchPoint
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.core.units import PhaseTriple
from wattgate.core.wallbox.sensed import Pilot

Words = Mapping[tuple[Table, int], int]
"""What was read, by table and address."""

WIDEST_GAP: Final = 16
"""Words that nobody needs, but that cost less than a request of their own."""

_FAULTY: Final = frozenset({Pilot.E, Pilot.F})


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """One request. An optional one may be refused for good: this firmware does not have it."""

    table: Table
    address: int
    count: int
    is_optional: bool = False

    def words(self, read: Sequence[int]) -> dict[tuple[Table, int], int]:
        """What the answer to this request adds to what was read."""
        return {(self.table, self.address + at): word for at, word in enumerate(read)}


def poll_plan(definition: Definition) -> tuple[ReadBlock, ...]:
    """The requests of one look at a wallbox; what stands side by side is read together."""
    return _blocks(points(definition.read).values(), definition)


def identity_plan(definition: Definition) -> tuple[ReadBlock, ...]:
    """The requests that tell what it is; none where it does not say."""
    return _blocks(points(definition.identity).values(), definition)


def points(roles: Reads | Identity) -> dict[str, Point]:
    """The registers that are there, by role."""
    found = {each.name: getattr(roles, each.name) for each in fields(roles)}
    return {name: point for name, point in found.items() if point is not None}


def values_of(definition: Definition, words: Words) -> WallboxValues:
    """What a look at a wallbox says.

    A state that the definition does not know is a fault of the wallbox (F, OtherError), and E and F
    are never without an error (R108). What was not read, or is not measured or not available, is
    None.
    """
    reading = _Reading(definition, words)
    read = definition.read
    pilot, error = _state(definition, reading)
    is_metered = reading.flag(read.has_meter) is not False
    has_currents = is_metered and reading.flag(read.has_currents) is not False
    return WallboxValues(
        pilot=pilot,
        error_code=error.value,
        energy_wh=reading.number(read.energy) if is_metered else None,
        power_w=reading.number(read.power) if is_metered else None,
        currents_a=_currents(reading, read) if has_currents else None,
        limit_a=reading.number(read.limit),
        is_enabled=reading.flag(read.enable),
        signalled_a=reading.number(read.signalled),
        phases=reading.phases(read.phases),
        lacks_phase_relay=reading.flag(read.lacks_phase_relay),
        switches_plugged=reading.flag(read.switches_plugged),
        card=reading.text(read.card),
        card_count=reading.count(read.card_count),
        restarts=reading.count(read.restarts),
        waking_s=reading.number(read.waking),
        fail_safe_s=reading.number(read.fail_safe_time),
        fail_safe_a=reading.number(read.fail_safe_current),
    )


def model_of(definition: Definition, words: Words) -> WallboxModel:
    """What a wallbox says it is; the definition's words where it says nothing."""
    reading = _Reading(definition, words)
    identity = definition.identity
    return WallboxModel(
        vendor=reading.text(identity.vendor) or definition.vendor,
        model=reading.text(identity.model) or definition.model,
        serial=reading.text(identity.serial),
        firmware=reading.text(identity.firmware),
    )


def read_values(definition: Definition, words: Words) -> Iterator[tuple[str, Point, Value]]:
    """Every register that was read, by role, as it reads: for people who look for mistakes."""
    reading = _Reading(definition, words)
    for name, point in {**points(definition.identity), **points(definition.read)}.items():
        value = reading.value(point)
        if value is not None:
            yield name, point, value


def _blocks(needed: Iterable[Point], definition: Definition) -> tuple[ReadBlock, ...]:
    gap = WIDEST_GAP if definition.reads_gaps else 0
    blocks: list[ReadBlock] = []
    for point in sorted(needed, key=lambda each: (each.table, each.optional, each.address)):
        words = point.register("").words
        last = blocks[-1] if blocks else None
        if last is not None and _can_join(last, point, words, gap, definition.most_words):
            end = max(last.address + last.count, point.address + words)
            blocks[-1] = ReadBlock(last.table, last.address, end - last.address)
        else:
            blocks.append(ReadBlock(point.table, point.address, words, point.optional))
    return tuple(blocks)


def _can_join(last: ReadBlock, point: Point, words: int, gap: int, most_words: int) -> bool:
    if point.optional or last.is_optional or point.table is not last.table:
        return False
    is_near = point.address <= last.address + last.count + gap
    return is_near and point.address + words - last.address <= most_words


def _state(definition: Definition, reading: "_Reading") -> tuple[Pilot, ErrorCode]:
    state, plug = reading.value(definition.read.state), reading.value(definition.read.plug)
    for row in definition.states:
        if row.state in (None, state) and row.plug in (None, plug):
            is_silent_fault = row.pilot in _FAULTY and row.error is ErrorCode.NO_ERROR
            return row.pilot, ErrorCode.OTHER_ERROR if is_silent_fault else row.error
    return Pilot.F, ErrorCode.OTHER_ERROR


def _currents(reading: "_Reading", read: Reads) -> PhaseTriple | None:
    l1, l2, l3 = (
        reading.number(each) for each in (read.current_l1, read.current_l2, read.current_l3)
    )
    if l1 is None and l2 is None and l3 is None:
        return None
    return (l1 or 0.0, l2 or 0.0, l3 or 0.0)


class _Reading:
    """Words read, by what a definition makes of them."""

    def __init__(self, definition: Definition, words: Words) -> None:
        self._order = definition.word_order
        self._words = words

    def value(self, point: Point | None) -> Value | None:
        """None for a register that was not read, or not wholly."""
        if point is None:
            return None
        register = point.register("")
        words = [self._words.get((point.table, at)) for at in range(register.address, register.end)]
        known = [word for word in words if word is not None]
        return decode(register, known, self._order) if len(known) == len(words) else None

    def number(self, point: Point | None) -> float | None:
        value = self.value(point)
        return float(value) if isinstance(value, int | float) and isfinite(value) else None

    def count(self, point: Point | None) -> int | None:
        number = self.number(point)
        return None if number is None else int(number)

    def text(self, point: Point | None) -> str:
        value = self.value(point)
        return "" if value is None else str(value)

    def flag(self, point: SwitchPoint | None) -> bool | None:
        count = self.count(point)
        return None if point is None or count is None else count & point.mask == point.on

    def phases(self, point: PhasesPoint | None) -> int | None:
        count = self.count(point)
        if point is None or count is None:
            return None
        return {point.one: 1, point.three: 3}.get(count)
