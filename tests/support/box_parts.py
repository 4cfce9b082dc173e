"""What a simulated wallbox is made of: its manners, its connectors, what it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tests.support.installed_profiles import InstalledProfiles, Json, Session

ALL: Final = (0, 1, 2)


class Manners(Enum):
    """How a wallbox takes commands about current."""

    PROMPT = auto()
    SLOW = auto()
    """Obeys and answers after 5.9 s, just in time."""
    LATE = auto()
    """Obeys and answers after 8 s: nobody waits any more."""
    REFUSES = auto()
    DEAF = auto()
    """Takes and answers nothing."""
    SECRETIVE = auto()
    """Obeys and does not answer."""
    DUPLICATES = auto()
    """Obeys, and answers at once and again after 7 s."""
    LIES = auto()
    """Accepts everything, and lets flow what the car takes."""


CLOCK_STEP_S: Final = 60.0
"""s by which a clock may be off without putting schedules in doubt."""

DELAYS_S: Final = {Manners.SLOW: 5.9, Manners.LATE: 8.0}
"""s after which the slow ones set a profile and say so."""

ANSWER: Final = frozenset({Manners.PROMPT, Manners.SLOW, Manners.DUPLICATES})
"""Those who do and say in time what OCPP wants."""


class Composite(Enum):
    """What it says when asked for its composite schedule."""

    TRUE = auto()
    EMPTY = auto()
    """Accepted, and no schedule (wallbox-quirks.md, seen with real clients, 7)."""
    UNSUPPORTED = auto()


@dataclass
class Socket:
    """One connector; A per phase. `on_site` are the site phases that its L1, L2, L3 are.

    `bare` tells that nothing was accepted in time since the last boot.
    """

    hardware_a: float = 16.0
    on_site: tuple[int, ...] = ALL
    appetite_a: float = 16.0
    session: Session | None = None
    bare: bool = True
    energy_wh: int = 0
    reported: str = ""


@dataclass
class Command:
    """A change of its profiles that it was asked for."""

    action: str
    payload: Json
    number: int
    apply: Callable[[InstalledProfiles], InstalledProfiles]

    def follows(self, other: "Command") -> bool:
        """Whether both can be steps of one limit, which sets each profile once."""
        different: bool = self._subject != other._subject
        return different

    @property
    def _subject(self) -> Json:
        profile = self.payload.get("csChargingProfiles")
        return profile["chargingProfileId"] if profile else self.payload
