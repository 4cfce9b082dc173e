"""What the API says at one moment, as far as the demo shows it."""

from dataclasses import dataclass

import msgspec

from wattgate.cli.states import STATES
from wattgate.core.load.phases import site_phases
from wattgate.core.units import PHASES, PhaseTriple

SLACK_A = 0.5
"""A that a car may draw less than it is offered and still count as taking all."""


class Place(msgspec.Struct, frozen=True):
    """The table `site` of the site: A per phase, as in the site file."""

    title: str = ""
    load_management: str = "active"
    max_current_a: float = 0.0
    house_load_a: float | None = None
    reserve_a: float = 0.0

    @property
    def room_a(self) -> float:
        """A per phase that are left for cars."""
        return max(0.0, self.max_current_a - (self.house_load_a or 0.0) - self.reserve_a)


class Wiring(msgspec.Struct, frozen=True):
    """How an EVSE is connected to the site."""

    id: str
    phases: int = 3
    phase_rotation: str = "unknown"


class SiteAnswer(msgspec.Struct, frozen=True):
    """`GET /api/v1/site`."""

    site: Place
    evse: tuple[Wiring, ...] = ()


class Transaction(msgspec.Struct, frozen=True):
    """The open transaction of an EVSE."""

    id_tag: str = ""
    meter_start_wh: int = 0
    may_charge: bool = True


class Backend(msgspec.Struct, frozen=True):
    """The link to an EVSE's backend."""

    phase: str = ""


class Drawn(msgspec.Struct, frozen=True):
    """A on each of the EVSE's own phases; None: not measured."""

    l1: float | None = None
    l2: float | None = None
    l3: float | None = None

    def currents_a(self) -> PhaseTriple:
        """In their order; what was not measured counts as 0."""
        return (self.l1 or 0.0, self.l2 or 0.0, self.l3 or 0.0)


class Limits(msgspec.Struct, frozen=True):
    """What bounds the current of an EVSE, A per phase."""

    max_current_a: float = 0.0


class Evse(msgspec.Struct, frozen=True):
    """One of `GET /api/v1/evses`."""

    id: str
    name: str = ""
    status: str = "Unknown"
    connected: bool = False
    offered_a: float = 0.0
    drawn_a: Drawn = Drawn()
    power_w: float | None = None
    energy_wh: float | None = None
    transaction: Transaction | None = None
    backend: Backend | None = None
    limits: Limits = Limits()

    @property
    def state(self) -> str:
        """In words."""
        return STATES.get(self.status, self.status) if self.connected else "not connected"

    @property
    def energy_kwh(self) -> float | None:
        """Charged in the open transaction."""
        if self.transaction is None or self.energy_wh is None:
            return None
        return max(0.0, self.energy_wh - self.transaction.meter_start_wh) / 1000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The site and its EVSEs."""

    place: Place
    wirings: dict[str, Wiring]
    evses: tuple[Evse, ...]

    @classmethod
    def read(cls, site: bytes, evses: bytes) -> "Snapshot":
        """Read the two answers; raises msgspec.DecodeError for anything else."""
        answer = msgspec.json.decode(site, type=SiteAnswer)
        wirings = {wiring.id: wiring for wiring in answer.evse}
        return cls(answer.site, wirings, msgspec.json.decode(evses, type=tuple[Evse, ...]))

    @property
    def is_online(self) -> bool:
        """Whether every EVSE has both its wallbox and its backend."""
        return all(
            evse.connected and evse.backend is not None and evse.backend.phase == "online"
            for evse in self.evses
        )

    def drawn_a(self, evse: Evse) -> PhaseTriple:
        """What an EVSE draws from the site's L1, L2, L3."""
        drawn_a = [0.0, 0.0, 0.0]
        for phase, current_a in zip(self._phases(evse), evse.drawn_a.currents_a(), strict=False):
            drawn_a[phase] += current_a
        return (drawn_a[0], drawn_a[1], drawn_a[2])

    def drawn_by_all_a(self) -> PhaseTriple:
        """What all draw from the site's L1, L2, L3."""
        return _sum([self.drawn_a(evse) for evse in self.evses])

    def offered_to_all_a(self) -> PhaseTriple:
        """What all may draw from the site's L1, L2, L3."""
        return _sum([self._offered_a(evse) for evse in self.evses])

    def limited_by(self, evse: Evse) -> str:
        """Who keeps an EVSE from charging more."""
        if evse.transaction is None:
            return "" if evse.status in ("Available", "Unknown") else "no card yet"
        if not evse.transaction.may_charge:
            return "bad card"
        if (
            0 < max(evse.drawn_a.currents_a()) < evse.offered_a - SLACK_A
            or evse.status == "SuspendedEV"
        ):
            return "the car"
        return "the wallbox" if evse.offered_a >= evse.limits.max_current_a else "the house"

    def _offered_a(self, evse: Evse) -> PhaseTriple:
        used = self._phases(evse)
        offered = [evse.offered_a if phase in used else 0.0 for phase in PHASES]
        return (offered[0], offered[1], offered[2])

    def _phases(self, evse: Evse) -> tuple[int, ...]:
        wiring = self.wirings.get(evse.id)
        return site_phases(wiring.phases, wiring.phase_rotation) if wiring else PHASES


def _sum(rows: list[PhaseTriple]) -> PhaseTriple:
    l1_a, l2_a, l3_a = (sum(row[phase] for row in rows) for phase in PHASES)
    return (l1_a, l2_a, l3_a)
