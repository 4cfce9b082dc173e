"""Settings of the EVSEs."""

from dataclasses import dataclass, field
from typing import Final

from wattgate.core.modbus.places import (
    POWER_BRAIN_PORT,
    Place,
    SerialPlace,
    WrongPlace,
    read_place,
)
from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.choices import (
    DeviceType,
    GatewayRole,
    PhaseRotation,
)
from wattgate.core.site.settings import setting, tables
from wattgate.core.units import MIN_CHARGE_A

_SAID_BY_DEFINITION: Final = 0
"""Stands for the TCP port that only a definition knows."""

MODBUS_STATION: Final = "modbus/"
"""Begins the names of wallboxes without OCPP; no ChargeBox ID may begin so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseSettings:
    """One charging point: a connector of a wallbox (P5)."""

    id: str = field(metadata=setting("Stable key of this EVSE", at_most=100))
    name: str = field(default="", metadata=setting("As people see it; empty: its id", at_most=100))
    device_type: DeviceType = field(
        default=DeviceType.OCPP16,
        metadata=setting("How the manager talks to it"),
    )
    address: str = field(
        metadata=setting(
            "ChargeBox ID (or host:port, or a serial line, of other device types)", at_most=255
        )
    )
    connector: int = field(
        default=1,
        metadata=setting("OCPP connector (or Modbus unit id)", at_least=1, at_most=65535),
    )
    definition: str = field(
        default="",
        metadata=setting(
            "For `device_type` `modbus`: which registers it has; the name of a definition that "
            "comes with Wattgate (`wattgate modbus definitions`), or the path of a definition file",
            at_most=1000,
        ),
    )
    fail_safe_s: int = field(
        default=180,
        metadata=setting(
            "For wallboxes on Modbus: after how long without the manager the wallbox falls to "
            "`fallback_current_a` by itself, where it can",
            unit="s",
            at_least=30,
            at_most=3600,
        ),
    )
    min_current_a: float = field(
        default=MIN_CHARGE_A,
        metadata=setting(
            "Smallest current that charges; below it is a pause",
            unit="A per phase",
            at_least=MIN_CHARGE_A,
            at_most=1_000,
        ),
    )
    max_current_a: float = field(
        default=16.0,
        metadata=setting(
            "Largest current it may offer",
            unit="A per phase",
            at_least=MIN_CHARGE_A,
            at_most=1_000,
        ),
    )
    fallback_current_a: float = field(
        default=0.0,
        metadata=setting(
            "What it may draw without a manager: 0, or what charges",
            unit="A per phase",
            at_least=0,
            at_most=1_000,
        ),
    )
    phases: int = field(
        default=3,
        metadata=setting("How many phases it is connected to", at_least=1, at_most=3),
    )
    phase_rotation: PhaseRotation = field(
        default=PhaseRotation.UNKNOWN,
        metadata=setting(
            "Which phases of the site its L1, L2, L3 are; `unknown` counts its current on all"
        ),
    )
    priority: int = field(
        default=1,
        metadata=setting("Higher is served first", at_least=0, at_most=1_000),
    )
    fixed_rfid: str = field(
        default="",
        metadata=setting("Card used where none was presented; empty: none", at_most=20),
    )
    fixed_rfid_start: bool = field(
        default=True,
        metadata=setting(
            "With `fixed_rfid`: charging is started with it when a car is plugged in and no card "
            "is presented; false: only `free_tag` is replaced"
        ),
    )
    meter_public_key: str = field(
        default="",
        metadata=setting(
            "Public key of its meter, by which signed meter values (OCMF) are verified: "
            "hexadecimal, base64 or PEM; empty: the one that the wallbox announces",
            at_most=2500,
        ),
    )
    enabled: bool = field(
        default=True,
        metadata=setting("false: it may do only what `on_deactivation` says"),
    )
    last_resort_stop: bool = field(
        default=True,
        metadata=setting(
            "When it keeps drawing on an overloaded circuit and nothing else helped, its charging "
            "is ended by RemoteStop; false: never"
        ),
    )
    gateways: tuple[GatewaySettings, ...] = field(
        default=(),
        metadata=tables(
            "gateway",
            GatewaySettings,
            "Its backends: none, one, or several with one `primary` at most",
            known_by=("url", "client_id"),
        ),
    )

    @property
    def point(self) -> tuple[bool, str, int]:
        """The connector in the real world that this EVSE stands for, however it is spelled."""
        return (self.is_on_modbus, self._where, self.connector)

    @property
    def place(self) -> Place | None:
        """Where it is on Modbus; None for OCPP, and for an address that cannot be read."""
        if not self.is_on_modbus:
            return None
        is_brain = self.device_type is DeviceType.POWER_BRAIN
        try:
            return read_place(self.address, POWER_BRAIN_PORT if is_brain else _SAID_BY_DEFINITION)
        except WrongPlace:
            return None

    @property
    def _where(self) -> str:
        place = self.place
        if isinstance(place, SerialPlace):
            return place.device
        return self.address if place is None else str(place).casefold()

    @property
    def is_on_modbus(self) -> bool:
        """Whether it is reached over Modbus, and has no OCPP."""
        return self.device_type is not DeviceType.OCPP16

    @property
    def ocpp_connector(self) -> int:
        """The number of its connector in OCPP; one on Modbus has only what stands for it."""
        return 1 if self.is_on_modbus else self.connector

    @property
    def station_id(self) -> str:
        """The wallbox it belongs to: a ChargeBox ID, or a name of its own for one on Modbus."""
        return f"{MODBUS_STATION}{self.id}" if self.is_on_modbus else self.address

    @property
    def primary(self) -> GatewaySettings | None:
        """The backend that authorises and bills; None where nobody does."""
        primaries = (each for each in self.gateways if each.role is GatewayRole.PRIMARY)
        return next(primaries, None)

    @property
    def own_identity(self) -> str:
        """Who a backend sees where no client id was given."""
        return self.id if self.is_on_modbus else self.address
