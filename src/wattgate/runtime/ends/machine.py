"""The software wallbox at work: its timers, its hardware and its memory, without its link."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, assert_never

from wattgate.core.modbus.requests import ModbusCode, ModbusReply, ModbusRequest
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import (
    Answer,
    CutPilot,
    Effect,
    Happened,
    Keep,
    Offer,
    Reboot,
    Reconnect,
    Refuse,
    SelectPhases,
    SendCall,
)
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.power_brain import PowerBrain
from wattgate.ports.clock import Clock
from wattgate.runtime.ends.charging_point import ChargingPoint

Outward = SendCall | Answer | Refuse | Happened | Reboot | Reconnect
"""What concerns whoever is connected, or reads along."""

LOOK_S: Final = 0.5
"""s between two looks at the hardware while nothing else happens."""

MOST_LOOKS: Final = 4
"""How often another look follows what was done to the hardware, for a car that answers at once."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a Power Brain works by: its charging point, and where it keeps a text.

    Without `keep` it forgets everything when it ends; it may raise OSError. `at` is told the time
    (monotonic s) of whatever is done next; `changes_at` tells when the point will look different by
    itself, None where nobody knows: it is looked at now and then in any case.
    """

    point: ChargingPoint
    keep: Callable[[str], None] | None = None
    at: Callable[[float], None] = lambda _now: None
    changes_at: Callable[[], float | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Whole:
    """A Power Brain with its body."""

    brain: PowerBrain
    body: Body


Wallbox = ChargePoint | Whole
"""A charge point simulates its cars by itself, and forgets everything when it ends."""


class NotKept(Exception):  # noqa: N818 - says what has not happened
    """What has to outlive a restart cannot be stored; the message says why."""


class Machine:
    """Lets things happen to a wallbox, and carries out what follows, in order.

    What is to be kept is stored before anything that depends on it is done. Where that fails, or
    its timer does, the machine stands still: nothing is offered, `failed` ends, and nothing is
    confirmed to anybody any more.
    """

    def __init__(self, wallbox: Wallbox, clock: Clock, outward: Callable[[Outward], None]) -> None:
        self._whole = wallbox if isinstance(wallbox, Whole) else None
        self.brain = wallbox.brain if isinstance(wallbox, Whole) else wallbox
        self._clock = clock
        self._outward = outward
        self._timer: asyncio.TimerHandle | None = None
        self._is_off = False
        self._failure: Exception | None = None
        self._failures: asyncio.Queue[Exception] = asyncio.Queue()

    async def failed(self) -> Exception:
        """Wait until it can do its work no more, and answer why.

        NotKept, or the error of ours, or of the hardware, that ended its timer.
        """
        return await self._failures.get()

    def act(self, happen: Callable[[Moment], list[Effect]]) -> None:
        """Let something happen; the hardware is looked at before."""
        if self._failure is not None:
            return
        moment = Moment(self._clock.monotonic(), self._clock.wall())
        if self._whole is not None:
            self._whole.body.at(moment.now)
        try:
            is_moved = self._carry_out(self._look(moment))
            is_moved |= self._carry_out(happen(moment))
            for _ in range(MOST_LOOKS):
                if is_moved:
                    is_moved = self._carry_out(self._look(moment))
        except NotKept as failure:
            self._fail(failure)
        finally:
            if self._failure is None:
                self._set_timer()  # whatever went wrong: somebody has to watch over the current

    def tick(self) -> None:
        """Let time pass. An error here is the end: the next tick would only meet it again."""
        try:
            self.act(self.brain.tick)
        except Exception as error:  # noqa: BLE001 - `failed` raises it
            self._fail(error)

    def request(self, request: ModbusRequest) -> ModbusReply:
        """Answer a Modbus master; what has to be done before the answer has been done."""
        if self._whole is None:
            return ModbusCode.SERVER_DEVICE_FAILURE
        brain = self._whole.brain
        replies: list[ModbusReply] = []

        def ask(moment: Moment) -> list[Effect]:
            reply, effects = brain.request(request, moment)
            replies.append(reply)
            return effects

        self.act(ask)
        is_done = replies and self._failure is None
        return replies[0] if is_done else ModbusCode.SERVER_DEVICE_FAILURE

    def stop(self) -> None:
        """Switch off: nothing is offered to anybody, and all is stored that can be."""
        was_off, self._is_off = self._is_off, True
        self._cancel_timer()
        if self._whole is None:
            return
        self._whole.body.point.offer(0.0)
        if self._whole.body.keep is not None and self._failure is None and not was_off:
            with suppress(OSError):  # what had to be stored has been
                self._whole.body.keep(self._whole.brain.kept())

    def _look(self, moment: Moment) -> list[Effect]:
        if self._whole is None:
            return []
        return self._whole.brain.sensed(self._whole.body.point.look(), moment)

    def _carry_out(self, effects: list[Effect]) -> bool:
        """Do all of it; answers whether something was done to the hardware.

        What is told may make something happen in between, which may be the end.
        """
        is_moved = False
        for effect in effects:
            if self._failure is None:
                is_moved |= self._carry_out_one(effect)
        return is_moved

    def _carry_out_one(self, effect: Effect) -> bool:
        match effect:
            case Keep() | Offer() | CutPilot() | SelectPhases():
                return self._whole is not None and _work(self._whole.body, effect)
            case _:
                self._outward(effect)
                return False

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._failures.put_nowait(error)
        self.stop()

    def _set_timer(self) -> None:
        if self._is_off:
            return
        now = self._clock.monotonic()
        times = [self.brain.deadline()]
        if self._whole is not None:
            times += [now + LOOK_S, self._whole.body.changes_at()]
        due = min((time for time in times if time is not None), default=None)
        self._cancel_timer()
        if due is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, due - now), self.tick)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _work(body: Body, effect: Keep | Offer | CutPilot | SelectPhases) -> bool:
    """Store or do it; answers whether it was done to the hardware."""
    match effect:
        case Keep(text):
            if body.keep is not None:
                _store(body.keep, text)
            return False
        case Offer(_, current_a):
            body.point.offer(current_a)
        case CutPilot(_, is_cut):
            body.point.cut(is_cut)
        case SelectPhases(_, phases):
            body.point.select_phases(phases)
        case _:
            assert_never(effect)
    return True


def _store(keep: Callable[[str], None], text: str) -> None:
    try:
        keep(text)
    except OSError as error:
        raise NotKept(str(error)) from error
