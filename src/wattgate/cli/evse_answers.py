"""What the API says of an EVSE, as far as `wattgate evse` shows it; currents in A per phase."""

from datetime import datetime

import msgspec

from wattgate.core.charging.proof_steps import Step


class Drawn(msgspec.Struct, frozen=True):
    """On each of the wallbox's own phases; None: not measured."""

    l1: float | None = None
    l2: float | None = None
    l3: float | None = None


class Boot(msgspec.Struct, frozen=True):
    """What the wallbox said of itself."""

    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None


class Limits(msgspec.Struct, frozen=True):
    """What bounds its current."""

    min_current_a: float
    max_current_a: float
    doubtful: bool
    profile_writes: int
    counted_a: float
    fallback_current_a: float


class Obedience(msgspec.Struct, frozen=True):
    """Whether it follows."""

    words: str
    exhausted: bool


class Removed(msgspec.Struct, frozen=True):
    """How removing our limits ended."""

    outcome: str
    confirmed_by: str


class ProofState(msgspec.Struct, frozen=True):
    """A proof under way, or its end."""

    step: Step
    says: str
    done: bool
    expiry: str
    persistence: str
    reason: str


class Safety(msgspec.Struct, frozen=True):
    """How it takes its limits."""

    obedience: Obedience
    method: str
    standing_confirmed_by: str
    expiry: str
    persistence: str
    proved_with: str
    is_harmless_when_silent: bool
    refuses: bool
    released: bool
    cleared: Removed | None
    proof: ProofState | None
    known: tuple[str, ...]


class Security(msgspec.Struct, frozen=True):
    """What the connection to a backend proves of it."""

    state: str
    words: str


class Backend(msgspec.Struct, frozen=True):
    """Its login at one backend."""

    role: str
    commands: tuple[str, ...]
    retiring: bool
    client_id: str
    url: str
    phase: str
    reason: str
    since: datetime
    queue_depth: int
    given_up: int
    security: Security | None


class ModbusTrouble(msgspec.Struct, frozen=True):
    """What is wrong on the line."""

    reason: str
    since: datetime


class ModbusFailSafe(msgspec.Struct, frozen=True):
    """What it does without the manager."""

    after_s: float
    current_a: float | None


class Modbus(msgspec.Struct, frozen=True):
    """Its Modbus side."""

    address: str
    unit: int
    definition: str
    answers: bool
    trouble: ModbusTrouble | None
    polls: int
    failures: int
    limit_a: float | None
    is_enabled: bool | None
    phases: int | None
    raised_by_others: int
    fail_safe: ModbusFailSafe | None


class Evse(msgspec.Struct, frozen=True):
    """One EVSE."""

    id: str
    name: str
    wallbox: str
    connector: int
    enabled: bool
    connected: bool
    status: str
    boot: Boot | None
    clock_offset_s: float | None
    offered_a: float
    target_a: float
    drawn_a: Drawn
    limits: Limits
    safety: Safety
    warnings: tuple[str, ...]
    backends: tuple[Backend, ...] = ()
    modbus: Modbus | None = None


class Done(msgspec.Struct, frozen=True):
    """What became of an operation; some have no outcome, they just hold."""

    says: str
    outcome: str = "accepted"
    confirmed_by: str = ""

    @property
    def has_worked(self) -> bool:
        """Whether the wallbox did it, as far as can be known."""
        return self.outcome == "accepted" and self.confirmed_by != "contradicted"
