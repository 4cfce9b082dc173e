"""Random stories of two connectors that share logins, leave them, and get other names.

The seed is all there is to a story: run one again with `tell(seed)`.
"""

import asyncio
import os
import random
from dataclasses import dataclass, field
from typing import Final

import pytest
from tests.support.frames import (
    Literal,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.live_site import GONE_S, Gateway, gateway, report
from tests.support.site_text import evse, site
from tests.support.virtual_time import run_virtual
from tests.support.world import BOOT, Json, ScriptedDialer, World, status_of

from wattgate.core.site.reading import read_toml

pytestmark = pytest.mark.story

SEEDS: Final = range(1000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 30)
PER_TEST: Final = 10
STEPS: Final = 40
NAMES: Final = "abc"
EVSES: Final = {1: ("left", "heir of left"), 2: ("right", "heir of right")}


@dataclass
class Session:
    number: int
    heard_by: frozenset[str]


@dataclass
class Story:
    """The wallbox, its backends, and what each of them has to hear by now, in order."""

    chance: random.Random
    world: World
    backends: dict[str, Literal]
    wallbox: Literal = field(default_factory=literal_wallbox)
    evse_ids: dict[int, str] = field(default_factory=lambda: {1: "left", 2: "right"})
    gateways: dict[int, tuple[Gateway, ...]] = field(default_factory=dict)
    open: dict[int, Session] = field(default_factory=dict)
    expected: dict[str, list[tuple[str, Json]]] = field(
        default_factory=lambda: {name: [] for name in NAMES}
    )
    ids: dict[tuple[str, int], int] = field(default_factory=dict)
    minute: int = 0

    def toml(self) -> str:
        tables = [
            evse(self.evse_ids[number], "CP1", *self.gateways[number], connector=number)
            for number in EVSES
        ]
        return site(*tables)

    def choose(self) -> None:
        """Give both connectors other backends; each backend has the same settings at both."""
        billing = {name for name in NAMES if self.chance.random() < 0.5}
        fields = {name: {"password": self.chance.choice(("", "one"))} for name in NAMES}
        for number in EVSES:
            primary = self.chance.choice((*sorted(billing), None))
            told = [name for name in NAMES if name not in billing and self.chance.random() < 0.6]
            names = [each for each in (primary, *told) if each is not None]
            self.gateways[number] = tuple(
                (gateway if name == primary else report)(name, **fields[name]) for name in names
            )

    def names_at(self, connector: int) -> frozenset[str]:
        return frozenset(str(each["url"])[5] for each in self.gateways[connector])

    def stamp(self) -> str:
        self.minute += 1
        return f"2026-05-15T{self.minute // 60:02}:{self.minute % 60:02}:00Z"

    def expect(self, session: Session, action: str) -> None:
        for name in session.heard_by:
            if action == "StartTransaction":
                base = 1000 * (NAMES.index(name) + 1) + 1
                known = base + sum(1 for each, _ in self.ids if each == name)
                self.ids[name, session.number] = known
                self.expected[name].append((action, None))
            else:
                self.expected[name].append((action, self.ids[name, session.number]))

    # What happens

    async def car(self, connector: int | None = None) -> None:
        at = connector or self.chance.choice((1, 2))
        session = self.open.get(at)
        if session is None:
            start = {
                "connectorId": at,
                "idTag": f"0{at}",
                "meterStart": self.minute,
                "timestamp": self.stamp(),
            }
            answer = await result(self.wallbox, "StartTransaction", start)
            session = self.open[at] = Session(answer["transactionId"], self.names_at(at))
            self.expect(session, "StartTransaction")
        elif self.chance.random() < 0.5:
            await result(
                self.wallbox, "MeterValues", meter_values(self.stamp(), session.number, at)
            )
            self.expect(session, "MeterValues")
        else:
            stop = {"transactionId": session.number, "meterStop": 9999, "timestamp": self.stamp()}
            await result(self.wallbox, "StopTransaction", stop)
            del self.open[at]
            self.expect(session, "StopTransaction")
        await settled()

    async def backends_are_changed(self) -> None:
        self.choose()
        assert self.world.manager is not None
        await self.world.manager._change_site(lambda _: read_toml(self.toml()))
        await settled()

    async def file_is_edited(self) -> None:
        """Other backends, and other names of the EVSEs."""
        if self.chance.random() < 0.7:
            self.choose()
        for number, names in EVSES.items():
            self.evse_ids[number] = self.chance.choice(names)
        await self.manager_dies()

    async def manager_dies(self) -> None:
        await self.world.kill()
        self.world.site_toml = self.toml()
        await asyncio.sleep(self.chance.choice((0, 30)))
        await self.begin()

    async def begin(self) -> None:
        await self.world.start()
        self.wallbox.closed_with = None
        self.world.plug_in("CP1", self.wallbox)
        await settled()

    async def backend_goes_or_comes(self) -> None:
        name = self.chance.choice(NAMES)
        there = self.world.dialer.backends
        if there.pop(f"ws://{name}/CP1", None) is None:
            there[f"ws://{name}/CP1"] = self.backends[name]
        elif self.backends[name].is_linked:
            self.backends[name].hang_up()
        await settled()

    async def time_passes(self) -> None:
        await asyncio.sleep(self.chance.choice((1, 20, 100)))


DEEDS: Final = {
    "car": 45,
    "backends_are_changed": 14,
    "file_is_edited": 8,
    "manager_dies": 3,
    "backend_goes_or_comes": 12,
    "time_passes": 15,
}


def billed(backend: Literal) -> list[tuple[str, Json]]:
    actions = ("StartTransaction", "MeterValues", "StopTransaction")
    return [(name, each.get("transactionId")) for name, each in backend.calls if name in actions]


def numbers(backend: Literal) -> dict[str, set[int]]:
    """Which connector each connector of the wallbox was to the backend, by its card."""
    found: dict[str, set[int]] = {}
    for start in backend.all_of("StartTransaction"):
        found.setdefault(start["idTag"], set()).add(start["connectorId"])
    return found


async def tell(seed: int) -> Story:
    """Tell one story to its end; nothing is lost, and nobody hears what is not for him."""
    backends = {name: literal_backend(1000 * n + 1) for n, name in enumerate(NAMES, 1)}
    dialer = ScriptedDialer({f"ws://{name}/CP1": each for name, each in backends.items()})
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    story = Story(chance, World("", dialer=dialer), backends)
    story.choose()
    story.world.site_toml = story.toml()
    await story.begin()
    await story.wallbox.ask("BootNotification", BOOT)
    for connector in (0, 1, 2):
        await story.wallbox.ask("StatusNotification", status_of(connector, "Available"))
    for _ in range(STEPS):
        (deed,) = chance.choices(tuple(DEEDS), tuple(DEEDS.values()))
        await getattr(story, deed)()
    for connector in (1, 2):
        while connector in story.open:
            await story.car(connector)
    for name in NAMES:
        dialer.backends[f"ws://{name}/CP1"] = backends[name]
    await asyncio.sleep(GONE_S + 1200)
    assert {name: billed(backends[name]) for name in NAMES} == story.expected
    for backend in backends.values():
        known = numbers(backend)
        assert all(len(each) == 1 for each in known.values())  # for ever (P16)
        assert len(set().union(*known.values())) == len(known)
    present = story.names_at(1) | story.names_at(2)
    assert {name for name in NAMES if backends[name].is_linked} == present
    await story.world.kill()
    return story


@pytest.mark.parametrize("first", SEEDS[::PER_TEST])
def test_connectors_that_share_leave_and_are_renamed_end_where_they_began_p16_p20_r106(
    first: int,
) -> None:
    told = [run_virtual(tell(seed), within_s=40_000) for seed in range(first, first + PER_TEST)]
    assert sum(len(each.ids) for each in told) > 20  # it was worth it
