"""The states of a connector, in words for people."""

from collections.abc import Mapping
from typing import Final

STATES: Final[Mapping[str, str]] = {
    "Unknown": "unknown",
    "Available": "free",
    "Preparing": "plugged in",
    "Charging": "charging",
    "SuspendedEVSE": "paused by us",
    "SuspendedEV": "paused by car",
    "Finishing": "finished",
    "Reserved": "reserved",
    "Unavailable": "out of service",
    "Faulted": "broken",
}
"""The states of an OCPP 1.6 connector (§7.7)."""
