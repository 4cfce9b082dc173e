"""A Power Brain in virtual time with simulated hardware, and a Modbus master that asks it."""

from typing import Any

from tests.support.wallboxes import Bench

from wattgate.core.modbus.codec import decode
from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.requests import ModbusReply, ModbusRequest, Read, WriteMany, WriteOne
from wattgate.core.wallbox.actions import Action
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.effects import CutPilot, Effect, Keep, Offer, SelectPhases
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.power_brain import BrainOptions, PowerBrain
from wattgate.core.wallbox.sensed import phases_to_close
from wattgate.core.wallbox.simulation import SimulatedPoint

REGISTERS = {each.name: each for each in POWER_BRAIN}


class Brain(Bench):
    """Carries effects out as hardware does, and senses until nothing changes any more.

    Looks after what must hold at every moment: a pilot that is cut offers nothing, phases change
    behind an open contactor, and what is to be kept comes first.
    """

    machine: PowerBrain

    def __init__(
        self,
        kept: str | None = None,
        now: float = 1000.0,
        car: Car | None = None,
        brain: BrainOptions | None = None,
        **options: Any,  # noqa: ANN401 - the fields of Options
    ) -> None:
        super().__init__(now)
        self.offered_a = 0.0
        self.is_cut = False
        made = Options("CP1", has_hardware=True, **options)
        self.phases = made.phases
        self.machine = PowerBrain(made, brain or BrainOptions(), self.moment, kept)
        register_wh = self.machine.look.reading.energy_wh
        self.point = SimulatedPoint(car or Car(), now, register_wh=register_wh)
        self.do(self.machine.tick(self.moment))

    def do(self, effects: list[Effect]) -> None:
        keeps = [isinstance(effect, Keep) for effect in effects]
        assert sum(keeps) <= 1
        assert not any(keeps[1:])
        for effect in effects:
            self._carry_out(effect)
        super().do(effects)
        if effects:
            self.sense()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Offer(_, current_a):
                assert current_a == 0 or current_a >= 6
                assert not (self.is_cut and current_a > 0)
                self.offered_a = current_a
                self.point.offer(current_a, self.now)
            case CutPilot(_, is_cut):
                assert self.offered_a == 0
                self.is_cut = is_cut
                self.point.cut(is_cut, self.now)
            case SelectPhases(_, phases):
                assert self.offered_a == 0
                self.phases = phases
            case _:
                pass
        self.point.switch(self.closed, self.now)

    @property
    def closed(self) -> int:
        return phases_to_close(self.point.pilot(self.now), self.offered_a, self.phases)

    def sense(self) -> None:
        self.point.switch(self.closed, self.now)
        self.do(self.machine.sensed(self.point.sensed(self.now), self.moment))

    def act(self, *actions: Action) -> None:
        for action in actions:
            if self.point.act(action, self.now):
                self.sense()
            else:
                super().act(action)

    def later(self, seconds: float) -> None:
        """Let time pass; what the hardware senses in between comes in as well."""
        end = self.now + seconds
        while (due := self.point.deadline()) is not None and due <= end:
            super().later(max(0.0, due - self.now))
            self.sense()
        super().later(end - self.now)
        self.sense()

    # What a Modbus master does

    def ask(self, request: ModbusRequest) -> ModbusReply:
        reply, effects = self.machine.request(request, self.moment)
        self.do(effects)
        return reply

    def read(self, name: str) -> Value:
        register = REGISTERS[name]
        reply = self.ask(Read(register.address, register.words))
        assert isinstance(reply, tuple), reply
        return decode(register, reply)

    def write(self, name: str, raw: int) -> ModbusReply:
        register = REGISTERS[name]
        if register.words == 1:
            return self.ask(WriteOne(register.address, raw))
        return self.ask(WriteMany(register.address, (raw >> 16, raw & 0xFFFF)))
