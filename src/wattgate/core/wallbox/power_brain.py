"""The Power Brain: a wallbox that obeys its central system and a Modbus master at once (R100i).

It is a charge point of one connector with registers beside it. What these allow caps what the
charge point offers, so that either side can lower and pause, and neither ends a transaction (P31,
P32). Like the charge point it takes what happens and the time of it, and gives effects in order;
of a `Keep` holds what is said there. Effects of a request come before its answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from wattgate.core.errors import LocalUsageError
from wattgate.core.modbus.image import Image
from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.requests import (
    ModbusCode,
    ModbusReply,
    ModbusRequest,
    Read,
    WriteMany,
    WriteOne,
)
from wattgate.core.ocpp.frames import Call
from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.brain_keeping import (
    KeptBrain,
    StoredMeter,
    kept_brain_text,
    read_kept_brain,
    without_keeps,
)
from wattgate.core.wallbox.brain_limits import OwnSide, ocpp_a
from wattgate.core.wallbox.brain_registers import BrainFacts, phases_of, values_of
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.deciding import Decision, strictest
from wattgate.core.wallbox.effects import CutPilot, Effect, Happened, Keep, Reboot, SelectPhases
from wattgate.core.wallbox.looking import ConnectorLook
from wattgate.core.wallbox.modbus_side import ModbusSide, Stored
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options, Permission
from wattgate.core.wallbox.pauses import PhaseSwitch, PilotCut
from wattgate.core.wallbox.sealing import Damaged
from wattgate.core.wallbox.sensed import Pilot, Sensed
from wattgate.core.wallbox.shown_card import ShownCard
from wattgate.core.wallbox.state import Outcome

_IMAGE: Final = Image(POWER_BRAIN)


@dataclass(frozen=True, slots=True)
class BrainOptions:
    """What of it is not the charge point's.

    Without `has_modbus` there is no master, and none is waited for. `switch_pause_s` is how long a
    car pauses when phases are switched; None: that is not done while one is plugged in. `cable_a`
    is what a plugged cable carries, A per phase. `stored` is what is in flash when it is new.
    """

    has_modbus: bool = True
    switch_pause_s: float | None = 120.0
    cable_a: float = 32.0
    stored: Stored = field(default_factory=Stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainView:
    """What people see: who decides, both limits (A per phase), and where everything stands.

    `modbus_a` is None without Modbus, `ocpp_a` where Modbus alone decides; `watchdog_left_s` None
    where nothing is waited for.
    """

    look: ConnectorLook
    decision: Decision
    modbus_a: float | None
    ocpp_a: float | None
    watchdog_left_s: float | None
    phases: int
    cut_left_s: int
    pilot: Pilot
    card: str


class PowerBrain:
    """One wallbox with both masters."""

    def __init__(
        self, options: Options, brain: BrainOptions, moment: Moment, kept: str | None = None
    ) -> None:
        """Switch it on. `kept` is the text of its last Keep.

        A text that is damaged counts as none, and is told as a problem.
        """
        if options.connectors != 1:
            raise LocalUsageError("a Power Brain has one connector")
        self._options, self._brain = options, brain
        self._number = options.first_connector
        self._pending: list[Effect] = []
        known = None if kept is None else self._read(kept)
        stored = brain.stored if known is None else known.stored
        self._restarts = 0 if known is None else known.restarts + 1
        self._own = OwnSide(
            ModbusSide(options.max_current_a, moment.now, stored),
            brain.has_modbus,
            brain.cable_a,
            PhaseSwitch(options.phases, options.phases),
        )
        self._card = ShownCard()
        self._pilot = Pilot.A
        self._was_plugged = self._was_silent = self._was_cut = False
        self._phases = options.phases
        self._cap_a: float | None = None
        self._decided: Decision | None = None
        self._kept: object = None
        text = None if known is None else known.charge_point
        self._charge_point = ChargePoint(options, moment, text)
        self._meter = StoredMeter(self.look.reading.energy_wh)
        self._pending += self._govern(moment)

    # What happens

    def connected(self, moment: Moment) -> list[Effect]:
        """The link to the central system is up."""
        return self._during(moment, lambda: self._charge_point.connected(moment))

    def disconnected(self, moment: Moment, reason: str = "") -> list[Effect]:
        """The link is gone."""
        return self._during(moment, lambda: self._charge_point.disconnected(moment, reason))

    def called(self, call: Call, moment: Moment) -> list[Effect]:
        """The central system asks."""
        return self._during(moment, lambda: self._charge_point.called(call, moment))

    def answered(self, number: int, outcome: Outcome, moment: Moment) -> list[Effect]:
        """A SendCall ended."""
        return self._during(moment, lambda: self._charge_point.answered(number, outcome, moment))

    def handle(self, action: do.Action, moment: Moment) -> list[Effect]:
        """Somebody does something at the wallbox; a card can be read by Modbus as well."""
        if isinstance(action, do.PresentCard):
            self._card.show(action.id_tag, moment.now)
        return self._during(moment, lambda: self._charge_point.handle(action, moment))

    def sensed(self, sensed: Sensed, moment: Moment) -> list[Effect]:
        """The hardware says what it senses; while the pilot is cut the car is where it was."""
        if self._own.is_cut:
            sensed = replace(sensed, pilot=self._pilot)
        return self._during(moment, lambda: self._charge_point.sensed(self._number, sensed, moment))

    def tick(self, moment: Moment) -> list[Effect]:
        """Time has passed."""
        return self._during(moment, lambda: self._charge_point.tick(moment))

    def request(self, request: ModbusRequest, moment: Moment) -> tuple[ModbusReply, list[Effect]]:
        """A Modbus master asks: the answer, and what has to be done before it is given.

        What is carried out feeds the watchdog, be it read or write; what is refused does not.
        """
        match request:
            case Read(address, count):
                effects = self.tick(moment)
                reply = _IMAGE.read(self._values(moment), address, count)
                if not isinstance(reply, ModbusCode):
                    effects += self._feed(moment)
                return reply, effects
            case WriteOne() | WriteMany():
                said = self._understood(request)
                if isinstance(said, ModbusCode):
                    return said, self.tick(moment)
                return (), self._during(moment, lambda: self._write(said, moment))
            case _:
                assert_never(request)

    # What can be seen

    @property
    def password(self) -> bytes | None:
        """The password that an AuthorizationKey set (R24); None while none was set."""
        return self._charge_point.password

    @property
    def unit(self) -> int:
        """Its unit id on Modbus; one that is written counts from the next start."""
        return self._own.side.stored.slave_id

    @property
    def look(self) -> ConnectorLook:
        """What can be seen of its connector."""
        return self._charge_point.look()

    def kept(self) -> str:
        """What a Keep would say now."""
        kept = KeptBrain(self._charge_point.kept(), self._own.side.stored, self._restarts)
        return kept_brain_text(kept)

    def view(self, now: float) -> BrainView:
        """What people see of it."""
        look, own = self.look, self._own
        silent_at = own.silent_at()
        return BrainView(
            look=look,
            decision=own.decision(look, now),
            modbus_a=own.side.limit(now).current_a if own.has_modbus else None,
            ocpp_a=ocpp_a(look) if self._options.permission is Permission.TRANSACTION else None,
            watchdog_left_s=None if silent_at is None else max(0.0, silent_at - now),
            phases=own.switch.used,
            cut_left_s=own.cut.left_s(now),
            pilot=self._pilot,
            card=self._card.id_tag,
        )

    def deadline(self) -> float | None:
        """When `tick` is due, monotonic s; None: not before something happens."""
        own = self._own
        times = (
            self._charge_point.deadline(),
            own.cut.until,
            own.switch.until,
            None if self._was_silent else own.silent_at(),
            self._card.deadline(is_plugged=self._was_plugged),
        )
        return min((time for time in times if time is not None), default=None)

    # Inside

    def _during(self, moment: Moment, act: Callable[[], list[Effect]]) -> list[Effect]:
        """Let time pass, then something happen, and draw the consequences of both."""
        effects, self._pending = self._pending, []
        effects += self._govern(moment)
        happened = act()
        effects += happened
        if any(isinstance(effect, Reboot) for effect in happened):
            self._begin_anew(moment)
        effects += self._govern(moment)
        return self._keep_first(effects)

    def _begin_anew(self, moment: Moment) -> None:
        """Its registers start as it does."""
        self._restarts += 1
        self._own.side.begin(moment.now)
        self._own.cut = PilotCut()
        self._own.switch.wanted = self._options.phases
        self._card = ShownCard()

    def _feed(self, moment: Moment) -> list[Effect]:
        self._own.side.fed_at = moment.now
        return self._keep_first(self._govern(moment)) if self._was_silent else []

    def _understood(self, request: WriteOne | WriteMany) -> Mapping[str, Value] | ModbusCode:
        """What a write says, unless this wallbox cannot do what others of its kind can."""
        said = _IMAGE.decode_write(request.address, request.words)
        if isinstance(said, ModbusCode):
            return said
        is_unable = phases_of(said.get("relay_select", 1)) > self._options.phases
        return ModbusCode.ILLEGAL_DATA_VALUE if is_unable else said

    def _write(self, said: Mapping[str, Value], moment: Moment) -> list[Effect]:
        self._own.side.fed_at = moment.now
        self._own.side.write(said)
        if "disconnect_cp" in said:
            self._own.cut.ask(int(said["disconnect_cp"]), moment.now)
        if "relay_select" in said:
            self._own.switch.wanted = phases_of(said["relay_select"])
        return self._charge_point.tick(moment)

    def _govern(self, moment: Moment) -> list[Effect]:
        """Do what follows from time, registers and the car.

        Current goes before the pilot is cut and phases change, and comes after the pilot is back.
        """
        look, own, now = self.look, self._own, moment.now
        own.cut.settle(now)
        own.switch.settle(now, self._brain.switch_pause_s if look.is_plugged else 0.0)
        self._card.settle(now, came_from_car=self._was_plugged, is_plugged=look.is_plugged)
        self._was_plugged = look.is_plugged
        effects: list[Effect] = []
        if own.is_silent(now) != self._was_silent:
            self._was_silent = not self._was_silent
            master = "silent" if self._was_silent else "heard"
            effects.append(Happened("watchdog", {"master": master}))
        if not own.is_cut:
            self._pilot = look.pilot
            effects += self._put_back()
        effects += self._cap(look, moment)
        if own.is_cut:
            effects += self._take_off()
        effects += self._select(moment)
        return effects + self._tell_decision(now)

    def _put_back(self) -> list[Effect]:
        was_cut, self._was_cut = self._was_cut, False
        return [CutPilot(self._number, is_cut=False)] if was_cut else []

    def _take_off(self) -> list[Effect]:
        was_cut, self._was_cut = self._was_cut, True
        return [] if was_cut else [CutPilot(self._number, is_cut=True)]

    def _cap(self, look: ConnectorLook, moment: Moment) -> list[Effect]:
        cap_a = strictest(self._own.limits(look, moment.now)).current_a
        if cap_a == self._cap_a:
            return []
        self._cap_a = cap_a
        return self._charge_point.capped(self._number, cap_a, moment)

    def _select(self, moment: Moment) -> list[Effect]:
        phases = self._own.switch.used
        if phases == self._phases:
            return []
        self._phases = phases
        selected = self._charge_point.selected(self._number, phases, moment)
        return [SelectPhases(self._number, phases), *selected]

    def _tell_decision(self, now: float) -> list[Effect]:
        view = self.view(now)
        if view.decision == self._decided:
            return []
        self._decided = view.decision
        facts = {
            "by": view.decision.by.value,
            "current_a": view.decision.current_a,
            "modbus_a": view.modbus_a,
            "ocpp_a": view.ocpp_a,
            "pilot": view.pilot.value,
            "phases": view.phases,
        }
        return [Happened("decides", facts)]

    def _values(self, moment: Moment) -> dict[str, Value]:
        look, own = self.look, self._own
        facts = BrainFacts(
            look=look,
            stored=own.side.stored,
            volatile=own.side.volatile,
            pilot=self._pilot,
            cut_left_s=own.cut.left_s(moment.now),
            energy_wh=self._meter.energy_wh,
            phases=own.switch.wanted,
            cable_a=own.cable_current_a(look),
            card=self._card.id_tag,
            cards=self._card.count,
            restarts=self._restarts,
            may_switch_plugged=self._brain.switch_pause_s is not None,
        )
        return values_of(self._options, facts)

    # What outlives a restart

    def _read(self, text: str) -> KeptBrain | None:
        try:
            return read_kept_brain(text)
        except Damaged as damaged:
            self._pending.append(Happened("problem", {"what": str(damaged)}))
            return None

    def _keep_first(self, effects: list[Effect]) -> list[Effect]:
        """One Keep for both sides before everything else, where there is something to keep."""
        look, stored = self.look, self._own.side.stored
        if not self._options.keeps:
            self._meter.energy_wh = look.reading.energy_wh
            return effects
        others = without_keeps(effects)
        mark = (stored, self._restarts)
        is_due = len(others) < len(effects) or mark != self._kept
        if not (is_due or self._meter.is_due(look)):
            return effects
        text = self.kept()
        self._kept = mark
        self._meter.store(look.reading.energy_wh, len(text))
        return [Keep(text), *others]
