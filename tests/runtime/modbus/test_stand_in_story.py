"""Random stories of a wallbox on Modbus: what its car has drawn is billed, once (R77, R109)."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from tests.support.paper_brain import PaperBrain
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, Scripted, World, a_backend

pytestmark = pytest.mark.story

URL = "ws://backend.example/garage"
SITE = site(
    evse("garage", "192.0.2.50", {"url": "ws://backend.example/"}, device_type="power-brain")
)
CARDS = ("04A2B3C4", "0555AAAA")


class Story:
    """What may happen to the three of them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.world, self.backend = World(SITE), a_careful_backend()
        self.world.dialer.backends[URL] = self.backend
        self.brain = self.world.lines.put(PaperBrain(clock=self.world.clock, fail_safe_a=0.0))
        self.steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self.plug, self.unplug, self.card, self.card, self.kill, self.lose, self.cut_off,
        )  # fmt: skip

    async def plug(self) -> None:
        self.brain.plug(self.chance.choice((8.0, 16.0)))

    async def unplug(self) -> None:
        self.brain.unplug()

    async def card(self) -> None:
        self.brain.show(self.chance.choice(CARDS))

    async def kill(self) -> None:
        """The manager dies, and is away for a while."""
        await self.world.kill()
        await self.pass_time()
        await self.world.start()

    async def lose(self) -> None:
        """The wallbox cannot be reached, or its answers are lost; then it is back."""
        self.brain.answers = self.chance.random() < 0.5
        self.brain.is_reachable = not self.brain.answers
        await self.pass_time()
        self.brain.answers = self.brain.is_reachable = True

    async def cut_off(self) -> None:
        """The backend goes away, or comes back."""
        if self.world.dialer.backends.pop(URL, None) is None:
            self.world.dialer.backends[URL] = self.backend
        elif self.backend.is_linked:
            self.backend.hang_up()

    async def pass_time(self) -> None:
        await asyncio.sleep(self.chance.choice((0.5, 3.0, 20.0, 100.0, 400.0)))

    async def run(self) -> None:
        await self.world.start()
        for _ in range(40):
            await self.chance.choice(self.steps)()
            await self.pass_time()
        self.brain.unplug()
        self.world.dialer.backends[URL] = self.backend
        await asyncio.sleep(1800)
        await self.world.kill()


def a_careful_backend() -> Scripted:
    """Gives a start that it knows word for word the same id again (R67)."""
    known: list[Json] = []

    def start(payload: Json) -> Json:
        if payload not in known:
            known.append(payload)
        return {"idTagInfo": {"status": "Accepted"}, "transactionId": 9001 + known.index(payload)}

    return a_backend(StartTransaction=start)


def once(payloads: list[Json]) -> list[Json]:
    return [each for place, each in enumerate(payloads) if each not in payloads[:place]]


@pytest.mark.parametrize("seed", range(6))
@in_virtual_time(within_s=1e6)
async def test_whatever_happens_what_was_drawn_is_billed_once_r77_r109(seed: int) -> None:
    story = Story(seed)
    await story.run()
    starts = once(story.backend.all_of("StartTransaction"))
    stops = once(story.backend.all_of("StopTransaction"))
    assert [each["transactionId"] for each in stops] == [9001 + at for at in range(len(starts))]
    register_wh = 5000
    billed_wh = 0
    for start, stop in zip(starts, stops, strict=True):
        assert register_wh <= start["meterStart"] <= stop["meterStop"]
        register_wh = stop["meterStop"]
        billed_wh += stop["meterStop"] - start["meterStart"]
    drawn_wh = story.brain.energy_wh - 5000
    assert drawn_wh - 1 <= billed_wh <= drawn_wh
