"""What a definition file says of a wallbox: which register means what.

One field per setting, as in the site file; reading, the problems and the guide's tables follow.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from wattgate.core.modbus.places import MODBUS_PORT
from wattgate.core.modbus.points import (
    MOST_WORD,
    CurrentTarget,
    PhasesPoint,
    PhasesTarget,
    Point,
    SwitchPoint,
    SwitchTarget,
    TimeTarget,
)
from wattgate.core.modbus.registers import HIGHEST_ADDRESS, MOST_READ, WordOrder
from wattgate.core.site.settings import setting, table, tables
from wattgate.core.wallbox.sensed import NO_ERROR, Pilot


class FedBy(StrEnum):
    """What tells a wallbox that its master is there."""

    ANY = "any"
    """Every request."""
    WRITE = "write"
    """Writes; that a read does is not certain."""


class ErrorCode(StrEnum):
    """What a state may report to a backend (OCPP 1.6 §7.6)."""

    NO_ERROR = NO_ERROR
    CONNECTOR_LOCK_FAILURE = "ConnectorLockFailure"
    EV_COMMUNICATION_ERROR = "EVCommunicationError"
    GROUND_FAILURE = "GroundFailure"
    HIGH_TEMPERATURE = "HighTemperature"
    INTERNAL_ERROR = "InternalError"
    LOCAL_LIST_CONFLICT = "LocalListConflict"
    OTHER_ERROR = "OtherError"
    OVER_CURRENT_FAILURE = "OverCurrentFailure"
    OVER_VOLTAGE = "OverVoltage"
    POWER_METER_FAILURE = "PowerMeterFailure"
    POWER_SWITCH_FAILURE = "PowerSwitchFailure"
    READER_FAILURE = "ReaderFailure"
    RESET_FAILURE = "ResetFailure"
    UNDER_VOLTAGE = "UnderVoltage"
    WEAK_SIGNAL = "WeakSignal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """The registers that are read in each cycle, by what they mean."""

    state: Point | None = field(
        default=None, metadata=table("state", Point, "State number, for `states`; required")
    )
    plug: Point | None = field(
        default=None, metadata=table("plug", Point, "Second state number, for `states`")
    )
    energy: Point | None = field(
        default=None,
        metadata=table(
            "energy", Point, "Counter of imported energy, Wh; it may begin anew with a session"
        ),
    )
    power: Point | None = field(default=None, metadata=table("power", Point, "Active power, W"))
    current_l1: Point | None = field(
        default=None, metadata=table("current_l1", Point, "Current on L1, A")
    )
    current_l2: Point | None = field(
        default=None, metadata=table("current_l2", Point, "Current on L2, A")
    )
    current_l3: Point | None = field(
        default=None, metadata=table("current_l3", Point, "Current on L3, A")
    )
    has_meter: SwitchPoint | None = field(
        default=None,
        metadata=table("has_meter", SwitchPoint, "Whether energy, power and currents are measured"),
    )
    has_currents: SwitchPoint | None = field(
        default=None,
        metadata=table("has_currents", SwitchPoint, "Whether the currents are measured"),
    )
    limit: Point | None = field(
        default=None, metadata=table("limit", Point, "The limit that it was told last, A")
    )
    enable: SwitchPoint | None = field(
        default=None, metadata=table("enable", SwitchPoint, "Whether charging is allowed")
    )
    signalled: Point | None = field(
        default=None, metadata=table("signalled", Point, "What the car is told that it may draw, A")
    )
    phases: PhasesPoint | None = field(
        default=None, metadata=table("phases", PhasesPoint, "On how many phases it charges")
    )
    lacks_phase_relay: SwitchPoint | None = field(
        default=None,
        metadata=table(
            "lacks_phase_relay", SwitchPoint, "Whether it cannot charge on other phases"
        ),
    )
    switches_plugged: SwitchPoint | None = field(
        default=None,
        metadata=table(
            "switches_plugged",
            SwitchPoint,
            "Whether its phases may be selected while a car is plugged in",
        ),
    )
    card: Point | None = field(
        default=None, metadata=table("card", Point, "The last card at its reader")
    )
    card_count: Point | None = field(
        default=None, metadata=table("card_count", Point, "How many cards were shown")
    )
    restarts: Point | None = field(
        default=None, metadata=table("restarts", Point, "How often it was started")
    )
    waking: Point | None = field(
        default=None,
        metadata=table("waking", Point, "How long the pilot remains cut, s; 0: it is not"),
    )
    fail_safe_time: Point | None = field(
        default=None,
        metadata=table("fail_safe_time", Point, "How long it waits for its master, s; 0: for ever"),
    )
    fail_safe_current: Point | None = field(
        default=None,
        metadata=table("fail_safe_current", Point, "What it allows without a master, A"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The registers that are read once: what it is."""

    vendor: Point | None = field(default=None, metadata=table("vendor", Point, "Its vendor"))
    model: Point | None = field(default=None, metadata=table("model", Point, "Its model"))
    serial: Point | None = field(default=None, metadata=table("serial", Point, "Serial number"))
    firmware: Point | None = field(default=None, metadata=table("firmware", Point, "Firmware"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """The registers that are written, by what they mean."""

    limit: CurrentTarget | None = field(
        default=None, metadata=table("limit", CurrentTarget, "The most that may be drawn per phase")
    )
    enable: SwitchTarget | None = field(
        default=None, metadata=table("enable", SwitchTarget, "Whether charging is allowed")
    )
    fail_safe_time: TimeTarget | None = field(
        default=None, metadata=table("fail_safe_time", TimeTarget, "How long to wait for a master")
    )
    fail_safe_current: CurrentTarget | None = field(
        default=None,
        metadata=table("fail_safe_current", CurrentTarget, "What is allowed without a master"),
    )
    wake_up: TimeTarget | None = field(
        default=None, metadata=table("wake_up", TimeTarget, "How long to cut the pilot")
    )
    phases: PhasesTarget | None = field(
        default=None, metadata=table("phases", PhasesTarget, "On how many phases to charge")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    """What numbers in the state registers mean; the first row that fits counts."""

    pilot: Pilot = field(metadata=setting("State of the control pilot (IEC 61851-1)"))
    state: int | None = field(
        default=None,
        metadata=setting("What `read.state` reads; unsaid: anything", at_least=0),
    )
    plug: int | None = field(
        default=None,
        metadata=setting("What `read.plug` reads; unsaid: anything", at_least=0),
    )
    error: ErrorCode = field(default=ErrorCode.NO_ERROR, metadata=setting("Error to report"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What has to be written before a wallbox can be controlled."""

    address: int = field(metadata=setting("Holding register", at_least=0, at_most=HIGHEST_ADDRESS))
    value: int = field(metadata=setting("What is written", at_least=0, at_most=MOST_WORD))


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A whole definition file."""

    name: str = field(metadata=setting("Short name: lower case, digits and dashes", at_most=40))
    title: str = field(metadata=setting("Which wallboxes it is for", at_most=200))
    source: str = field(metadata=setting("By which documents, with their versions", at_most=1000))
    notes: str = field(
        default="", metadata=setting("What was checked where, and what was not", at_most=4000)
    )
    vendor: str = field(default="", metadata=setting("Vendor that backends see", at_most=50))
    model: str = field(default="", metadata=setting("Model that backends see", at_most=50))
    port: int = field(default=MODBUS_PORT, metadata=setting("TCP port", at_least=1, at_most=65535))
    unit: int = field(default=1, metadata=setting("Unit id as shipped", at_least=0, at_most=255))
    word_order: WordOrder = field(
        default=WordOrder.HIGH_FIRST,
        metadata=setting("Which word of numbers of more than 16 bits is first"),
    )
    most_words: int = field(
        default=MOST_READ,
        metadata=setting(
            "The most it answers at once", unit="words", at_least=1, at_most=MOST_READ
        ),
    )
    reads_gaps: bool = field(
        default=False,
        metadata=setting("true: addresses between its registers can be read along with them"),
    )
    joins_writes: bool = field(
        default=False,
        metadata=setting("true: registers side by side may be written in one request"),
    )
    write_pause_s: float = field(
        default=0.0,
        metadata=setting("Shortest time between two writes", unit="s", at_least=0, at_most=60),
    )
    fed_by: FedBy = field(
        default=FedBy.ANY, metadata=setting("Which requests tell it that its master is there")
    )
    read: Reads = field(default=Reads(), metadata=table("read", Reads, "What is read"))
    identity: Identity = field(
        default=Identity(), metadata=table("identity", Identity, "What is read once")
    )
    write: Writes = field(default=Writes(), metadata=table("write", Writes, "What is written"))
    states: tuple[StateRow, ...] = field(
        default=(), metadata=tables("states", StateRow, "What the numbers of the state mean")
    )
    preparations: tuple[Preparation, ...] = field(
        default=(),
        metadata=tables(
            "preparations", Preparation, "What is written before the first limit, in this order"
        ),
    )
