"""The charging profiles inside a simulated wallbox, by OCPP 1.6 section 3.13 and on JSON alone.

Written apart from our own schedules, so that a mistake in those would show.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, Final

Json = Any

NOMINAL_V: Final = 230
MAX: Final = "ChargePointMaxProfile"
DEFAULT: Final = "TxDefaultProfile"
TX: Final = "TxProfile"


@dataclass(frozen=True, slots=True)
class Session:
    """The transaction that profiles are asked about, and its start by the wallbox's clock.

    `defaults` are the TxDefaultProfiles that were there when it began.
    """

    transaction_id: int
    since: datetime
    defaults: tuple["Installed", ...] = ()


@dataclass(frozen=True, slots=True)
class Installed:
    """One profile in the wallbox; `at` is when it came, by the wallbox's clock."""

    connector: int
    profile: Json
    at: datetime

    @property
    def place(self) -> tuple[int, str, int]:
        """Of two in one place the later replaces the earlier (R93)."""
        return self.connector, self.purpose, self.profile["stackLevel"]

    @property
    def purpose(self) -> str:
        purpose: str = self.profile["chargingProfilePurpose"]
        return purpose

    def limits_a(self) -> Iterator[float]:
        """The limit of every period."""
        schedule = self.profile["chargingSchedule"]
        for period in schedule["chargingSchedulePeriod"]:
            yield _amperes(schedule, period)

    def limit_a(self, at: datetime, session: Session | None, *, endless: bool) -> float | None:
        """What it says at an instant; None where it says nothing.

        An `endless` wallbox knows the first period only, and never sees it end.
        """
        schedule = self.profile["chargingSchedule"]
        elapsed_s = self._elapsed_s(at, session)
        if elapsed_s is None or elapsed_s < 0:
            return None
        periods = schedule["chargingSchedulePeriod"]
        if endless:
            return _amperes(schedule, periods[0])
        if elapsed_s >= schedule.get("duration", inf):
            return None
        return _amperes(schedule, [p for p in periods if p["startPeriod"] <= elapsed_s][-1])

    def _elapsed_s(self, at: datetime, session: Session | None) -> float | None:
        if self.purpose == TX:
            wanted = self.profile.get("transactionId")
            if session is None or wanted not in (None, session.transaction_id):
                return None
        if self.profile["chargingProfileKind"] == "Relative":
            return None if session is None else (at - session.since).total_seconds()
        start = self.profile["chargingSchedule"].get("startSchedule")
        return (at - (datetime.fromisoformat(start) if start else self.at)).total_seconds()


def _amperes(schedule: Json, period: Json) -> float:
    limit: float = period["limit"]
    if schedule["chargingRateUnit"] == "A":
        return limit
    phases: int = period.get("numberPhases", 3)
    return limit / NOMINAL_V / phases


@dataclass(frozen=True, slots=True)
class InstalledProfiles:
    """All profiles of one wallbox; a value."""

    entries: tuple[Installed, ...] = field(default=())

    def set(self, connector: int, profile: Json, at: datetime) -> "InstalledProfiles":
        """Install a profile in place of its predecessor."""
        new = Installed(connector, profile, at)
        number = profile["chargingProfileId"]
        kept = (
            old
            for old in self.entries
            if old.place != new.place and old.profile["chargingProfileId"] != number
        )
        return InstalledProfiles((*kept, new))

    def cleared(self, request: Json) -> "InstalledProfiles":
        """Without what a ClearChargingProfile names: an id alone, else all it says (R98)."""

        def goes(each: Installed) -> bool:
            if "id" in request:
                return bool(each.profile["chargingProfileId"] == request["id"])
            level = each.profile["stackLevel"]
            matches: bool = (
                request.get("connectorId", each.connector) == each.connector
                and request.get("chargingProfilePurpose", each.purpose) == each.purpose
                and request.get("stackLevel", level) == level
            )
            return matches

        return InstalledProfiles(tuple(each for each in self.entries if not goes(each)))

    def without_transaction(self, connector: int) -> "InstalledProfiles":
        """A TxProfile ends with its transaction (R92)."""
        return self.cleared({"connectorId": connector, "chargingProfilePurpose": TX})

    def limit_a(
        self, connector: int, at: datetime, session: Session | None, *, endless: bool = False
    ) -> float | None:
        """A per phase that may flow now; None where no profile says anything."""

        def word(purpose: str, on: int) -> float | None:
            said = [
                (each.profile["stackLevel"], limit_a)
                for each in self.entries
                if each.connector == on and each.purpose == purpose
                if (limit_a := each.limit_a(at, session, endless=endless)) is not None
            ]
            return max(said)[1] if said else None

        layers = (word(TX, connector), word(DEFAULT, connector), word(DEFAULT, 0))
        spoken = next((limit_a for limit_a in layers if limit_a is not None), None)
        return min((a for a in (spoken, word(MAX, 0)) if a is not None), default=None)

    def ceiling_a(self, connector: int) -> float:
        """The most that any of them allows at any time; infinite where nothing limits."""

        def highest_a(purpose: str, *on: int) -> float:
            limits_a = [
                limit_a
                for each in self.entries
                if each.connector in on and each.purpose == purpose
                for limit_a in each.limits_a()
            ]
            return max(limits_a, default=inf)

        own_a = max(
            (a for a in (highest_a(TX, connector), highest_a(DEFAULT, 0, connector)) if a != inf),
            default=inf,
        )
        return min(own_a, highest_a(MAX, 0))
