"""One unit on a Modbus line: its registers as values, and what it may have heard of us."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final, TypeVar

import structlog

from wattgate.core.modbus.commands import Write, can, holds, preparations, writes_for
from wattgate.core.modbus.definitions import Definition, FedBy
from wattgate.core.modbus.lifeline import Lifeline, Permit
from wattgate.core.modbus.polling import (
    ReadBlock,
    Words,
    identity_plan,
    model_of,
    poll_plan,
    values_of,
)
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

FED_SO_OFTEN: Final = 3
"""Times within its fail-safe time that a wallbox hears a write, if it listens to nothing else."""


class ModbusDevice:
    """Asks one unit, and keeps its lifeline: what that forbids is not sent while it binds us.

    `stored_writes` counts what went into its flash.
    """

    def __init__(self, definition: Definition, line: SharedLine, unit: int, clock: Clock) -> None:
        self.definition = definition
        self.lifeline = Lifeline(heard_by=clock.monotonic())
        self.is_bound: Callable[[], bool] = _always
        """Whether the lifeline counts; not where nobody relies on it."""
        self.stored_writes = 0
        self._line = line
        self._unit = unit
        self._clock = clock
        self._polls = poll_plan(definition)
        self._identity = identity_plan(definition)
        self._absent: set[ReadBlock] = set()
        self._wrote_at = -inf
        self._pausing = asyncio.Lock()

    @property
    def permit(self) -> Permit:
        """What may be sent now."""
        return self.lifeline.permit(self._clock.monotonic()) if self.is_bound() else Permit.ANYTHING

    def fails_safe_after(self, after_s: float) -> None:
        """Learn its fail-safe time, s; inf: it has none."""
        self.lifeline = replace(self.lifeline, fail_safe_s=after_s)

    async def poll(self, urgency: Urgency) -> WallboxValues:
        """What it says now.

        Raises:
            ModbusFailed: refused, or not answered.
        """
        try:
            words = await self._read(self._polls, urgency)
        except ModbusRefused:
            self.lifeline = self.lifeline.looked(in_vain=True)
            raise
        self.lifeline = self.lifeline.looked(in_vain=False)
        return values_of(self.definition, words)

    async def identify(self, urgency: Urgency) -> WallboxModel:
        """What it says of its make; no more than the definition tells where it refuses to.

        Raises:
            ModbusSilent: not answered.
        """
        self._absent.clear()  # it may have got other firmware
        try:
            words = await self._read(self._identity, urgency)
        except ModbusRefused:
            words = {}
        return model_of(self.definition, words)

    def can(self, kind: type[Command]) -> bool:
        """Whether its make has registers for that."""
        return can(self.definition, kind)

    def holds(self, values: WallboxValues, command: Command) -> bool | None:
        """Whether the registers say what the command wants; None where they do not tell."""
        return holds(self.definition, values, command)

    def needs_a_write(self, now: float) -> bool:
        """Whether it has to be written something, since reading does not keep its watch up."""
        due_s = self.lifeline.fail_safe_s / FED_SO_OFTEN
        return self.definition.fed_by is FedBy.WRITE and now >= self._wrote_at + due_s

    def is_gentle(self, command: Command) -> bool:
        """Whether the command costs no flash, so that it may be sent as often as one likes."""
        return all(write.is_volatile for write in writes_for(self.definition, command))

    async def prepare(self, urgency: Urgency) -> LimitOutcome:
        """Write what it needs after each start. Never raises."""
        return await self._write_all(preparations(self.definition), urgency, is_low=False)

    async def send(
        self, command: Command, urgency: Urgency, *, is_low: bool = False
    ) -> LimitOutcome:
        """Write what a command says. Never raises; ACCEPTED: the wallbox took every word of it.

        `is_low`: it is a limit of no more than its fail-safe current.
        """
        return await self._write_all(writes_for(self.definition, command), urgency, is_low=is_low)

    async def _write_all(
        self, writes: Sequence[Write], urgency: Urgency, *, is_low: bool
    ) -> LimitOutcome:
        is_begun = False
        for write in writes:
            try:
                await self._write(write, urgency, is_low=is_low)
            except ModbusRefused as exc:
                log.warning("wallbox refuses a write", write=repr(write), reason=exc.reason)
                return LimitOutcome.REFUSED
            except ModbusSilent as exc:
                is_begun = is_begun or exc.was_sent
                return LimitOutcome.UNANSWERED if is_begun else LimitOutcome.UNSENT
            is_begun = True
        return LimitOutcome.ACCEPTED

    async def _write(self, write: Write, urgency: Urgency, *, is_low: bool) -> None:
        if not write.is_volatile:
            self.stored_writes += 1
        async with self._pausing:
            pause_s = self._wrote_at + self.definition.write_pause_s - self._clock.monotonic()
            await asyncio.sleep(max(0.0, pause_s))
            request = self._line.write(
                self._unit, write.address, write.words, urgency, lambda: self._goes_out(is_low)
            )
            try:
                await self._ask(request)
            finally:
                self._wrote_at = self._clock.monotonic()

    async def _read(self, blocks: Sequence[ReadBlock], urgency: Urgency) -> Words:
        words: dict[tuple[Table, int], int] = {}
        for block in blocks:
            if block not in self._absent:
                words |= block.words(await self._read_block(block, urgency))
        return words

    async def _read_block(self, block: ReadBlock, urgency: Urgency) -> Sequence[int]:
        request = self._line.read(
            self._unit,
            block.table,
            block.address,
            block.count,
            urgency,
            lambda: self._goes_out(is_low=False),
        )
        try:
            return await self._ask(request)
        except ModbusRefused as exc:
            if not block.is_optional or exc.code == ModbusCode.SERVER_DEVICE_BUSY:
                raise
            self._absent.add(block)
            return ()

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
