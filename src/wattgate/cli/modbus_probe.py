"""Reading a wallbox on Modbus register by register, and what each of them came to."""

from collections.abc import Iterator
from dataclasses import dataclass

from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.plausibility import believed
from wattgate.core.modbus.points import Point
from wattgate.core.modbus.polling import (
    ReadBlock,
    identity_plan,
    model_of,
    points,
    poll_plan,
    read_values,
    values_of,
)
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.ports.modbus import ModbusLine, ModbusRefused

Words = dict[tuple[Table, int], int]


@dataclass(frozen=True, slots=True)
class Row:
    """One register: its words and what they say, or why it could not be read."""

    role: str
    point: Point
    words: tuple[int, ...] = ()
    value: Value | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """All that one look at a wallbox gave."""

    rows: tuple[Row, ...]
    model: WallboxModel
    values: WallboxValues
    unknown_state: str = ""
    """The numbers of the state that the definition does not know; empty if it knows them."""
    absurd: tuple[str, ...] = ()
    """Names of the values that no wallbox can mean; `values` has none for them."""

    @property
    def has_answers(self) -> bool:
        """Whether any register could be read."""
        return any(not row.refusal for row in self.rows)


class Probe:
    """Looks at one unit, again and again. Never writes."""

    def __init__(self, line: ModbusLine, unit: int, definition: Definition) -> None:
        self._line = line
        self._unit = unit
        self._definition = definition
        self._refused: dict[tuple[Table, int], str] = {}

    async def look(self) -> Look:
        """Read everything that the definition names.

        Raises:
            ModbusSilent: it does not answer.
        """
        words: Words = {}
        for block in (*identity_plan(self._definition), *poll_plan(self._definition)):
            await self._read(block, words)
        rows = tuple(self._rows(words))
        values, absurd = believed(values_of(self._definition, words))
        model = model_of(self._definition, words)
        return Look(rows, model, values, self._unknown_state(rows), absurd)

    async def _read(self, block: ReadBlock, words: Words) -> None:
        """Read a block; where it is refused, each of its registers by itself, to know which is."""
        try:
            words.update(await self._block(block))
        except ModbusRefused as exc:
            within = [each for each in self._single_blocks() if _is_within(each, block)]
            if len(within) == 1:
                self._refused[block.table, block.address] = exc.reason
                return
            for each in within:
                try:
                    words.update(await self._block(each))
                except ModbusRefused as refused:
                    self._refused[each.table, each.address] = refused.reason

    async def _block(self, block: ReadBlock) -> Words:
        return block.words(
            await self._line.read(self._unit, block.table, block.address, block.count)
        )

    def _single_blocks(self) -> Iterator[ReadBlock]:
        for point in self._points().values():
            yield ReadBlock(point.table, point.address, point.register("").words)

    def _points(self) -> dict[str, Point]:
        return {**points(self._definition.identity), **points(self._definition.read)}

    def _rows(self, words: Words) -> Iterator[Row]:
        said = {role: value for role, _, value in read_values(self._definition, words)}
        for role, point in self._points().items():
            register = point.register(role)
            read = tuple(
                words[point.table, at]
                for at in range(register.address, register.end)
                if (point.table, at) in words
            )
            refusal = "" if read else self._refused.get((point.table, point.address), "")
            yield Row(role, point, read, said.get(role), refusal)

    def _unknown_state(self, rows: tuple[Row, ...]) -> str:
        said = {row.role: row.value for row in rows if row.role in ("state", "plug")}
        is_known = any(
            each.state in (None, said.get("state")) and each.plug in (None, said.get("plug"))
            for each in self._definition.states
        )
        known = [f"{role} {value}" for role, value in said.items() if value is not None]
        return "" if is_known else ", ".join(known)


def _is_within(part: ReadBlock, whole: ReadBlock) -> bool:
    return (
        part.table is whole.table
        and whole.address <= part.address
        and part.address + part.count <= whole.address + whole.count
    )
