"""A wallbox on Modbus: polled while the control loop lives, and told what it may draw."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Final

import structlog

from wattgate.core.modbus.commands import allowed_a
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.held import Holding, is_kept
from wattgate.core.modbus.lifeline import Permit
from wattgate.core.modbus.plausibility import believed
from wattgate.core.modbus.wallbox_values import (
    Command,
    CutPilot,
    SelectPhases,
    SetFailSafe,
    SetLimit,
    WallboxModel,
    WallboxValues,
)
from wattgate.ports.clock import Clock
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.modbus import ModbusFailed
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.fail_safe import FailSafeKeeper
from wattgate.runtime.modbus.fail_safe_book import FailSafeBook
from wattgate.runtime.modbus.health import Health
from wattgate.runtime.modbus.shared_line import Urgency
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

POLL_EVERY_S: Final = 2.0
"""s between two polls at least: the control loop has more cycles when much happens."""

PROBE_EVERY_S: Final = 10.0
"""s between two attempts at a wallbox that has surely fallen back: each may cost a timeout."""

LONGEST_FAIL_SAFE_S: Final = 86_400
"""s that a wallbox is to wait which cannot wait for ever; a make takes less where it has to."""

AGAIN_S: Final = 15.0
"""s until a limit is said again that came to nothing, unless there is a new one."""


class ModbusWallbox:
    """One wallbox, by what it says and what it was told.

    Nothing goes out but after `alive`, which the control loop calls in each cycle: when the loop
    stalls, the wallbox's own watch makes it fall back. `values` are the newest that it gave, also
    while it is silent, None before the first; they were read at `values_at` (monotonic, s).
    `connection` is a new number whenever it is found (again) and whenever it has restarted, which
    `has_restarted` tells of the present one, also where that cannot be ruled out. `overruled_a` is
    what it says that it may draw, A per phase, where that is more than it held of us, or was told
    in vain; None once it holds ours again.
    """

    def __init__(
        self,
        evse_id: str,
        device: ModbusDevice,
        clock: Clock,
        tasks: Supervisor,
        book: FailSafeBook,
    ) -> None:
        self.values: WallboxValues | None = None
        self.values_at: float | None = None
        self.model: WallboxModel | None = None
        self.connection = 0
        self.has_restarted = False
        self.overruled_a: float | None = None
        self.health = Health(evse_id, clock)
        self.on_values: Callable[[WallboxValues], None] = _nobody_looks
        """Called with what every poll says, once `model` is known."""
        self.on_found: Callable[[], None] = _nobody_waits
        """Called when it answers for the first time, and again after each loss."""
        self.on_lost: Callable[[], None] = _nobody_waits
        """Called when it does not answer any more."""
        self.on_news: Callable[[], None] = _nobody_waits
        """Called when the control loop had better look soon."""
        self.fail_safe = FailSafeKeeper(evse_id, device, book)
        self.fail_safe_wanted: Callable[[], SetFailSafe | None] = _nothing_wanted
        """What it is to do without a master while load management leads it."""
        self._evse_id = evse_id
        self._device = device
        self._clock = clock
        self._tasks = tasks
        self._holding = Holding()
        self._writing = asyncio.Lock()
        self._newest_limit = 0
        self._writes = 0
        self._polls = 0
        self._is_model_due = True
        self._prepared = 0
        self._fallen_from_a = 0.0
        self._tell_from = -inf
        self._is_looking = False
        self._looked_at = -inf
        device.is_bound = lambda: self._holding.is_led

    @property
    def is_connected(self) -> bool:
        """Whether it answers."""
        return self.health.is_connected

    def silent_s(self, now: float) -> float:
        """S since it gave values last, or since we began; 0 while it answers."""
        return self.health.silent_s(now)

    @property
    def is_led(self) -> bool:
        """Whether load management has a say in what it may draw."""
        return self._holding.is_led

    @property
    def holds_a(self) -> float | None:
        """What it holds of us by its own words, A per phase; None where that is not known."""
        return self._holding.held_a

    @property
    def definition(self) -> Definition:
        """By which its registers are known."""
        return self._device.definition

    @property
    def method(self) -> str:
        """How it is told its limit, in words for a person."""
        return "Modbus registers of " + self._device.definition.name

    def can(self, kind: type[Command]) -> bool:
        """Whether its make can be told so."""
        return self._device.can(kind)

    @property
    def stored_writes(self) -> int:
        """How often something was written that it keeps in flash."""
        return self._device.stored_writes

    def has_fallen(self, now: float) -> bool:
        """Whether it is surely at its fail-safe current, or lower, since it hears nothing."""
        return self.is_led and self._device.lifeline.has_fallen(now)

    def take_over(self, load_a: float) -> None:
        """It held at most `load_a` A per phase of load management when the manager ended.

        So it is led from the start: who says nothing may have fallen back since, by the fail-safe
        that was stored, and must not be kept from that by being asked on and on.
        """
        self._holding = self._holding.led(load_a)
        self.fail_safe.recover()

    # Polling, as the control loop lives

    def alive(self, now: float) -> None:
        """The control loop lives: send what is due."""
        if self._is_looking:
            return
        permit = self._device.permit
        every_s = PROBE_EVERY_S if permit is Permit.LOW_LIMIT else POLL_EVERY_S
        is_due = now - self._looked_at >= every_s
        if permit is not Permit.NOTHING and (is_due or self._is_to_be_told(now)):
            self._is_looking = True
            self._looked_at = now
            self._tasks.spawn(self._look(permit), name=f"{self._evse_id} modbus")

    async def _look(self, permit: Permit) -> None:
        try:
            if permit is Permit.LOW_LIMIT:
                await self._come_back()
            elif not self._is_to_be_told(self._clock.monotonic()):
                await self._poll(Urgency.POLL)
            if self.is_connected:
                await self._keep_up()
        finally:
            self._is_looking = False

    def _is_to_be_told(self, now: float) -> bool:
        """Whether it is to be told something without a new word of load management.

        What somebody else raised is load management's affair, which has to make room for it.
        """
        is_raised = self.overruled_a is not None and self._holding.held_a is not None
        is_ready = self.is_connected and not is_raised and now >= self._tell_from
        return is_ready and (not self._holding.is_told or self._is_hungry(now))

    def _is_hungry(self, now: float) -> bool:
        """Whether its limit is to be said again, only so that its watch does not fall."""
        return self._holding.target_a is not None and self._device.needs_a_write(now)

    async def _come_back(self) -> None:
        """Say a low limit first: whatever it hears takes it back to the limit it was told last."""
        async with self._writing:
            if not self.has_fallen(self._clock.monotonic()):
                return
            before_a = max(self._holding.load_a or 0.0, self._fallen_from_a)
            self._fallen_from_a = before_a
            outcome = await self._tell(self._holding, Urgency.PROBE)
            if outcome is LimitOutcome.ACCEPTED:
                self._fallen_from_a = 0.0
            elif not self.has_fallen(self._clock.monotonic()):
                self.overruled_a = before_a  # it has heard us, and does not do what we said
                self.on_news()

    async def _keep_up(self) -> None:
        if self._is_to_be_told(self._clock.monotonic()):
            async with self._writing:
                if self._is_to_be_told(self._clock.monotonic()):  # not by whoever wrote just now
                    await self._tell(self._holding, Urgency.LIMIT)
        wanted = self.fail_safe_wanted()
        if self.is_led and wanted is not None:
            await self._keep_fail_safe(wanted)

    async def _end_fail_safe(self, hardware_a: float) -> LimitOutcome:
        """Let it wait for ever, or as long as it can and then allow everything."""
        for after_s in (0, LONGEST_FAIL_SAFE_S):
            outcome = await self._keep_fail_safe(SetFailSafe(after_s, hardware_a))
            if outcome is not LimitOutcome.REFUSED:
                return outcome
        log.warning("keeps its fail-safe", evse=self._evse_id, current_a=hardware_a)
        return LimitOutcome.ACCEPTED

    async def _keep_fail_safe(self, wanted: SetFailSafe) -> LimitOutcome:
        outcome = await self.fail_safe.keep(wanted, self.connection)
        if self.fail_safe.is_in_doubt:
            await self._poll(Urgency.LIMIT)
        return outcome

    async def _poll(self, urgency: Urgency) -> WallboxValues | None:
        """What it says now; None where it said nothing that can be used."""
        self._polls += 1
        number, writes, set_anew = self._polls, self._writes, self.fail_safe.writes
        try:
            if self._is_model_due:
                self.model = await self._device.identify(urgency)
                self._is_model_due = False
            values = await self._device.poll(urgency)
            if self._may_be_another(values):
                self.model = await self._device.identify(urgency)
        except ModbusFailed as exc:
            if self.health.failed(exc.reason):
                self.on_lost()
                self.on_news()
            return None
        if number == self._polls:  # else a younger one knows better
            self._take(values, set_anew, is_current=writes == self._writes)
        return values

    def _take(self, said: WallboxValues, set_anew: int, *, is_current: bool) -> None:
        """`is_current`: nothing was written meanwhile, so that it says what it holds."""
        values, absurd = believed(said)
        self.health.doubted(absurd)
        before, self.values, self.values_at = self.values, values, self._clock.monotonic()
        self.fail_safe.learn(values, set_anew)
        is_found = self.health.answered()
        has_restarted = before is None or _has_restarted(before, values, was_away=is_found)
        if has_restarted or is_found:
            self._begin_anew(has_restarted=has_restarted)
        now_a = allowed_a(values)
        if before is None and now_a is not None:
            self._holding = self._holding.capped(now_a)  # until load management has its say
        if has_restarted:
            self._holding = self._holding.begun_anew(now_a)
        elif is_current:
            self._look_for_others(now_a)
        if is_found:
            self.on_found()
        self.on_values(values)

    def _may_be_another(self, values: WallboxValues) -> bool:
        """Whether it has been away since it said what it is: other firmware, or another wallbox."""
        if self.values is None:
            return False
        return not self.is_connected or _has_restarted(self.values, values, was_away=False)

    def _begin_anew(self, *, has_restarted: bool) -> None:
        if has_restarted and self.connection:
            log.warning("wallbox has restarted, or may have", evse=self._evse_id)
        self.connection += 1
        self.has_restarted = has_restarted
        self.overruled_a = None
        self.on_news()

    def _look_for_others(self, now_a: float | None) -> None:
        """Has somebody else written a limit?"""
        holding, before_a = self._holding, self.overruled_a
        is_raised = self.is_led and holding.is_exceeded(now_a)
        if is_raised and before_a is None:
            self.health.overruled(now_a, holding.held_a)
        is_more = is_raised or (self.is_led and holding.is_not_done(now_a))
        self.overruled_a = now_a if is_more else None
        if not is_more:
            self._holding = holding.seen(now_a)
        elif now_a != before_a:
            self.on_news()

    # What it may draw

    def offer(self, current_a: float | None) -> None:
        """What its backend lets it have, A per phase; None: it has no say."""
        if current_a != self._holding.offer_a:
            self._holding = replace(self._holding, offer_a=current_a)
            self._tell_from = -inf
            self.on_news()

    async def limit(self, current_a: float, *, reduction: bool = False) -> LimitOutcome:
        """What load management lets it have, A per phase. Never raises.

        It leads the wallbox from now on. ACCEPTED: the wallbox says that it holds no more. A newer
        call takes the place of one that has not begun.
        """
        self._newest_limit += 1
        number = self._newest_limit
        async with self._writing:
            if number != self._newest_limit or not self.is_connected:
                return LimitOutcome.UNSENT
            urgency = Urgency.REDUCTION if reduction else Urgency.LIMIT
            outcome = await self._tell(self._holding.led(current_a), urgency)
            if outcome is LimitOutcome.ACCEPTED and self._holding.load_a != current_a:
                outcome = await self._tell(self._holding.led(current_a), urgency)  # it had fallen
            return outcome

    async def repeat(self) -> LimitOutcome:
        """Say once more what it was told, over whatever others have written. Never raises."""
        async with self._writing:
            if not self.is_connected or self._holding.target_a is None:
                return LimitOutcome.UNSENT
            return await self._tell(self._holding, Urgency.LIMIT)

    async def release(self, hardware_a: float, offer_a: float | None = None) -> LimitOutcome:
        """Let it have `hardware_a`, as far as its backend allows, also without us. Never raises.

        Load management has no say any more; `offer_a` is what its backend lets it have then, A per
        phase, None: that has none either. ACCEPTED: the wallbox says that it is so.
        """
        self._newest_limit += 1
        async with self._writing:
            if not self.is_connected:
                return LimitOutcome.UNSENT
            wanted = replace(self._holding.left(), offer_a=offer_a)
            outcome = await self._tell(wanted, Urgency.LIMIT, wanted.offered_a(hardware_a))
            if outcome is not LimitOutcome.ACCEPTED:
                return outcome
            return await self._end_fail_safe(hardware_a)

    def observe(self) -> None:
        """Load management has no say any more; nothing is written for that."""
        self._newest_limit += 1
        self._holding = self._holding.left()

    async def command(self, command: CutPilot | SelectPhases) -> LimitOutcome:
        """Have it do something else. Never raises; REFUSED also where its make cannot do that."""
        if not self._device.can(type(command)):
            return LimitOutcome.REFUSED
        if not self.is_connected:
            return LimitOutcome.UNSENT
        return await self._device.send(command, Urgency.LIMIT)

    async def _tell(
        self, wanted: Holding, urgency: Urgency, current_a: float | None = None
    ) -> LimitOutcome:
        """Write a limit, and read it back; only one at a time.

        `current_a` takes the place of what `wanted` has for a target.
        """
        before = self._holding
        has_fallen = wanted.is_led and self._device.lifeline.has_fallen(self._clock.monotonic())
        if has_fallen:
            most_a = self.fail_safe.setting.current_a
            before, wanted = before.capped(most_a), wanted.capped(most_a)
        target_a = wanted.target_a if current_a is None else current_a
        if target_a is None:
            return LimitOutcome.UNSENT
        self._holding = wanted.in_doubt()
        self._writes += 1
        outcome = await self._send(SetLimit(target_a), urgency, is_low=has_fallen)
        self._writes += 1
        if outcome is LimitOutcome.UNSENT:
            self._holding = replace(before, offer_a=self._holding.offer_a)
        if outcome is LimitOutcome.ACCEPTED:
            outcome = await self._read_back(target_a, urgency)
        is_done = outcome is LimitOutcome.ACCEPTED
        self._tell_from = -inf if is_done else self._clock.monotonic() + AGAIN_S
        return outcome

    async def _send(self, command: SetLimit, urgency: Urgency, *, is_low: bool) -> LimitOutcome:
        device, values = self._device, self.values
        if self._prepared != self.connection and not is_low:
            outcome = await device.prepare(urgency)
            if outcome in (LimitOutcome.UNSENT, LimitOutcome.UNANSWERED):
                return outcome
            self._prepared = self.connection
        if values is not None and not device.is_gentle(command) and device.holds(values, command):
            return LimitOutcome.ACCEPTED  # it wears its flash; whether it still holds, is read back
        return await device.send(command, urgency, is_low=is_low)

    async def _read_back(self, target_a: float, urgency: Urgency) -> LimitOutcome:
        values = await self._poll(urgency)
        if values is None:
            return LimitOutcome.UNANSWERED
        now_a = allowed_a(values)
        if not is_kept(target_a, now_a):
            log.warning("holds another limit", evse=self._evse_id, told_a=target_a, now_a=now_a)
            return LimitOutcome.REFUSED
        self.overruled_a = None
        self._holding = self._holding.confirmed(target_a, now_a)
        return LimitOutcome.ACCEPTED


def _has_restarted(before: WallboxValues, after: WallboxValues, *, was_away: bool) -> bool:
    """One that tells neither its starts nor what it holds may have, whenever it was away."""
    if before.restarts is not None and after.restarts is not None:
        return before.restarts != after.restarts
    return was_away and allowed_a(after) is None


def _nobody_looks(_: WallboxValues) -> None:
    pass


def _nobody_waits() -> None:
    pass


def _nothing_wanted() -> SetFailSafe | None:
    return None
