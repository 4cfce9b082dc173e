"""The demo's site: a garage with three wallboxes, each billed by the same backend."""

from dataclasses import dataclass, field
from typing import Final

TITLE: Final = "Demo garage"


@dataclass(frozen=True, slots=True)
class DemoWallbox:
    """A wallbox of the garage.

    `phases` are what wallbox and car use; `rotation` says which phases of the site they are.
    """

    station_id: str
    name: str
    phases: int
    rotation: str
    password: str = field(repr=False)
    backend_password: str = field(repr=False)

    def options(self, ocpp_url: str) -> tuple[str, ...]:
        """How `wattgate wallbox` is started: a battery that lasts, energy that is seen to move."""
        options = {
            "--id": self.station_id,
            "--backend": ocpp_url,
            "--phases": self.phases,
            "--car-phases": self.phases,
            "--battery-kwh": 10_000,
            "--soc": 0,
            "--meter-interval": 1,
            "--speed": 20,
        }
        pairs = ((option, str(value)) for option, value in options.items())
        return ("wallbox", "--json", *(word for pair in pairs for word in pair))


_PLACES: Final = (
    ("CP1", "Left", 3, "RST"),
    ("CP2", "Middle", 3, "RST"),
    ("CP3", "Right", 1, "STR"),
)


def wallboxes(passwords: tuple[str, ...]) -> tuple[DemoWallbox, ...]:
    """Name the garage's wallboxes; two passwords each, for the manager and for the backend."""
    pairs = zip(passwords[::2], passwords[1::2], strict=True)
    return tuple(DemoWallbox(*place, *pair) for place, pair in zip(_PLACES, pairs, strict=True))


PASSWORDS: Final = 2 * len(_PLACES)
"""How many passwords `wallboxes` takes."""


def site_text(boxes: tuple[DemoWallbox, ...], backend_url: str) -> str:
    """Write the site file. 40 A for the house, of which 30 A per phase are left for cars."""
    head = f"""\
[site]
title = "{TITLE}"
max_current_a = 40
house_load_a = 8
reserve_a = 2

[ocpp_server]
host = "127.0.0.1"
"""
    return head + "".join(_tables(box, backend_url) for box in boxes)


def _tables(box: DemoWallbox, backend_url: str) -> str:
    return f"""
[[wallbox]]
id = "{box.station_id}"
password = "{box.password}"
security_profile = 1

[[evse]]
id = "{box.name.lower()}"
name = "{box.name}"
address = "{box.station_id}"
max_current_a = 16
phases = {box.phases}
phase_rotation = "{box.rotation}"

[[evse.gateway]]
url = "{backend_url}"
password = "{box.backend_password}"
"""
