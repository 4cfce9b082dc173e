"""The definition of a Power Brain, out of its register map."""

from typing import Final

from wattgate.core.modbus.definitions import (
    Definition,
    ErrorCode,
    Identity,
    Reads,
    StateRow,
    Writes,
)
from wattgate.core.modbus.places import POWER_BRAIN_PORT
from wattgate.core.modbus.points import (
    CurrentTarget,
    PhasesPoint,
    PhasesTarget,
    Point,
    SwitchPoint,
    SwitchTarget,
    TimeTarget,
)
from wattgate.core.modbus.power_brain_map import DC_SENSOR_ERROR, PILOT_NUMBERS, POWER_BRAIN
from wattgate.core.modbus.registers import Kind
from wattgate.core.wallbox.sensed import Pilot

_BY_NAME: Final = {each.name: each for each in POWER_BRAIN}
_RELAY_ON_ONE_PHASE: Final = 1
_RELAY_ON_THREE_PHASES: Final = 0
_PER_PHASE_BIT: Final = 1
_BITS_COUNT: Final = 1 << 9
_HAS_RELAY_2: Final = 1 << 10
_SWITCHES_PLUGGED: Final = 1 << 8
_HIGHEST_A: Final = 63.0


def _point(name: str) -> Point:
    each = _BY_NAME[name]
    return Point(address=each.address, kind=each.kind, length=each.length, scale=each.scale)


def _address(name: str) -> int:
    return _BY_NAME[name].address


_READ: Final = Reads(
    state=_point("charge_pilot_state"),
    energy=_point("energy"),
    power=_point("power"),
    current_l1=_point("current_l1"),
    current_l2=_point("current_l2"),
    current_l3=_point("current_l3"),
    has_meter=SwitchPoint(address=_address("has_meter")),
    has_currents=SwitchPoint(
        address=_address("meter_flags"), on=_PER_PHASE_BIT, mask=_PER_PHASE_BIT
    ),
    limit=_point("charging_cur_limit"),
    enable=SwitchPoint(address=_address("charging_enable")),
    signalled=_point("charging_current"),
    phases=PhasesPoint(
        address=_address("relay_select"), one=_RELAY_ON_ONE_PHASE, three=_RELAY_ON_THREE_PHASES
    ),
    lacks_phase_relay=SwitchPoint(
        address=_address("capabilities"), on=_BITS_COUNT, mask=_BITS_COUNT | _HAS_RELAY_2
    ),
    switches_plugged=SwitchPoint(
        address=_address("capabilities"),
        on=_BITS_COUNT | _HAS_RELAY_2 | _SWITCHES_PLUGGED,
        mask=_BITS_COUNT | _HAS_RELAY_2 | _SWITCHES_PLUGGED,
    ),
    card=_point("last_rfid"),
    card_count=_point("num_rfid"),
    restarts=_point("restarts"),
    waking=_point("disconnect_cp"),
    fail_safe_time=_point("fail_safe_duration"),
    fail_safe_current=_point("fail_safe_current"),
)

_WRITE: Final = Writes(
    limit=CurrentTarget(address=_address("charging_cur_limit"), scale=0.1, highest_a=_HIGHEST_A),
    enable=SwitchTarget(address=_address("charging_enable")),
    fail_safe_time=TimeTarget(
        address=_address("fail_safe_duration"), kind=Kind.UINT32, highest_s=86_400, stored=True
    ),
    fail_safe_current=CurrentTarget(
        address=_address("fail_safe_current"), scale=0.1, highest_a=_HIGHEST_A, off=0, stored=True
    ),
    wake_up=TimeTarget(address=_address("disconnect_cp"), highest_s=60),
    phases=PhasesTarget(
        address=_address("relay_select"), one=_RELAY_ON_ONE_PHASE, three=_RELAY_ON_THREE_PHASES
    ),
)

POWER_BRAIN_DEFINITION: Final = Definition(
    name="power-brain",
    title="cFos Power Brain, and what speaks its map",
    source='cFos eMobility, "Modbus Registers" of the Power Brain',
    vendor="cFos",
    model="Power Brain",
    port=POWER_BRAIN_PORT,
    joins_writes=True,
    read=_READ,
    identity=Identity(
        model=_point("name"), serial=_point("serial_no"), firmware=_point("product_version")
    ),
    write=_WRITE,
    states=(
        *(StateRow(state=number, pilot=pilot) for pilot, number in PILOT_NUMBERS.items()),
        StateRow(state=DC_SENSOR_ERROR, pilot=Pilot.F, error=ErrorCode.GROUND_FAILURE),
    ),
)
"""What `device_type` "power-brain" stands for."""
