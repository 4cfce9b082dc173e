"""What the demo's wallboxes and backend report, in a few words each."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from wattgate.cli.states import STATES

_WALLBOX: Final[Mapping[str, str]] = {
    "connected": "connected to the manager",
    "disconnected": "lost the manager: {reason}",
    "not-connected": "does not reach the manager: {reason}",
    "authorized": "card {id_tag}: {status}",
    "limit": "may draw {allowed}",
    "problem": "{what}",
    "status": "now {state}",
    "stopped": "ends transaction {transaction_id} ({reason})",
}
_BACKEND: Final[Mapping[str, str]] = {
    "connected": "backend: {id} has logged in",
    "disconnected": "backend: {id} is gone",
    "refused-connection": "backend: {id} was not let in, {reason}",
    "transaction-started": "backend: bills {id_tag}, transaction {transaction_id}",
    "transaction-stopped": "backend: transaction {transaction_id} is over ({reason})",
    "anomaly": "backend: {id} is odd, {what}",
}


def wallbox_words(line: str) -> str | None:
    """Put a line of `wattgate wallbox --json` into words; None for what need not be shown."""
    return _words(line, _WALLBOX)


def backend_words(line: str) -> str | None:
    """Put a line of `wattgate backend --json` into words; None for what need not be shown."""
    return _words(line, _BACKEND)


def listening_url(line: str) -> str | None:
    """Where the backend listens, from the line that says so."""
    event = _event(line)
    return str(event["url"]) if event.get("event") == "listening" else None


def event_line(wall: datetime, words: str, *, name: str = "") -> str:
    """Write one line of what happened: the time of the place, who, what."""
    return f"{wall.astimezone():%H:%M:%S}  {name:<7} {words}"


def _words(line: str, table: Mapping[str, str]) -> str | None:
    event = _event(line)
    form = table.get(str(event.get("event")))
    if form is None:
        return None
    state = STATES.get(str(event.get("status")), "")
    return form.format_map({**event, "state": state, "allowed": _allowed(event.get("current_a"))})


def _allowed(current_a: object) -> str:
    some = isinstance(current_a, float) and current_a > 0
    return f"{current_a:.1f} A per phase" if some else "nothing"


def _event(line: str) -> Mapping[str, object]:
    """Read a JSON line; empty for any other text that a process may print."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
