"""What may happen to a simulated site, as values: a story is a list of them.

Wallboxes and connectors are told by their number, in the order of the site.
"""

from dataclasses import dataclass

from tests.support.box_parts import Manners

Phases = tuple[float, float, float]


@dataclass(frozen=True)
class Arrives:
    """A car comes that takes up to `appetite_a`."""

    socket: int
    appetite_a: float = 32.0


@dataclass(frozen=True)
class Leaves:
    """A car leaves, whether or not anybody hears of it."""

    socket: int


@dataclass(frozen=True)
class Lost:
    """A wallbox loses its connection; its cars go on by its profiles."""

    box: int


@dataclass(frozen=True)
class Returns:
    """A wallbox connects again, after a loss or a power cut that its limits may not survive."""

    box: int
    boots: bool = False
    forgets: bool = False


@dataclass(frozen=True)
class PowerCut:
    """A wallbox starts anew out of reach: its cars charge on, with its profiles or without."""

    box: int
    forgets: bool = True


@dataclass(frozen=True)
class Behaves:
    """A wallbox takes commands in another manner from now on."""

    box: int
    manners: Manners


@dataclass(frozen=True)
class Endless:
    """A wallbox that has not met the end of a limit yet will not notice it."""

    box: int


@dataclass(frozen=True)
class BoxClock:
    """A wallbox's clock jumps."""

    box: int
    by_s: float


@dataclass(frozen=True)
class OurClock:
    """The manager's clock on the wall jumps."""

    by_s: float


@dataclass(frozen=True)
class Patched:
    """The owner says that the house connection carries something else."""

    limit_a: float


@dataclass(frozen=True)
class Mode:
    """The owner lets load management decide, or only watch."""

    active: bool


@dataclass(frozen=True)
class House:
    """The house takes something else."""

    load_a: Phases


@dataclass(frozen=True)
class MeterDies:
    """The grid meter says nothing any more."""


@dataclass(frozen=True)
class MeterLives:
    """The grid meter speaks again."""


@dataclass(frozen=True)
class Restart:
    """The manager is killed, and started after a while; every wallbox connects again."""

    down_s: float


Step = (
    Arrives
    | Leaves
    | Lost
    | Returns
    | PowerCut
    | Behaves
    | Endless
    | BoxClock
    | OurClock
    | Patched
    | Mode
    | House
    | MeterDies
    | MeterLives
    | Restart
)
