"""What kind of wallbox it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wattgate.core.wallbox.car import Car


@dataclass(frozen=True, slots=True)
class Options:
    """The wallbox and the car that comes to it.

    `max_current_a` is what its hardware carries, A per phase and per connector; `speed` makes
    energy flow faster than the clock; `fixed_id_tag` is presented by itself whenever a car is
    plugged in, empty for none (P30); `configuration` replaces what a configuration key holds at
    first, also of keys that are read-only.
    """

    station_id: str
    connectors: int = 1
    max_current_a: float = 16.0
    phases: int = 3
    car: Car = field(default_factory=Car)
    speed: float = 1.0
    fixed_id_tag: str = ""
    vendor: str = "Wattgate"
    model: str = "Software wallbox"
    serial: str = ""
    firmware: str = ""
    boot_on_reconnect: bool = False
    echo_data: bool = False
    keeps_profiles: bool = True
    configuration: Mapping[str, str] = field(default_factory=dict)
