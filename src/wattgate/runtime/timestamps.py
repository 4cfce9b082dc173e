"""Date and time as OCPP writes them."""

from datetime import UTC, datetime


def ocpp_time(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z (OCPP 1.6 §3.14)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: str) -> datetime | None:
    """Read a time stamp of a wallbox; without a zone it is UTC; None where it makes no sense."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
