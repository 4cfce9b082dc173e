"""The charge points that the test backend has met, and whether they may speak."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from wattgate.core.backend.memory import StationMemory
from wattgate.core.backend.orders import Registration

TRIGGERABLE: Final = frozenset(
    {
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "SignCertificate",
        "StatusNotification",
    }
)
"""What a Pending charge point may send when it is asked to (R41; OCPP 1.6 §7.34, SEC §4.3)."""

_STRANGER: Final = StationMemory()


class Stations:
    """Registration and connectors of each charge point; `changes` counts what is to be kept."""

    def __init__(self, known: Mapping[str, StationMemory], *, require_boot: bool) -> None:
        self._known = dict(known)
        self._require_boot = require_boot
        self._booted: set[str] = set()
        self.changes = 0

    @property
    def known(self) -> dict[str, StationMemory]:
        """Every charge point that was ever here, by its id."""
        return dict(self._known)

    def connected(self, station_id: str) -> None:
        """A charge point has opened a new connection."""
        self._booted.discard(station_id)
        self._remember(station_id, self._known.get(station_id, _STRANGER))

    def booted(self, station_id: str, registration: Registration, boot_text: str) -> None:
        """A BootNotification was answered with this status."""
        self._booted.add(station_id)
        known = self._known.get(station_id, _STRANGER)
        self._remember(station_id, replace(known, registration=registration, boot_text=boot_text))

    def reported(self, station_id: str, connector: int, status: str) -> None:
        """A StatusNotification came."""
        known = self._known.get(station_id, _STRANGER)
        connectors = {**known.connectors, str(connector): status}
        self._remember(station_id, replace(known, connectors=connectors))

    def may_send(self, station_id: str, action: str) -> bool:
        """Whether registration allows this call (R41).

        A charge point that has not booted on this connection is welcome unless `require_boot`.
        """
        if action == "BootNotification":
            return True
        if self._require_boot and station_id not in self._booted:
            return False
        registration = self._known.get(station_id, _STRANGER).registration
        return registration != "Rejected" and (registration != "Pending" or action in TRIGGERABLE)

    def _remember(self, station_id: str, fresh: StationMemory) -> None:
        if self._known.get(station_id) != fresh:
            self._known[station_id] = fresh
            self.changes += 1
