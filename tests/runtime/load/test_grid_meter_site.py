"""A whole site whose house connection is measured: cars charge calmly, and the house comes first.

The meter reads every 5 s and the wallboxes measure every 10 s or less often, so that most readings
come between a limit and the sample that shows what became of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from tests.support.happenings import Arrives, House
from tests.support.simulated_box import Command, SimulatedBox
from tests.support.simulated_site import SimulatedSite
from tests.support.virtual_time import run_virtual

pytestmark = pytest.mark.story

EVSES = "".join(f'\n[[evse]]\nid = "{name}"\naddress = "{name}"\n' for name in "ABC")
CALM_S = 120
"""s after which a site with nothing new must have come to rest."""

Watched = list[tuple[float, ...]]


@dataclass
class Street(SimulatedSite):
    """Three wallboxes behind one house connection of 61 A, with a meter; a car pauses `pause_s`."""

    pause_s: float = 0.0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        for box in self.boxes:
            box.on_command.append(self._note)

    def _toml(self) -> str:
        return super()._toml().replace("pause_s = 0", f"pause_s = {self.pause_s:g}")

    def _note(self, box: SimulatedBox, command: Command) -> None:
        self.told.append(f"{box.station_id} {command.action}")

    @property
    def drawn_a(self) -> tuple[float, ...]:
        return tuple(box.draw_a(1) for box in self.boxes)

    async def watched(self, for_s: int, restless_a: Sequence[float] = (0.0,)) -> Watched:
        """What each car draws, second by second, while the house takes so much more in turn."""
        drawn_a, calm_a = [], self.house_a
        for second in range(for_s):
            more_a = restless_a[second % len(restless_a)]
            self.house_a = (calm_a[0] + more_a, calm_a[1] + more_a, calm_a[2] + more_a)
            await asyncio.sleep(1.0)
            drawn_a.append(self.drawn_a)
        return drawn_a


def street(
    house_a: float, *, pause_s: float = 0.0, measures: str = "ABC", every_s: float = 10.0
) -> Street:
    boxes = [
        SimulatedBox(station_id=name, measures=name in measures, meter_s=every_s) for name in "ABC"
    ]
    load_a = (house_a, house_a, house_a)
    return Street(True, boxes, {}, EVSES, house_a=load_a, pause_s=pause_s)


Story = Callable[[Street], Awaitable[None]]


def play(site: Street, story: Story, *, come_at_s: float | None = None) -> None:
    """Tell a story from three cars that come at once, or one by one each `come_at_s` s."""

    async def told() -> None:
        await site.begin(cars=come_at_s is None)
        for socket in range(3 if come_at_s is not None else 0):
            await site.happen(Arrives(socket, 16.0))
            await asyncio.sleep(come_at_s or 0.0)
        await site.watched(CALM_S)
        await story(site)
        await site.end()

    run_virtual(told(), within_s=10_000)
    assert site.complaints == []


def most_a(drawn_a: Iterable[tuple[float, ...]]) -> float:
    return max(sum(each) for each in drawn_a)


@pytest.mark.parametrize(
    ("every_s", "come_at_s"), [(10.0, None), (10.0, 3.0), (7.0, 3.0), (60.0, None), (60.0, 40.0)]
)
@pytest.mark.parametrize("pause_s", [0.0, 300.0])
def test_a_full_site_comes_to_rest_and_stays(
    pause_s: float, every_s: float, come_at_s: float | None
) -> None:
    async def story(site: Street) -> None:
        before = len(site.told)
        drawn_a = await site.watched(600)
        assert min(min(each) for each in drawn_a) == pytest.approx(12.0)
        assert most_a(drawn_a) == pytest.approx(36.0)
        assert len(site.told) - before <= 6  # a renewal of each, and no more than that again

    play(street(25.0, pause_s=pause_s, every_s=every_s), story, come_at_s=come_at_s)


@pytest.mark.parametrize("measures", ["ABC", "C", ""])
@pytest.mark.parametrize("pause_s", [300.0])
def test_a_restless_house_stops_nobody(pause_s: float, measures: str) -> None:
    """It takes 0.7 A more or less from second to second, while the connection is full."""

    async def story(site: Street) -> None:
        before = len(site.told)
        drawn_a = await site.watched(900, (-0.7, 0.1, 0.7, -0.2, 0.4, -0.5, 0.2))
        assert min(min(each) for each in drawn_a) >= 11
        assert len(site.told) - before <= 12

    play(street(25.0, pause_s=pause_s, measures=measures), story)


@pytest.mark.parametrize("measures", ["ABC", "C", ""])
@pytest.mark.parametrize("pause_s", [300.0])
def test_15_a_more_in_the_house_are_made_room_for_in_one_step(
    pause_s: float, measures: str
) -> None:
    async def story(site: Street) -> None:
        await site.happen(House((40.0, 40.0, 40.0)))
        await site.watched(5 + 3 + 1)  # the meter reads, a cycle decides, and it is answered
        drawn_a = await site.watched(120)
        assert most_a(drawn_a) <= 63 - 40
        assert min(min(each) for each in drawn_a) >= 6

    play(street(25.0, pause_s=pause_s, measures=measures), story)


@pytest.mark.parametrize("pause_s", [0.0, 300.0])
def test_15_a_less_in_the_house_are_used_within_30_s(pause_s: float) -> None:
    async def story(site: Street) -> None:
        await site.happen(House((25.0, 25.0, 25.0)))
        drawn_a = await site.watched(30)
        assert drawn_a[-1] == pytest.approx((12.0, 12.0, 12.0))

    play(street(40.0, pause_s=pause_s), story)


@pytest.mark.parametrize(("measures", "house_a"), [("", 0.0), ("", 25.0), ("AB", 15.0), ("C", 0.0)])
@pytest.mark.parametrize("pause_s", [300.0])
def test_cars_that_are_not_measured_charge_too(
    pause_s: float, house_a: float, measures: str
) -> None:
    """However uncertain the house is by them, nobody waits for ever."""

    async def story(site: Street) -> None:
        drawn_a = await site.watched(600)
        charged = [sum(each[car] for each in drawn_a) for car in range(3)]
        assert sum(a > 0 for a in charged) >= 2
        assert drawn_a[-300:] == [drawn_a[-1]] * 300

    play(street(house_a, pause_s=pause_s, measures=measures), story, come_at_s=40.0)
