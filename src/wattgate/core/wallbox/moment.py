"""An instant as the software wallbox is told it."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on two clocks.

    `now` is monotonic, in s; `wall` is the computer's date and time, aware of its zone. The
    wallbox's own clock may differ from `wall`: it follows the central system.
    """

    now: float
    wall: datetime


def stamp(at: datetime) -> str:
    """Write a time as OCPP does (ISO 8601 in UTC), to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
