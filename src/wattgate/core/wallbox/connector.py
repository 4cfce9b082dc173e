"""One connector: plug, meter, transaction, and what it offers to the car."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from wattgate.core.ocpp.profiles import Profile, Running
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.meter import Reading, SampledValue
from wattgate.core.wallbox.options import Permission
from wattgate.core.wallbox.sensed import ASKING, BROKEN, NO_ERROR, Pilot, Sensed
from wattgate.core.wallbox.status import Facts, status_of

_SECONDS_PER_HOUR: Final = 3600.0
_NO_ID: Final = -1
"""Stands in a transaction that the central system has not yet answered; no profile names it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Somebody has ended the transaction; its last reading is waited for up to `until`.

    `reason` is spelled as in OCPP 1.6 §7.36; `id_tag` is the card that did it; `until` is in s,
    monotonic.
    """

    reason: str
    id_tag: str | None
    until: float


@dataclass(slots=True)
class Transaction:
    """A running transaction.

    `number` is the wallbox's own; `transaction_id` the central system's, None until it is known.
    `sampled_at` is the monotonic time of the last sample, in s; `begin` the reading at its start.
    An `is_refused` one goes on without energy (StopTransactionOnInvalidId is off), as one does that
    has an `ending`. `defaults` are
    the TxDefaultProfiles at its start.
    """

    number: int
    id_tag: str
    started_at: datetime
    begin: Reading
    sampled_at: float
    begin_data: list[SampledValue] = field(default_factory=list)
    transaction_id: int | None = None
    is_refused: bool = False
    defaults: ProfileStack = field(default_factory=ProfileStack)
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A card was accepted; up to `until` (monotonic s, None for ever) a car may be plugged in.

    `profile` becomes the TxProfile of the transaction (R75).
    """

    id_tag: str
    until: float | None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """ReserveNow for a card, up to a time of the wallbox's clock."""

    reservation_id: int
    id_tag: str
    until: datetime


