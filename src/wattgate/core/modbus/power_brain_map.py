"""The registers of a Power Brain's charging point.

They are those of its vendor's page "Modbus Registers", with its names, so that whoever knows that
page finds them again. All are holding registers (functions 03, 06 and 16); numbers are big-endian,
high word first.

Beside the charging point, a Power Brain has two S0 meters, units of their own (TCP ports 4702 and
4703, units 2 and 3) with the same common part and 8041 to 8071. They count pulses and have nothing
to do with charging; the Power Brain in software has none, and refuses their addresses.

Where the page leaves things open, this is how it was decided:

- 8004 is said to take 2 registers, but 8005 is one of its own: 8004 is read as one word.
- Versions are taken as major in the high byte, minor in the low one.
- The energy counter can be written on an S0 meter; on a charging point it is for reading only.
- The number of RFID inputs (8111) counts up with each card that is shown, also with the same one.
- What is written to 8081 or 8093 above the hardware's maximum is accepted, and cut to it.
"""

from typing import Final

from wattgate.core.modbus.registers import Access, Kind, Register
from wattgate.core.wallbox.sensed import Pilot

PILOT_NUMBERS: Final = {
    Pilot.A: 0,
    Pilot.B: 1,
    Pilot.C: 2,
    Pilot.D: 3,
    Pilot.E: 4,
    Pilot.F: 5,
}
"""How register 8092 spells the states of the control pilot."""

DC_SENSOR_ERROR: Final = 9
"""In register 8092: the sensor for direct residual current has tripped or is broken."""

_OFF_OR_ON: Final = ((0, 1),)
_CHARGING_A: Final = ((6, 63),)
_OFF_OR_CHARGING_A: Final = ((0, 0), (6, 63))

_COMMON: Final = (
    Register(
        name="vendor_id",
        address=8000,
        kind=Kind.UINT32,
        fixed=0xCF05,
        meaning="the vendor's number",
    ),
    Register(name="product_id", address=8002, fixed=1, meaning="number of the product"),
    Register(
        name="device_id", address=8003, fixed=0x100, meaning="number of the device in the product"
    ),
    Register(
        name="product_version", address=8004, kind=Kind.VERSION, meaning="firmware, major.minor"
    ),
    Register(name="product_build", address=8005, meaning="firmware, number of the build"),
    Register(
        name="mapping_version", address=8006, kind=Kind.VERSION, meaning="version of this map"
    ),
    Register(name="reserved_8007", address=8007, fixed=0, meaning="reserved"),
    Register(name="serial_no", address=8008, kind=Kind.TEXT, length=8, meaning="serial number"),
    Register(name="name", address=8016, kind=Kind.TEXT, length=16, meaning="name of the product"),
    Register(
        name="slave_id",
        address=8040,
        access=Access.READ_WRITE,
        allowed=((1, 247),),
        meaning="unit id on Modbus",
    ),
)

_METER: Final = (
    Register(
        name="meter_flags",
        address=8057,
        meaning="bit 0: the meter tells the current of each phase",
    ),
    Register(
        name="energy",
        address=8058,
        kind=Kind.UINT64,
        unit="Wh",
        meaning="counter of imported energy; may read 0 for a while after a start",
    ),
    Register(name="power", address=8062, kind=Kind.UINT32, unit="W", meaning="active power"),
    *(
        Register(
            name=f"current_l{phase}",
            address=8062 + 2 * phase,
            kind=Kind.UINT32,
            scale=0.1,
            unit="A",
            meaning=f"current on L{phase}",
        )
        for phase in (1, 2, 3)
    ),
)

_DEFAULTS: Final = (
    Register(
        name="def_fixed_current",
        address=8080,
        scale=0.1,
        unit="A",
        access=Access.READ_WRITE,
        allowed=((0, 63),),
        meaning="fixed_current after the next start",
    ),
    Register(
        name="def_charg_cur_limit",
        address=8081,
        scale=0.1,
        unit="A",
        access=Access.READ_WRITE,
        allowed=_CHARGING_A,
        meaning="charging_cur_limit after the next start",
    ),
    Register(
        name="def_charging_enable",
        address=8082,
        access=Access.READ_WRITE,
        allowed=_OFF_OR_ON,
        meaning="charging_enable after the next start",
    ),
    Register(
        name="fail_safe_duration",
        address=8083,
        kind=Kind.UINT32,
        unit="s",
        access=Access.READ_WRITE,
        meaning="so long without a read or write, and fail_safe_current holds; 0: never",
    ),
    Register(
        name="fail_safe_current",
        address=8085,
        scale=0.1,
        unit="A",
        access=Access.READ_WRITE,
        allowed=_OFF_OR_CHARGING_A,
        meaning="what may be drawn without a master; 0: no charging",
    ),
)

_CHARGING: Final = (
    Register(
        name="disconnect_cp",
        address=8086,
        unit="s",
        access=Access.READ_WRITE,
        is_volatile=True,
        meaning="interrupts the control pilot for so long; reads what is left of it",
    ),
    Register(
        name="relay_select",
        address=8087,
        access=Access.READ_WRITE,
        is_volatile=True,
        allowed=_OFF_OR_ON,
        meaning="phases: 0 three, 1 one",
    ),
    Register(
        name="relay2",
        address=8088,
        access=Access.READ_WRITE,
        is_volatile=True,
        allowed=_OFF_OR_ON,
        meaning="the second relay, free for other purposes",
    ),
    Register(
        name="cable_current",
        address=8090,
        scale=0.1,
        unit="A",
        meaning="what the plugged cable carries; 0: no cable",
    ),
    Register(
        name="fixed_current",
        address=8091,
        scale=0.1,
        unit="A",
        access=Access.READ_WRITE,
        is_volatile=True,
        allowed=((0, 63),),
        meaning="what the cable carries, where it is fixed; 0: as the plug is coded",
    ),
    Register(
        name="charge_pilot_state",
        address=8092,
        meaning="0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 9 DC sensor error; stands still while "
        "disconnect_cp runs",
    ),
    Register(
        name="charging_cur_limit",
        address=8093,
        scale=0.1,
        unit="A",
        access=Access.READ_WRITE,
        is_volatile=True,
        allowed=_CHARGING_A,
        meaning="the most that may be drawn per phase; the hardware's maximum cuts it",
    ),
    Register(
        name="charging_enable",
        address=8094,
        access=Access.READ_WRITE,
        is_volatile=True,
        allowed=_OFF_OR_ON,
        meaning="whether charging is allowed",
    ),
    Register(
        name="charging_current",
        address=8095,
        scale=0.1,
        unit="A",
        meaning="what the control pilot signals to the car; 0: nothing",
    ),
    Register(
        name="last_rfid",
        address=8096,
        kind=Kind.TEXT,
        length=15,
        meaning="the last card at the reader, in hex digits; empty: none",
    ),
    Register(name="num_rfid", address=8111, meaning="how many cards were shown since the start"),
    Register(name="has_meter", address=8112, meaning="1: there is a meter"),
    Register(
        name="capabilities",
        address=8113,
        meaning="bits 0, 1: S0 inputs; 8: may switch phases while plugged; 9: these bits count; "
        "10: has a second relay; 11: the meter is an external one",
    ),
    Register(
        name="restarts", address=8120, kind=Kind.UINT32, meaning="how often it has been started"
    ),
)

POWER_BRAIN: Final = (*_COMMON, *_METER, *_DEFAULTS, *_CHARGING)
"""All of them, by address."""
