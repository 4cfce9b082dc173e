"""What limits a Power Brain's car: its own side beside the charging profiles."""

from dataclasses import dataclass, field
from typing import Final

from wattgate.core.wallbox.deciding import Decider, Decision, Limit, strictest
from wattgate.core.wallbox.looking import ConnectorLook
from wattgate.core.wallbox.modbus_side import ModbusSide
from wattgate.core.wallbox.pauses import PhaseSwitch, PilotCut
from wattgate.core.wallbox.sensed import NO_ERROR

NO_CABLE_A: Final = 0.0


@dataclass(slots=True)
class OwnSide:
    """Everything of a Power Brain that has a say beside its central system.

    `side` is None without Modbus; `cable_a` is what a plugged cable carries, A per phase.
    """

    side: ModbusSide
    has_modbus: bool
    cable_a: float
    switch: PhaseSwitch
    cut: PilotCut = field(default_factory=PilotCut)

    @property
    def is_cut(self) -> bool:
        """Whether the control pilot is off the car."""
        return self.cut.until is not None or self.switch.until is not None

    def is_silent(self, now: float) -> bool:
        """Whether a Modbus master is waited for in vain."""
        return self.has_modbus and self.side.is_silent(now)

    def silent_at(self) -> float | None:
        """When that will be so unless one is heard; None: never."""
        return self.side.silent_at() if self.has_modbus else None

    def cable_current_a(self, look: ConnectorLook) -> float:
        """What the cable carries, one that is fixed or the plugged one; 0 A without."""
        plugged_a = self.cable_a if look.is_plugged else NO_CABLE_A
        return self.side.volatile.fixed_current or plugged_a

    def limits(self, look: ConnectorLook, now: float) -> list[Limit]:
        """What each of them allows; a cable that is not there limits nothing."""
        cable_a = self.cable_current_a(look) if look.is_plugged else look.hardware_a
        rows = (
            (True, Limit(Decider.CABLE, cable_a)),
            (self.cut.until is not None, Limit(Decider.PILOT_CUT, 0.0)),
            (self.switch.until is not None, Limit(Decider.PHASE_SWITCH, 0.0)),
            (self.has_modbus, self.side.limit(now)),
        )
        return [limit for applies, limit in rows if applies]

    def decision(self, look: ConnectorLook, now: float) -> Decision:
        """Who decides now: they, the central system, or what the wallbox is."""
        rows = (
            (True, Limit(Decider.HARDWARE, look.hardware_a)),
            (look.profiles_a is not None, Limit(Decider.OCPP, look.profiles_a or 0.0)),
            (look.error_code != NO_ERROR, Limit(Decider.FAULT, 0.0)),
            (not (look.is_permitted and look.is_plugged), Limit(Decider.NOBODY, 0.0)),
        )
        return strictest([*self.limits(look, now), *(limit for yes, limit in rows if yes)])


def ocpp_a(look: ConnectorLook) -> float:
    """A per phase that the central system allows: nothing unless somebody may charge."""
    if not look.is_permitted:
        return 0.0
    return look.hardware_a if look.profiles_a is None else min(look.profiles_a, look.hardware_a)
