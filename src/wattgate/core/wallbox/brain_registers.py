"""What a Modbus master reads from a Power Brain, by the names of its registers."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from wattgate.core.modbus.power_brain_map import DC_SENSOR_ERROR, PILOT_NUMBERS
from wattgate.core.modbus.registers import Value
from wattgate.core.wallbox.looking import ConnectorLook
from wattgate.core.wallbox.modbus_side import Stored, Volatile
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.sensed import Pilot

MAP_VERSION: Final = "1.0"

_PHASES_OF: Final = {0: 3, 1: 1}
"""Phases by the value of relay_select."""

_ERRORS: Final = {"GroundFailure": DC_SENSOR_ERROR}
"""Pilot states that stand for an error of the wallbox."""

_MAY_SWITCH, _VALID, _HAS_RELAY_2 = 1 << 8, 1 << 9, 1 << 10
"""Bits of `capabilities`."""

_PER_PHASE: Final = 1
"""Bit of `meter_flags`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainFacts:
    """What the registers follow from, beside the make of the wallbox.

    `pilot` stands still while the pilot is cut, of which `cut_left_s` are left; `energy_wh` is what
    the meter has stored; `phases` are those wanted; `card` is the last one read, empty for none.
    """

    look: ConnectorLook
    stored: Stored
    volatile: Volatile
    pilot: Pilot
    cut_left_s: int
    energy_wh: float
    phases: int
    cable_a: float
    card: str
    cards: int
    restarts: int
    may_switch_plugged: bool


def phases_of(relay_select: Value) -> int:
    """What a value of relay_select means."""
    return _PHASES_OF[int(relay_select)]


def values_of(options: Options, facts: BrainFacts) -> dict[str, Value]:
    """Every register that can be read."""
    look, reading = facts.look, facts.look.reading
    one, two, three = (*reading.currents_a, 0.0, 0.0)[:3]
    return {
        **_make(options),
        **asdict(facts.stored),
        **asdict(facts.volatile),
        "meter_flags": _PER_PHASE,
        "energy": int(facts.energy_wh),
        "power": reading.power_w,
        "current_l1": one,
        "current_l2": two,
        "current_l3": three,
        "disconnect_cp": facts.cut_left_s,
        "relay_select": 0 if facts.phases == _PHASES_OF[0] else 1,
        "cable_current": facts.cable_a,
        "charge_pilot_state": _ERRORS.get(look.error_code, PILOT_NUMBERS[facts.pilot]),
        "charging_current": look.offered_a,
        "last_rfid": _plain(facts.card),
        "num_rfid": facts.cards % 0x10000,
        "has_meter": 1,
        "capabilities": _VALID | _HAS_RELAY_2 | (_MAY_SWITCH if facts.may_switch_plugged else 0),
        "restarts": facts.restarts,
    }


def _make(options: Options) -> Mapping[str, Value]:
    numbers = [int(number) % 0x100 for number in re.findall(r"[0-9]{1,9}", options.firmware)]
    major, minor, build = (*numbers, 0, 0, 0)[:3]
    return {
        "product_version": f"{major}.{minor}",
        "product_build": build,
        "mapping_version": MAP_VERSION,
        "serial_no": _plain(options.serial)[:16],
        "name": _plain(options.model)[:32],
    }


def _plain(text: str) -> str:
    """As far as registers can hold it."""
    return text.encode("ascii", "replace").decode()
