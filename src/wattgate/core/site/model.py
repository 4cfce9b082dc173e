"""A site as its owner describes it in the site file: one field per setting.

Every value here has passed the reader and the checks; units are in the names.
"""

from dataclasses import dataclass, field

from wattgate.core.modbus.places import Place, SerialPlace
from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.choices import (
    CertificateName,
    DeviceType,
    GatewayRole,
    GridMeterSource,
    LoadManagement,
    NameCheck,
    OfflinePolicy,
    OnDeactivation,
    PasswordForm,
    PhaseRotation,
    RateUnitChoice,
    StrategyChoice,
    TlsMode,
    TlsVersion,
    UnknownOffline,
)
from wattgate.core.site.devices import EvseSettings
from wattgate.core.site.file_relay import FileRelaySettings
from wattgate.core.site.house import OcppServerSettings, SiteSettings
from wattgate.core.site.settings import setting, table, tables
from wattgate.core.site.storage import StorageSettings
from wattgate.core.site.wallboxes import WallboxSettings

__all__ = [
    "CardSettings",
    "CertificateName",
    "DeviceType",
    "EvseSettings",
    "FileRelaySettings",
    "GatewayRole",
    "GatewaySettings",
    "GridMeterSource",
    "LoadManagement",
    "NameCheck",
    "OcppServerSettings",
    "OfflinePolicy",
    "OnDeactivation",
    "PasswordForm",
    "PhaseRotation",
    "RateUnitChoice",
    "Site",
    "SiteSettings",
    "StorageSettings",
    "StrategyChoice",
    "TlsMode",
    "TlsVersion",
    "UnknownOffline",
    "WallboxSettings",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSettings:
    """A card that may charge where no backend decides, or while the backend is away."""

    id_tag: str = field(metadata=setting("idTag of the card (OCPP 1.6)", at_most=20))
    name: str = field(default="", metadata=setting("Whose card it is", at_most=100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that a site file can say."""

    site: SiteSettings = field(
        default=SiteSettings(),
        metadata=table("site", SiteSettings, "The house connection and how it is shared"),
    )
    ocpp_server: OcppServerSettings = field(
        default=OcppServerSettings(),
        metadata=table("ocpp_server", OcppServerSettings, "Where wallboxes connect"),
    )
    storage: StorageSettings = field(
        default=StorageSettings(),
        metadata=table("storage", StorageSettings, "What is kept, and for how long"),
    )
    file_relay: FileRelaySettings = field(
        default=FileRelaySettings(),
        metadata=table(
            "file_relay",
            FileRelaySettings,
            "Firmware and diagnostics for wallboxes that reach nobody but this manager",
        ),
    )
    wallboxes: tuple[WallboxSettings, ...] = field(
        default=(),
        metadata=tables(
            "wallbox",
            WallboxSettings,
            "Optional: what belongs to a wallbox, not to one of its connectors",
            named_by="id",
        ),
    )
    evses: tuple[EvseSettings, ...] = field(
        default=(),
        metadata=tables("evse", EvseSettings, "One per connector", named_by="id"),
    )
    cards: tuple[CardSettings, ...] = field(
        default=(),
        metadata=tables(
            "card",
            CardSettings,
            "Cards used where no backend decides, or while it is away",
            named_by="id_tag",
        ),
    )

    def wallbox(self, station_id: str) -> WallboxSettings:
        """What the site says about a wallbox; the defaults when it is not listed."""
        listed = (each for each in self.wallboxes if each.id == station_id)
        return next(listed, None) or WallboxSettings(id=station_id)

    def served_evses(self) -> tuple[EvseSettings, ...]:
        """Every EVSE but the deactivated ones whose connector another one has taken over.

        Renaming an EVSE in the file leaves its old id behind, deactivated, at the same connector.
        Nor is one served whose serial line speaks otherwise by now: two speeds break a line.
        """
        taken = {each.point for each in self.evses if each.enabled}
        lines = self._serial_lines()
        served: list[EvseSettings] = []
        for each in self.evses:
            is_free = each.point not in taken and _fits(each.place, lines)
            if each.enabled or is_free:
                served.append(each)
                taken.add(each.point)
        return tuple(served)

    def other_on_the_line(self, evse: EvseSettings) -> EvseSettings | None:
        """The first EVSE in service on the same serial line that is to speak it otherwise."""
        place = evse.place
        if not isinstance(place, SerialPlace):
            return None
        first = self._serial_lines().get(place.device)
        return first if first is not None and first.place != place else None

    def _serial_lines(self) -> dict[str, EvseSettings]:
        """The first EVSE in service of each serial device."""
        lines: dict[str, EvseSettings] = {}
        for each in self.evses:
            if each.enabled and isinstance(each.place, SerialPlace):
                lines.setdefault(each.place.device, each)
        return lines

    def station_ids(self) -> tuple[str, ...]:
        """ChargeBox IDs of all OCPP wallboxes with an EVSE, enabled or not; each once."""
        ocpp = (each for each in self.evses if each.device_type is DeviceType.OCPP16)
        return tuple(dict.fromkeys(each.address for each in ocpp))

    def modbus_evses(self) -> tuple[EvseSettings, ...]:
        """Every served EVSE that is reached over Modbus, enabled or not, in the file's order."""
        return tuple(each for each in self.served_evses() if each.is_on_modbus)

    def evses_of(self, station_id: str) -> tuple[EvseSettings, ...]:
        """Return the served EVSEs of one OCPP wallbox, enabled or not, in the file's order."""
        return tuple(
            each
            for each in self.served_evses()
            if each.address == station_id and each.device_type is DeviceType.OCPP16
        )


def _fits(place: Place | None, lines: dict[str, EvseSettings]) -> bool:
    if not isinstance(place, SerialPlace) or place.device not in lines:
        return True
    return lines[place.device].place == place
