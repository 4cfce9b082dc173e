"""Random stories of one EVSE: cars come and go, and its backends are changed all the time.

The seed is all there is to a story: run one again with `tell(seed)`.
"""

import asyncio
import os
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import pytest
from tests.support.frames import settled
from tests.support.live_site import GONE_S, Gateway, LiveSite, a_live_site, gateway, report, toml
from tests.support.virtual_time import run_virtual
from tests.support.world import Json

from wattgate.ports.store import NotYetStored

pytestmark = pytest.mark.story

SEEDS: Final = range(1000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 40)
PER_TEST: Final = 10
STEPS: Final = 40
NAMES: Final = "abc"


@dataclass
class Session:
    """One transaction: who is to hear of it, and how many meter values came."""

    number: int
    heard_by: frozenset[str]
    is_open: bool = True


@dataclass
class Story:
    """The site, and what each backend has to hear by now, in order."""

    chance: random.Random
    live: LiveSite
    present: tuple[Gateway, ...]
    expected: dict[str, list[tuple[str, Json]]] = field(
        default_factory=lambda: {name: [] for name in NAMES}
    )
    ids: dict[tuple[str, int], int] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    changes: int = 0

    @property
    def names(self) -> frozenset[str]:
        return frozenset(str(each["url"])[5] for each in self.present)

    @property
    def open(self) -> Session | None:
        return next((each for each in self.sessions if each.is_open), None)

    def _expect(self, session: Session, action: str) -> None:
        for name in session.heard_by:
            known = self.ids.get((name, session.number))
            if action == "StartTransaction":
                base = 1000 * (NAMES.index(name) + 1) + 1
                known = base + sum(1 for each, _ in self.ids if each == name)
                self.ids[name, session.number] = known
                self.expected[name].append((action, None))
            else:
                self.expected[name].append((action, known))

    # What happens

    async def car(self) -> None:
        """One comes, charges, or leaves."""
        session = self.open
        if session is None:
            number = await self.live.start(f"04{len(self.sessions):02}")
            session = Session(number, self.names)
            self.sessions.append(session)
            self._expect(session, "StartTransaction")
        elif self.chance.random() < 0.6:
            await self.live.measure(session.number)
            self._expect(session, "MeterValues")
        else:
            await self.live.stop(session.number)
            session.is_open = False
            self._expect(session, "StopTransaction")

    async def backends_are_changed(self) -> None:
        self.present = self._any()
        self.changes += 1
        await self.live.change(*self.present)

    async def two_changes_at_once(self) -> None:
        first, self.present = self._any(), self._any()
        self.changes += 2
        await asyncio.gather(self.live.change(*first), self.live.change(*self.present))

    async def disk_is_full_meanwhile(self) -> None:
        """Nothing can be billed then; but the change holds, and is stored later."""
        self.live.world.store.failing = True
        self.present = self._any()
        self.changes += 1
        with suppress(NotYetStored):
            await self.live.change(*self.present)
        self.live.world.store.failing = False
        await asyncio.sleep(15)

    async def file_is_edited(self) -> None:
        self.present = self._any()
        self.changes += 1
        await self.live.restart(toml(*self.present))

    async def manager_dies(self) -> None:
        await self.live.restart()

    async def wallbox_reconnects(self) -> None:
        self.live.wallbox.hang_up()
        await settled()
        assert self.live.world.manager is not None
        self.live.world.plug_in("CP1", self.live.wallbox)
        await settled()

    async def backend_goes_or_comes(self) -> None:
        name = self.chance.choice(NAMES)
        there = self.live.world.dialer.backends
        if there.pop(f"ws://{name}/CP1", None) is None:
            there[f"ws://{name}/CP1"] = self.live.backends[name]
        elif self.live.backends[name].is_linked:
            self.live.backends[name].hang_up()
        await settled()

    async def time_passes(self) -> None:
        await asyncio.sleep(self.chance.choice((1, 20, 100)))

    def _any(self) -> tuple[Gateway, ...]:
        """Any backends in any order, at most one of them primary, with any password."""
        names = self.chance.sample(NAMES, self.chance.randint(0, 3))
        primary = self.chance.choice((*names, None))
        return tuple(
            (gateway if name == primary else report)(
                name, password=self.chance.choice(("", "one", "other"))
            )
            for name in names
        )


DEEDS: Final = {
    "car": 40,
    "backends_are_changed": 15,
    "two_changes_at_once": 3,
    "disk_is_full_meanwhile": 3,
    "file_is_edited": 4,
    "manager_dies": 4,
    "wallbox_reconnects": 4,
    "backend_goes_or_comes": 12,
    "time_passes": 15,
}


async def tell(seed: int) -> Story:
    """Tell one story to its end; nothing is lost, and nobody hears what is not for him."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    live = await a_live_site(gateway("a"))
    story = Story(chance, live, (gateway("a"),))
    for _ in range(STEPS):
        (deed,) = chance.choices(tuple(DEEDS), tuple(DEEDS.values()))
        await getattr(story, deed)()
        assert live.wallbox.closed_with is None
    while story.open is not None:
        await story.car()
    for name in NAMES:
        live.world.dialer.backends[f"ws://{name}/CP1"] = live.backends[name]
    await asyncio.sleep(GONE_S + 1200)
    assert {name: live.billed(name) for name in NAMES} == story.expected
    assert live.wallbox.all_of("RemoteStopTransaction") == []
    assert frozenset(live.served) == story.names
    assert {name for name in NAMES if live.backends[name].is_linked} == story.names
    await live.world.kill()
    return story


@pytest.mark.parametrize("first", SEEDS[::PER_TEST])
def test_what_began_at_a_backend_ends_there_once_whatever_becomes_of_the_site_r106(
    first: int,
) -> None:
    told = [run_virtual(tell(seed), within_s=40_000) for seed in range(first, first + PER_TEST)]
    assert sum(each.changes for each in told) > 20  # it was worth it
    assert sum(len(each.sessions) for each in told) > 20
