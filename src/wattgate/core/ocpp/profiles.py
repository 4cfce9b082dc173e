"""Charging profiles of OCPP 1.6 as values (OCPP 1.6 §7.8-§7.14)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RateUnit(StrEnum):
    """What a limit counts: A per phase, or W of all phases together (R95)."""

    A = "A"
    W = "W"


class Purpose(StrEnum):
    """What a profile limits (R92)."""

    CHARGE_POINT_MAX = "ChargePointMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"


class Kind(StrEnum):
    """From when a schedule counts: a point in time, a cycle, the start of charging (R94)."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class Recurrency(StrEnum):
    """How often a Recurring schedule starts anew."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start_s` s after the schedule's start, `limit` in the schedule's unit holds.

    `phases` is numberPhases, 1 to 3; None where it was not said.
    """

    start_s: int
    limit: float
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods in ascending order, the first at 0 s; the last holds on (R94).

    `duration_s` cuts the periods off, None never; `min_rate` is minChargingRate, a hint that
    nothing here obeys.
    """

    unit: RateUnit
    periods: tuple[Period, ...]
    start_at: datetime | None = None
    duration_s: int | None = None
    min_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A charging profile; all its times are aware of their zone.

    `recurrency` is given for a Recurring profile and None for others; `valid_to` is the first
    instant at which it no longer holds; `transaction_id` None in a TxProfile means whichever
    transaction runs.
    """

    profile_id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    schedule: Schedule
    recurrency: Recurrency | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The transaction that runs on a connector, and when it started.

    `transaction_id` is None while the central system has not given it one; no TxProfile that
    names a transaction counts for it then.
    """

    transaction_id: int | None
    started_at: datetime
