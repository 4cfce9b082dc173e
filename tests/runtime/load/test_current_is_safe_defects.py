"""What the auditors of the simulated site are worth: each mistake that is planted is caught.

Each row is a story that ends well, and the mistake that makes it end badly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from tests.support.happenings import (
    Arrives,
    Behaves,
    Endless,
    House,
    Leaves,
    Lost,
    Returns,
    Step,
)
from tests.support.simulated_box import Manners
from tests.support.simulated_site import SimulatedSite
from tests.support.virtual_time import run_virtual

from wattgate.core.charging.behaviour import Behaviour
from wattgate.core.charging.methods import Method
from wattgate.core.load.actuation import Pace, Plan, SetLimit, plan
from wattgate.core.load.circuits import Circuit
from wattgate.core.load.ledger import Ledger
from wattgate.core.units import PhaseTriple, chargeable
from wattgate.ports.evse import EvseReading
from wattgate.runtime.charging.obedience_watch import ObedienceWatch
from wattgate.runtime.load import control_loop
from wattgate.runtime.load.counting import Counting
from wattgate.runtime.load.grid_meter import GridMeter

pytestmark = pytest.mark.story

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Row:
    """A mistake, and the story that shows it; `felt` where too much even flows."""

    plant: Plant
    story: Sequence[tuple[Step, float]]
    metered: bool = False
    measures: bool = True
    felt: bool = True


def everything_at_once(
    circuits: Sequence[Circuit],
    targets_a: Mapping[str, float],
    phases: Mapping[str, frozenset[int]],
    ledger: Ledger,
    pace: Pace,
    now: float,
) -> Plan:
    """Raises go out beside the reductions that they rely on, and before them."""
    raised = [
        SetLimit(evse, wanted_a)
        for evse in sorted(phases.keys() - pace.mute)
        if (wanted_a := chargeable(targets_a.get(evse, 0.0))) > ledger.position(evse).heading_a
    ]
    return Plan((*raised, *plan(circuits, targets_a, phases, ledger, pace, now).lower))


def raise_before_lower(planted: pytest.MonkeyPatch) -> None:
    planted.setattr(control_loop, "plan", everything_at_once)


def forget_the_silent(planted: pytest.MonkeyPatch) -> None:
    def count(self: Counting, evse_id: str, reading: EvseReading, now: float) -> None:
        self._limits.count_at(evse_id, 0.0)

    planted.setattr(Counting, "_count_silent", count)


def forget_the_booted(planted: pytest.MonkeyPatch) -> None:
    def count(self: Counting, evse_id: str, reading: EvseReading, before_a: float | None) -> None:
        """It has booted, and counts for what it was told before."""

    planted.setattr(Counting, "_count_connected", count)


def believe_in_expiry(planted: pytest.MonkeyPatch) -> None:
    def is_harmless(self: Behaviour, method: Method) -> bool:
        return True

    planted.setattr(Behaviour, "is_harmless_when_silent", is_harmless)


def hide_the_house_behind_offers(planted: pytest.MonkeyPatch) -> None:
    def largest_a(self: GridMeter, reading: EvseReading, ledger: Ledger, at: float) -> PhaseTriple:
        offered_a = ledger.position(reading.view.evse).worst_a
        return (offered_a, offered_a, offered_a)

    planted.setattr(GridMeter, "_least_a", largest_a)


def believe_the_liar(planted: pytest.MonkeyPatch) -> None:
    def look(self: ObedienceWatch, evse: object, reading: EvseReading, now: float) -> None:
        """It said that it would."""

    planted.setattr(ObedienceWatch, "look", look)


FULL_HOUSE = House((20.0, 20.0, 20.0))

ROWS: dict[str, Row] = {
    "raise before lower (rule 9)": Row(
        raise_before_lower,
        [(Leaves(3), 1.0), (Leaves(4), 400.0), (Behaves(0, Manners.SLOW), 1.0), (Arrives(3), 60.0)],
        felt=False,
    ),
    "forget the silent box (R100a)": Row(forget_the_silent, [(FULL_HOUSE, 1.0), (Lost(1), 500.0)]),
    "forget the booted box (R100a)": Row(
        forget_the_booted,
        [
            (FULL_HOUSE, 60.0),
            (Behaves(1, Manners.REFUSES), 0.0),
            (Returns(1, boots=True, forgets=True), 300.0),
        ],
        measures=False,
    ),
    "treat unverified expiry as proven (R100a)": Row(
        believe_in_expiry, [(FULL_HOUSE, 1.0), (Endless(1), 60.0), (Lost(1), 1200.0)]
    ),
    "hide house load behind offers in flight": Row(
        hide_the_house_behind_offers,
        [
            *((Leaves(socket), 1.0) for socket in range(5)),
            (FULL_HOUSE, 400.0),
            *((Arrives(socket, 8.0), 20.0) for socket in (1, 0, 2, 3)),
        ],
        metered=True,
        felt=False,
    ),
    "believe the liar (R100b)": Row(
        believe_the_liar, [(FULL_HOUSE, 60.0), (Behaves(0, Manners.LIES), 500.0)]
    ),
}


async def told(row: Row) -> SimulatedSite:
    site = SimulatedSite(metered=row.metered)
    for box in site.boxes:
        box.measures = row.measures
    await site.begin(cars=True)
    await site.play(row.story)
    await site.end()
    return site


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_the_story_ends_well_without_the_mistake(row: Row) -> None:
    site = run_virtual(told(row), within_s=10_000)
    assert site.complaints == []
    assert site.promises.checked > 10
    assert site.fuse.seconds > 60


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_the_mistake_is_caught(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    row.plant(monkeypatch)
    site = run_virtual(told(row), within_s=10_000)
    assert site.complaints != []
    assert bool(site.fuse.complaints) >= row.felt
