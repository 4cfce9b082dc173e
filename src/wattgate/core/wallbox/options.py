"""What kind of wallbox it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.quirks import Quirk


@dataclass(frozen=True, slots=True)
class Options:
    """The wallbox and the car that comes to it.

    `max_current_a` is what its hardware carries, A per phase and per connector; `speed` makes
    energy flow faster than the clock; `fixed_id_tag` is presented by itself whenever a car is
    plugged in, empty for none (P30); `configuration` replaces what a configuration key holds at
    first, also of keys that are read-only.

    With `has_hardware` there is no simulated car: what the hardware senses comes in by
    `ChargePoint.sensed`, and what it is to signal goes out as `Offer`.

    `clock_offset_s` is how far its clock is ahead of the computer's, negative behind, whatever the
    central system says; None lets the central system set it.
    """

    station_id: str
    connectors: int = 1
    max_current_a: float = 16.0
    phases: int = 3
    car: Car = field(default_factory=Car)
    has_hardware: bool = False
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
