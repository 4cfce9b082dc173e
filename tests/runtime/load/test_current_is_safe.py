"""Whatever happens to wallboxes, cars, clocks and the manager itself: the fuse holds.

Two auditors watch a simulated site (`tests/support/fuse.py`). What may be drawn by all that was
told must never exceed a circuit because of a command of ours (rule 9). What does flow may exceed it
after an outside event only, and no longer than the manager can take to react (R89): `reaction_s`
for an event that it is told of, and until its silence or its measurements show it (R100a, settle
time) for a wallbox that has changed unseen.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.fuse import sockets_of
from tests.support.happenings import (
    Arrives,
    Behaves,
    BoxClock,
    House,
    Leaves,
    Lost,
    MeterDies,
    MeterLives,
    Mode,
    OurClock,
    Patched,
    PowerCut,
    Restart,
    Returns,
    Step,
)
from tests.support.simulated_box import Composite, Manners
from tests.support.simulated_site import SimulatedSite
from tests.support.virtual_time import run_virtual

pytestmark = pytest.mark.story

Story = list[tuple[Step, float]]

boxes = st.integers(0, 3)
sockets = st.integers(0, 4)
loads_a = st.sampled_from([0.0, 5.0, 20.0])

cars = st.one_of(
    st.builds(Arrives, sockets, st.sampled_from([8.0, 16.0, 32.0])), st.builds(Leaves, sockets)
)
links = st.one_of(
    st.builds(Lost, boxes),
    st.builds(Returns, boxes, st.booleans(), st.booleans()),
    st.builds(PowerCut, boxes, st.booleans()),
)
manners = st.builds(Behaves, boxes, st.sampled_from(Manners))
house = st.builds(House, st.tuples(loads_a, loads_a, loads_a))
rare = st.one_of(
    st.builds(Patched, st.sampled_from([30.0, 40.0, 52.0, 63.0, 80.0])),
    st.builds(BoxClock, boxes, st.sampled_from([-300.0, 300.0])),
    st.builds(OurClock, st.sampled_from([-3600.0, -100.0, 3600.0])),
    st.builds(Mode, st.booleans()),
    st.builds(Restart, st.sampled_from([0.1, 30.0, 1000.0])),
    st.just(MeterDies()),
    st.just(MeterLives()),
)
waits_s = st.sampled_from([0.0, 0.06, 1.0, 7.0, 20.0, 60.0, 150.0])
steps = st.one_of(cars, cars, links, manners, house, rare)
stories = st.lists(st.tuples(steps, waits_s), min_size=10, max_size=40)


async def told(site: SimulatedSite, story: Story) -> tuple[float, ...]:
    await site.begin(cars=True)
    await site.play(story)
    await site.calm()
    drawn_a = tuple(box.draw_a(connector) for box, connector, _ in sockets_of(site.boxes))
    await site.end()
    return drawn_a


def tell(site: SimulatedSite, story: Story) -> tuple[float, ...]:
    """Tell a story from a car at each connector to a calm end; A per phase that flow then."""
    return run_virtual(told(site, story), within_s=80_000)


@pytest.mark.parametrize("metered", [False, True])
@settings(
    max_examples=10,
    derandomize=True,  # the same commit, the same verdict: the story takes its time
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(story=stories)
def test_whatever_happens_the_fuse_holds_rule_9(metered: bool, story: Story) -> None:
    site = SimulatedSite(metered=metered)
    tell(site, story)
    assert site.complaints == []


@pytest.mark.parametrize("composite", Composite)
def test_five_cars_share_what_the_house_leaves_and_no_more(composite: Composite) -> None:
    site = SimulatedSite()
    for box in site.boxes:
        box.composite = composite
    assert tell(site, []) == pytest.approx((8.2, 8.2, 8.2, 8.2, 8.2))
    assert site.complaints == []


STORIES: dict[str, Story] = {
    "the manager is killed while cars charge": [(Restart(30.0), 60.0), (Restart(1000.0), 60.0)],
    "the house takes 20 A more at once": [
        (House((0.0, 0.0, 0.0)), 120.0),
        (House((20.0, 20.0, 20.0)), 120.0),
    ],
    "the connection carries half of a sudden": [(Patched(80.0), 120.0), (Patched(30.0), 120.0)],
    "a wallbox refuses while the connection shrinks": [
        (Behaves(1, Manners.REFUSES), 30.0),
        (Patched(40.0), 120.0),
    ],
    "a wallbox goes silent and forgets its limits (R100a)": [(PowerCut(1), 200.0)],
    "a wallbox boots with nothing in it": [(Returns(1, boots=True, forgets=True), 120.0)],
    "a wallbox keeps what its car takes": [(Behaves(0, Manners.LIES), 300.0)],
    "two connectors come back from a silence and one is not answered": [
        (PowerCut(0), 150.0),
        (Lost(3), 80.0),
        (Behaves(3, Manners.SECRETIVE), 0.0),
        (Returns(3), 60.0),
    ],
    "an idle wallbox obeys the clearing and does not say so": [
        (Leaves(2), 20.0),
        (Returns(2, boots=True, forgets=True), 0.0),
        (Behaves(2, Manners.SECRETIVE), 30.0),
        (Arrives(2), 60.0),
        (Patched(80.0), 120.0),
    ],
    "a grant from before a restart lies above the new one": [
        (Behaves(1, Manners.DEAF), 10.0),
        (Restart(0.1), 60.0),
        (Behaves(1, Manners.PROMPT), 120.0),
    ],
    "a wallbox's clock falls behind by five minutes": [(BoxClock(0, -300.0), 1200.0)],
    "a wallbox's clock leaps ahead by five minutes": [(BoxClock(1, 300.0), 1200.0)],
    "the manager's clock is set an hour back": [(OurClock(-3600.0), 1200.0)],
    "load management only watches for a while": [
        (Mode(active=False), 300.0),
        (Mode(active=True), 120.0),
    ],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_fuse_holds_and_cars_charge_again_when(story: Story) -> None:
    site = SimulatedSite()
    drawn_a = tell(site, story)
    assert site.complaints == []
    assert max(drawn_a) >= 6


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_with_a_grid_meter_the_fuse_holds_and_cars_charge_again_when(story: Story) -> None:
    site = SimulatedSite(metered=True)
    drawn_a = tell(site, story)
    assert site.complaints == []
    assert sum(a >= 6 for a in drawn_a) >= 3, drawn_a


def test_a_grid_meter_that_dies_leaves_what_the_house_may_take_at_worst() -> None:
    site = SimulatedSite(metered=True)
    drawn_a = tell(site, [(MeterDies(), 60.0), (House((20.0, 20.0, 20.0)), 120.0)])
    assert site.complaints == []
    assert max(drawn_a) >= 6
