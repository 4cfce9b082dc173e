"""What happens in the demo's garage, over and over again."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scene:
    """At `at_s` (s from the story's start) somebody does something at a wallbox.

    `lines` are what is typed at the software wallbox, `words` what a bystander sees.
    """

    at_s: float
    station_id: str
    words: str
    lines: tuple[str, ...]


STORY: Final = (
    Scene(1, "CP1", "Anna plugs in and shows her card", ("plug", "rfid ANNA")),
    Scene(3, "CP2", "Ben plugs in and shows his card", ("plug", "rfid BEN")),
    Scene(5, "CP3", "Carla plugs in and shows her card", ("plug", "rfid CARLA")),
    Scene(25, "CP2", "Ben's car wants no more than 8 A", ("car-max 8",)),
    Scene(45, "CP2", "Ben's car wants 16 A again", ("car-max 16",)),
    Scene(55, "CP1", "Anna shows her card again and leaves", ("rfid ANNA", "unplug")),
    Scene(70, "CP1", "Anna is back", ("plug", "rfid ANNA")),
    Scene(90, "CP3", "Carla presses stop and leaves", ("stop", "unplug")),
    Scene(100, "CP2", "Ben pulls the plug", ("unplug",)),
    Scene(108, "CP1", "Anna pulls the plug", ("unplug",)),
)
"""In the order of time; at the end every place is free."""

STORY_S: Final = 115.0
"""s after which the story begins anew."""
