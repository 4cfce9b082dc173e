"""One unit on a Modbus line: its registers as values, and what it may have heard of us."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import structlog

from wattgate.core.modbus.lifeline import Lifeline, Permit
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import Command, WallboxModel, WallboxValues
from wattgate.ports.clock import Clock
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.modbus import ModbusRefused, ModbusSilent
from wattgate.runtime.modbus.shared_line import SharedLine, Urgency

log = structlog.get_logger()

T = TypeVar("T")

NOBODY_THERE: Final = frozenset(
    {ModbusCode.GATEWAY_PATH_UNAVAILABLE, ModbusCode.GATEWAY_TARGET_SILENT}
)
"""What a gateway says for a device that did not answer it."""


class Block(Protocol):
    """Words that are read with one request."""

    @property
    def table(self) -> Table:
        """Of which table."""
        ...

    @property
    def address(self) -> int:
        """Of the first."""
        ...

    @property
    def count(self) -> int:
        """How many."""
        ...


class Write(Protocol):
    """Words that are written with one request."""

    @property
    def address(self) -> int:
        """Of the first."""
        ...

    @property
    def words(self) -> tuple[int, ...]:
        """What is written from there on."""
        ...


Words = Mapping[tuple[Table, int], int]
"""What was read, by table and address."""


class Dialect(Protocol):
    """How a make of wallbox is spoken to."""

    @property
    def limit_words(self) -> str:
        """Where its limit is, in words for a person."""
        ...

    def polls(self) -> Sequence[Block]:
        """What is read each time."""
        ...

    def identity(self) -> Sequence[Block]:
        """What is read once per connection."""
        ...

    def values(self, words: Words) -> WallboxValues:
        """What was read each time, understood."""
        ...

    def model(self, words: Words) -> WallboxModel:
        """What was read once, understood."""
        ...

    def can(self, command: type[Command]) -> bool:
        """Whether it has registers for this."""
        ...

    def writes(self, command: Command) -> Sequence[Write]:
        """What is to be written, in this order."""
        ...


class ModbusDevice:
    """Asks one unit, and keeps its lifeline: what that forbids is not sent while it binds us."""

    def __init__(self, dialect: Dialect, line: SharedLine, unit: int, clock: Clock) -> None:
        self.dialect = dialect
        self.lifeline = Lifeline(heard_by=clock.monotonic())
        self.is_bound: Callable[[], bool] = _always
        """Whether the lifeline counts; not where nobody relies on it."""
        self._line = line
        self._unit = unit
        self._clock = clock

    @property
    def permit(self) -> Permit:
        """What may be sent now."""
        return self.lifeline.permit(self._clock.monotonic()) if self.is_bound() else Permit.ANYTHING

    async def poll(self, urgency: Urgency) -> WallboxValues:
        """What it says now.

        Raises:
            ModbusFailed: refused, or not answered.
        """
        return self.dialect.values(await self._read(self.dialect.polls(), urgency))

    async def identify(self, urgency: Urgency) -> WallboxModel:
        """What it says of its make; nothing where it refuses to.

        Raises:
            ModbusSilent: not answered.
        """
        try:
            return self.dialect.model(await self._read(self.dialect.identity(), urgency))
        except ModbusRefused:
            return WallboxModel()

    async def send(
        self, command: Command, urgency: Urgency, *, is_low: bool = False
    ) -> LimitOutcome:
        """Write what a command says. Never raises; ACCEPTED: the wallbox took every word of it.

        `is_low`: it is a limit of no more than its fail-safe current.
        """
        is_begun = False
        try:
            for write in self.dialect.writes(command):
                request = self._line.write(
                    self._unit, write.address, write.words, urgency, lambda: self._goes_out(is_low)
                )
                await self._ask(request)
                is_begun = True
        except ModbusRefused as exc:
            log.warning("refused by the wallbox", command=repr(command), reason=exc.reason)
            return LimitOutcome.REFUSED
        except ModbusSilent as exc:
            is_begun = is_begun or exc.was_sent
            return LimitOutcome.UNANSWERED if is_begun else LimitOutcome.UNSENT
        return LimitOutcome.ACCEPTED

    async def _read(self, blocks: Sequence[Block], urgency: Urgency) -> Words:
        words: dict[tuple[Table, int], int] = {}
        for block in blocks:
            table, address = block.table, block.address
            request = self._line.read(
                self._unit, table, address, block.count, urgency, lambda: self._goes_out(False)
            )
            for offset, word in enumerate(await self._ask(request)):
                words[table, address + offset] = word
        return words

    def _goes_out(self, is_low: bool) -> None:
        permit, now = self.permit, self._clock.monotonic()
        if permit is Permit.NOTHING or (permit is Permit.LOW_LIMIT and not is_low):
            raise ModbusSilent("it is left alone until it has surely fallen back", was_sent=False)
        self.lifeline = self.lifeline.asked(now, is_low=is_low)

    async def _ask(self, request: Coroutine[Any, Any, T]) -> T:
        """Keep the lifeline by how a request ends; a cancelled one may have been heard."""
        try:
            answer = await request
        except ModbusRefused as exc:
            if exc.code not in NOBODY_THERE:
                self.lifeline = self.lifeline.answered(self._clock.monotonic())
                raise
            self._gave_up()
            raise ModbusSilent(exc.reason, was_sent=True) from exc
        except ModbusSilent as exc:
            if exc.was_sent:
                self._gave_up()
            else:
                self.lifeline = self.lifeline.unsent()
            raise
        except asyncio.CancelledError:
            if self.lifeline.under_way:
                self._gave_up()
            raise
        self.lifeline = self.lifeline.answered(self._clock.monotonic())
        return answer

    def _gave_up(self) -> None:
        self.lifeline = self.lifeline.gave_up(self._clock.monotonic())


def _always() -> bool:
    return True
