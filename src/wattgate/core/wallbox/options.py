"""What kind of wallbox it is."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import Enum, auto

from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.features import ALL_FEATURES, Feature
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.signing import Signing


class Permission(Enum):
    """Who lets a car charge."""

    TRANSACTION = auto()
    """A card that was accepted: there is no energy without a transaction (P29)."""
    PLUG = auto()
    """Whoever plugs in: cards are read, and begin nothing. Another master decides, if any."""


@dataclass(frozen=True, slots=True)
class Options:
    """The wallbox and the car that comes to it.

    `max_current_a` is what its hardware carries, A per phase and per connector; `speed` makes
    energy flow faster than the clock; `fixed_id_tag` is presented by itself whenever a car is
    plugged in, empty for none (P30); `configuration` replaces what a configuration key holds at
    first, also of keys that are read-only.

    With `has_hardware` there is no simulated car: what the hardware senses comes in by
    `ChargePoint.sensed`, and what it is to signal goes out as `Offer`. Where the `meter_lags`, what
    it senses is some s old, and a transaction ends when nothing flows any more.

    `clock_offset_s` is how far its clock is ahead of the computer's, negative behind, whatever the
    central system says; None lets the central system set it.

    `first_connector` is the number of its first connector towards the central system (P28).
    `features` are the feature profiles that it has, `has_lock` tells whether it can release a plug.
    With `keeps` it says by `Keep` what has to outlive a restart. When it starts again a transaction
    that was kept goes on where it `resumes`, since only this program was away; else the power was
    lost, and with it the transaction (OCPP 1.6 §7.36). With `signing` its meter signs what it reads
    when a transaction begins and ends.
    """

    station_id: str
    connectors: int = 1
    max_current_a: float = 16.0
    phases: int = 3
    car: Car = field(default_factory=Car)
    has_hardware: bool = False
    meter_lags: bool = False
    permission: Permission = Permission.TRANSACTION
    first_connector: int = 1
    features: Set[Feature] = ALL_FEATURES
    has_lock: bool = True
    keeps: bool = False
    resumes: bool = False
    signing: Signing | None = None
    speed: float = 1.0
    fixed_id_tag: str = ""
    vendor: str = "Wattgate"
    model: str = "Software wallbox"
    serial: str = ""
    firmware: str = ""
    boot_on_reconnect: bool = False
    echo_data: bool = False
    quirks: frozenset[Quirk] = frozenset()
    clock_offset_s: float | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
