"""What backends' charging profiles allow in one second, straight from OCPP 1.6 and on JSON alone.

Written apart from our own schedules, and as slow as it is plain, so that a mistake in those would
show. All times are whole seconds since `EPOCH`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

Json = dict[str, Any]

EPOCH: Final = datetime(2026, 5, 15, 12, tzinfo=UTC)
"""A Friday; weekly schedules without a start begin on Mondays at midnight."""

_DAY_S: Final = 24 * 3600
_CYCLE_S: Final = {"Daily": _DAY_S, "Weekly": 7 * _DAY_S}
_MONDAY_S: Final = -4 * _DAY_S - 12 * 3600


@cache
def seconds(text: str | None) -> int | None:
    """A time stamp as s since EPOCH."""
    if text is None:
        return None
    return round((datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH).total_seconds())


@dataclass
class OracleBackend:
    """What one backend has set. `transaction` is its number of what runs since `since_s`."""

    transaction: int | None = None
    since_s: int | None = None
    installed: list[tuple[int, Json]] = field(default_factory=list)

    def takes(self, connector: int, profile: Json) -> bool:
        """Whether a wallbox would install it (R92, R97)."""
        purpose = profile["chargingProfilePurpose"]
        if purpose == "ChargePointMaxProfile":
            return connector == 0
        if purpose == "TxDefaultProfile":
            return True
        named = profile.get("transactionId")
        return connector == 1 and self.since_s is not None and named in (None, self.transaction)

    def set(self, connector: int, profile: Json) -> None:
        """Install it; one with its id, or in its place, goes (R93)."""

        def place(on: int, each: Json) -> tuple[int, str, int]:
            return on, each["chargingProfilePurpose"], each["stackLevel"]

        self.installed = [
            (on, old)
            for on, old in self.installed
            if old["chargingProfileId"] != profile["chargingProfileId"]
            and place(on, old) != place(connector, profile)
        ]
        self.installed.append((connector, profile))

    def allows_a(self, at_s: int, phases: int) -> float | None:
        """A per phase in that second; None: no limit."""
        said: dict[str, list[tuple[int, int, float]]] = {}
        for on, profile in self.installed:
            limit_a = self._says_a(profile, at_s, phases)
            if limit_a is not None:
                words = said.setdefault(profile["chargingProfilePurpose"], [])
                words.append((on, profile["stackLevel"], limit_a))
        # The connector's own TxDefaultProfiles come before those for all, whatever their level.
        highest = {purpose: max(words)[2] for purpose, words in said.items()}
        limits_a = [highest.get("ChargePointMaxProfile")]
        limits_a.append(highest.get("TxProfile", highest.get("TxDefaultProfile")))
        return min((limit_a for limit_a in limits_a if limit_a is not None), default=None)

    def _says_a(self, profile: Json, at_s: int, phases: int) -> float | None:
        from_s, to_s = seconds(profile.get("validFrom")), seconds(profile.get("validTo"))
        if (from_s is not None and at_s < from_s) or (to_s is not None and to_s <= at_s):
            return None
        schedule = profile["chargingSchedule"]
        elapsed_s = self._elapsed_s(profile, at_s)
        if elapsed_s < 0 or elapsed_s >= schedule.get("duration", elapsed_s + 1):
            return None
        for period in reversed(schedule["chargingSchedulePeriod"]):
            if period["startPeriod"] <= elapsed_s:
                limit: float = period["limit"]
                if schedule["chargingRateUnit"] == "W":
                    limit = limit / 230 / period.get("numberPhases", phases)
                return limit
        raise AssertionError("no period at 0")

    def _elapsed_s(self, profile: Json, at_s: int) -> int:
        kind = profile["chargingProfileKind"]
        start_s = seconds(profile["chargingSchedule"].get("startSchedule"))
        if start_s is None:
            start_s = seconds(profile.get("validFrom"))
        if kind == "Recurring":
            cycle_s = _CYCLE_S[profile["recurrencyKind"]]
            start_s = _MONDAY_S if start_s is None else start_s
            while start_s + cycle_s <= at_s:
                start_s += cycle_s
            return at_s - start_s
        if kind == "Absolute" and start_s is not None:
            return at_s - start_s
        return 0 if self.since_s is None else max(0, at_s - self.since_s)


def least_a(backends: list[OracleBackend], at_s: int, phases: int) -> float | None:
    """A per phase that all of them allow in that second; None: nobody sets a limit."""
    allowed = [backend.allows_a(at_s, phases) for backend in backends]
    return min((limit_a for limit_a in allowed if limit_a is not None), default=None)
