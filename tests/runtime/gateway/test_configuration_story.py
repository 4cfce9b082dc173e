"""Random stories of what backends want of one wallbox, judged by what they should come to (R80)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import gcd
from random import Random

import pytest
from tests.support.configured_box import (
    CLOCK,
    DATA,
    ENERGY,
    INTERVAL,
    TWO_AND_A_REPORT,
    Box,
    a_site,
    change,
    read,
    served,
)
from tests.support.frames import settled
from tests.support.roles import Several
from tests.support.virtual_time import in_virtual_time

pytestmark = pytest.mark.story

STEPS = 25
VALUES = {
    INTERVAL: ["0", "20", "45", "60", "120", "900"],
    DATA: ["", ENERGY, "SoC", f"{ENERGY},Current.Import.L1", "Voltage,SoC"],
    CLOCK: ["0", "300", "600", "900"],
}
GATEWAYS: tuple[Mapping[str, object], ...] = (
    {"url": "ws://one/", "role": "primary"},
    {
        "url": "ws://ear/",
        "role": "report",
        "commands": ["ChangeConfiguration", "GetConfiguration"],
    },
)


@dataclass
class Story:
    """What backends have asked for, and what the wallbox had by itself, as a person would note."""

    site: Several
    box: Box
    random: Random
    own: dict[str, str]
    wishes: dict[str, dict[str, str]] = field(
        default_factory=lambda: {name: {} for name in ("one", "two", "ear")}
    )
    has_report: bool = True

    @property
    def names(self) -> list[str]:
        """Who is there now."""
        return ["one", "two", "ear"] if self.has_report else ["one", "two"]

    def needed(self, key: str) -> str:
        """What the wallbox should have."""
        said = [self.wishes[name].get(key) for name in self.names]
        if all(value is None for value in said):
            return self.own[key]
        asked = [self.own[key] if value is None else value for value in said]
        if key == DATA:
            return ",".join(sorted({name for text in asked for name in text.split(",") if name}))
        seconds = [int(text) for text in asked if text != "0"]
        if not seconds:
            return "0"
        return str(min(seconds) if key == INTERVAL else gcd(*seconds))

    async def step(self) -> None:
        """Do one thing at random."""
        does = self.random.choices(
            [self.wish, self.report_comes_or_goes, self.restart, self.by_hand], [8, 2, 1, 1]
        )
        await does[0]()

    async def wish(self) -> None:
        name, key = self.random.choice(self.names), self.random.choice(list(VALUES))
        value = self.random.choice(VALUES[key])
        assert await change(self.site[name], key, value) == "Accepted"
        self.wishes[name][key] = value

    async def report_comes_or_goes(self) -> None:
        self.has_report = not self.has_report
        await served(self.site, "left", *GATEWAYS[: 1 + self.has_report])
        await asyncio.sleep(120.0)

    async def restart(self) -> None:
        if self.has_report:  # the file of the site names it
            await self.site.restart()

    async def by_hand(self) -> None:
        """Somebody sets it at the wallbox, which comes back afterwards."""
        self.box.end.hang_up()
        await settled()
        value = str(self.random.randint(1000, 2000))
        self.box.values[INTERVAL] = self.own[INTERVAL] = value
        await self.site.world.boot("CP1", self.box.end)

    async def judge(self) -> None:
        """Nothing is told without need, everybody is served, and reads what is his."""
        for key in VALUES:
            has = self.box.values[key]
            sorted_has = ",".join(sorted(filter(None, has.split(",")))) if key == DATA else has
            assert sorted_has == self.needed(key), key
        for name in self.names:
            assert await read(self.site[name], *VALUES) == self.own | self.wishes[name], name


@pytest.mark.parametrize("seed", range(8))
@in_virtual_time()
async def test_whatever_backends_want_the_wallbox_has_what_they_need_and_each_reads_its_own_r80(
    seed: int,
) -> None:
    box = Box()
    changed = box.end.answers["ChangeConfiguration"]

    def needed_only(asked: dict[str, str]) -> object:
        assert set(box.values[asked["key"]].split(",")) != set(asked["value"].split(","))
        return changed(asked)

    box.end.answers["ChangeConfiguration"] = needed_only
    site = await a_site(box, TWO_AND_A_REPORT)
    chance = Random(seed)  # noqa: S311 - no secrets here
    story = Story(site, box, chance, {key: box.values[key] for key in VALUES})
    for _ in range(STEPS):
        await story.step()
        await asyncio.sleep(60.0)
        await story.judge()
    await site.world.kill()
