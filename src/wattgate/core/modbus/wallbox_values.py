"""What a wallbox on Modbus says in one poll, and what it can be told; no registers in it."""

from dataclasses import dataclass

from wattgate.core.units import PhaseTriple
from wattgate.core.wallbox.sensed import NO_ERROR, Pilot


@dataclass(frozen=True, slots=True, kw_only=True)
class WallboxValues:
    """One look at a wallbox; None for what it does not have.

    `energy_wh` is its counter as it reads, which may begin anew or read 0 after a start (R109).
    `limit_a` (A per phase) and `is_enabled` are what it was told last, by whomever; `signalled_a`
    is what it tells the car now. `card` is the last card at its reader, empty for none;
    `card_count` counts those that were shown, `restarts` its starts. While `waking_s` is more than
    0 the pilot is cut on purpose, and `pilot` is that of before. `phases` are those that are
    selected; `lacks_phase_relay` tells that no others can be, `switches_plugged` that they can be
    while a car is plugged in. `fail_safe_s` (0: never) and
    `fail_safe_a` say what it does without a master.
    """

    pilot: Pilot
    error_code: str = NO_ERROR
    energy_wh: float | None = None
    power_w: float | None = None
    currents_a: PhaseTriple | None = None
    limit_a: float | None = None
    is_enabled: bool | None = None
    signalled_a: float | None = None
    phases: int | None = None
    lacks_phase_relay: bool | None = None
    switches_plugged: bool | None = None
    card: str = ""
    card_count: int | None = None
    restarts: int | None = None
    waking_s: float | None = None
    fail_safe_s: float | None = None
    fail_safe_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WallboxModel:
    """What a wallbox says of its make; empty for what it does not tell."""

    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class SetLimit:
    """Let it draw at most `current_a` A per phase: 0, or at least 6."""

    current_a: float


@dataclass(frozen=True, slots=True)
class SetFailSafe:
    """After `after_s` s without a master it may draw `current_a` A per phase; 0 s: never."""

    after_s: int
    current_a: float


@dataclass(frozen=True, slots=True)
class CutPilot:
    """Wake a sleeping car: interrupt the control pilot for so many s."""

    duration_s: int


@dataclass(frozen=True, slots=True)
class SelectPhases:
    """Charge on so many phases, 1 or 3."""

    phases: int


Command = SetLimit | SetFailSafe | CutPilot | SelectPhases