@dataclass(slots=True)
class Connector:
    """One connector and the car that belongs to it.

    The car is simulated, unless the hardware says what it senses: then `sensed` counts.

    `limit_a` is what profiles and hardware allow now, A per phase, 0 or at least 6; `register_wh`
    never falls; `told` is the status last shown to people, `reported` the one last sent.
    Up to `presented_until` (monotonic s) a card that was held to the reader stands for the car
    that comes, whatever was thought of it. `is_fixed_meant` says that the fixed card stands for the
    car that is here, and has started nothing yet, `is_fixed_due` that it is to be presented as soon
    as that may start something. `raised_at` counts the profiles taken when a pause
    should have ended and did not, None where that is not so. `cap_a` is what another master allows
    beside the profiles (A per phase; a Modbus master, load management), None where there is none;
    `signalled_a` what the hardware was told last to offer. `broken_off` is a transaction whose end
    is still to be said: the power was lost at `power_lost_at`, and what the meter had counted by
    then is not known yet.
    """

    number: int
    phases: int
    car: Car
    limit_a: float
    updated_at: float
    permission: Permission = Permission.TRANSACTION
    is_plugged: bool = False
    is_operative: bool = True
    is_done: bool = False
    error_code: str = NO_ERROR
    claim: Claim | None = None
    presented_until: float = 0.0
    is_fixed_meant: bool = False
    is_fixed_due: bool = False
    reservation: Reservation | None = None
    transaction: Transaction | None = None
    broken_off: Transaction | None = None
    power_lost_at: datetime | None = None
    register_wh: float = 0.0
    raised_at: int | None = None
    cap_a: float | None = None
    sensed: Sensed | None = None
    signalled_a: float | None = None
    told: ConnectorStatus = ConnectorStatus.UNKNOWN
    reported: ConnectorStatus = ConnectorStatus.UNKNOWN

    @property
    def has_fault(self) -> bool:
        """Whether an error keeps it from charging."""
        return self.error_code != NO_ERROR

    @property
    def offered_a(self) -> float:
        """What it signals to the car, A per phase; 0 while nobody permits to charge."""
        return self.limit_a if self.is_permitted and not self.has_fault else 0.0

    @property
    def is_permitted(self) -> bool:
        """Whether the car may charge, whatever the limits say."""
        if self.permission is Permission.PLUG:
            return self.is_plugged and self.is_operative
        running = self.transaction
        return running is not None and not running.is_refused and running.ending is None

    @property
    def is_in_session(self) -> bool:
        """Whether a car charges, or would if it was offered current and wanted some."""
        return self.is_permitted or self.transaction is not None

    @property
    def drawn_a(self) -> float:
        """What flows, A on the phase that carries most."""
        if self.sensed is not None:
            return max(self.sensed.currents_a)
        return self.car.current_a(self.offered_a) if self.is_plugged else 0.0

    @property
    def power_w(self) -> float:
        """What flows, on all phases."""
        if self.sensed is not None:
            return self.sensed.power_w
        return self.car.power_w(self.drawn_a, self.phases)

    @property
    def is_flowing(self) -> bool:
        """Whether energy flows, or may flow while the hardware cannot be seen."""
        is_seen = self.sensed is not None and self.sensed.pilot not in BROKEN
        return not is_seen or self.drawn_a > 0 or self.power_w > 0

    @property
    def pilot(self) -> Pilot:
        """State of the control pilot, as sensed or as the simulated car makes it."""
        if self.sensed is not None:
            return self.sensed.pilot
        if not self.is_plugged:
            return Pilot.A
        return Pilot.C if self.drawn_a > 0 else Pilot.B

    @property
    def status(self) -> ConnectorStatus:
        """Its state now (OCPP 1.6 §4.9)."""
        return status_of(
            Facts(
                has_fault=self.has_fault,
                is_in_session=self.is_in_session,
                is_fed=self._is_fed,
                is_allowed=self.offered_a >= MIN_CHARGE_A,
                is_operative=self.is_operative,
                is_done=self.is_done,
                is_plugged=self.is_plugged,
                is_claimed=self.claim is not None,
                is_reserved=self.reservation is not None,
            )
        )

    @property
    def _is_fed(self) -> bool:
        """A car that asks for what it is offered charges, also while it is still slow to (R108)."""
        if self.sensed is None:
            return self.drawn_a > 0
        is_asking = self.sensed.pilot in ASKING
        return self.drawn_a > 0 or (is_asking and self.offered_a >= MIN_CHARGE_A)

    @property
    def can_start(self) -> bool:
        """Whether a transaction may begin here."""
        return self.transaction is None and self.is_operative and not self.has_fault

    @property
    def running(self) -> Running | None:
        """The transaction as charging profiles see it."""
        if self.transaction is None:
            return None
        transaction_id = self.transaction.transaction_id
        return Running(
            _NO_ID if transaction_id is None else transaction_id, self.transaction.started_at
        )

    def reading(self) -> Reading:
        """What the meter shows now."""
        return Reading(self.register_wh, self._currents_a(), self.power_w, self.offered_a)

    def _currents_a(self) -> tuple[float, ...]:
        if self.sensed is not None:
            return self.sensed.currents_a[: self.phases]
        used = min(self.phases, self.car.phases)
        return tuple(self.drawn_a if phase < used else 0.0 for phase in range(self.phases))

    def advance(self, now: float, speed: float) -> None:
        """Let the energy flow that has flowed since the last time, `speed` times as fast."""
        elapsed_s = max(0.0, now - self.updated_at)
        self.updated_at = now
        if self.sensed is not None:
            return  # its meter counts
        before_wh = self.car.charged_wh
        self.car = self.car.charged(self.power_w * speed * elapsed_s / _SECONDS_PER_HOUR)
        self.register_wh += self.car.charged_wh - before_wh

    def seconds_until_change(self, speed: float) -> float | None:
        """When the car will want another current; None while nothing flows, or nobody can tell."""
        if self.sensed is not None:
            return None
        power_w = self.power_w * speed
        return self.car.wh_until_change() / power_w * _SECONDS_PER_HOUR if power_w > 0 else None
