"""Random stories of two EVSEs of one wallbox: their backends and their names are changed.

Each goes to its backends alone, or both go as one charge point. The seed is all there is to a
story: run one again with `tell(seed)`.
"""

import asyncio
import os
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import pytest
from tests.support.frames import Literal, literal_backend, literal_wallbox, meter_values, settled
from tests.support.live_site import GONE_S, Gateway
from tests.support.site_text import evse, site
from tests.support.virtual_time import run_virtual
from tests.support.world import World

from wattgate.core.errors import ConfigError
from wattgate.core.site.gateways import ReplaceGateways
from wattgate.ports.store import NotYetStored
from wattgate.runtime.manager import Manager

pytestmark = pytest.mark.story

SEEDS: Final = range(1000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 20)
PER_TEST: Final = 5
STEPS: Final = 50
CONNECTORS: Final = (1, 2)
OWN_CLIENT: Final = {1: "L", 2: "R"}
LOGINS: Final = tuple(f"{host}/{client}" for host in "ab" for client in "LRS")
"""Host and client id: as L and R each connector goes alone, as S both."""

Heard = tuple[str, int | None, int | None]
"""The action, the transaction id and the connector."""


@dataclass(frozen=True)
class Session:
    """One transaction, with the ids that those gave it who are to hear of it."""

    number: int
    ids: Mapping[str, int]


@dataclass
class Story:
    """The site, and what each backend has to hear by now, in order.

    `numbers` are the connectors' at each login: for ever, whatever their EVSEs are called.
    """

    chance: random.Random
    world: World
    backends: dict[str, Literal]
    wallbox: Literal = field(default_factory=literal_wallbox)
    names: dict[int, str] = field(default_factory=lambda: {1: "left", 2: "right"})
    gateways: dict[int, tuple[Gateway, ...]] = field(default_factory=lambda: {1: (), 2: ()})
    numbers: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    expected: dict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))
    starts: Counter[str] = field(default_factory=Counter)
    sessions: dict[int, Session] = field(default_factory=dict)
    clock_min: int = 0
    changes: int = 0

    @property
    def manager(self) -> Manager:
        assert self.world.manager is not None
        return self.world.manager

    @property
    def toml(self) -> str:
        """The site with those EVSEs that it has now."""
        return site(
            *(
                evse(self.names[at], "CP1", *gateways, connector=at)
                for at, gateways in sorted(self.gateways.items())
            ),
            load_management="active",
        )

    def logins(self, at: int) -> list[str]:
        return [_login(each) for each in self.gateways.get(at, ())]

    def _stamp(self) -> str:
        self.clock_min += 1
        return f"2026-05-15T{self.clock_min // 60:02}:{self.clock_min % 60:02}:12Z"

    # What happens

    async def car(self) -> None:
        """One comes, charges, or leaves; to a connector that the site has not, none comes."""
        at = self.chance.choice(CONNECTORS)
        if at in self.sessions and self.chance.random() < 0.6:
            await self._measure(at)
        elif at in self.sessions:
            await self.stop(at)
        elif at in self.gateways:
            await self._start(at)
        await settled()

    async def _start(self, at: int) -> None:
        request = {
            "connectorId": at,
            "idTag": f"04{self.clock_min:03}",
            "meterStart": self.clock_min * 1000,
            "timestamp": self._stamp(),
        }
        answer = await self.wallbox.ask("StartTransaction", request)
        ids = {}
        for login in self.logins(at):
            ids[login] = _first_id(login) + self.starts[login]
            self.starts[login] += 1
            self.expected[login].append(("StartTransaction", None, self.numbers[login][at]))
        self.sessions[at] = Session(answer[2]["transactionId"], ids)

    async def _measure(self, at: int) -> None:
        session = self.sessions[at]
        values = meter_values(self._stamp(), session.number, connector=at)
        await self.wallbox.ask("MeterValues", values)
        for login, theirs in session.ids.items():
            self.expected[login].append(("MeterValues", theirs, self.numbers[login][at]))

    async def stop(self, at: int) -> None:
        session = self.sessions.pop(at)
        request = {
            "transactionId": session.number,
            "meterStop": self.clock_min * 1000 + 500,
            "timestamp": self._stamp(),
        }
        await self.wallbox.ask("StopTransaction", request)
        for login, theirs in session.ids.items():
            self.expected[login].append(("StopTransaction", theirs, None))

    async def backends_are_changed(self) -> None:
        """Where EVSEs share a login, the other's changes as well."""
        at = self.chance.choice(tuple(self.gateways))
        wanted = ReplaceGateways([dict(each) for each in self._any(at, self._primaries())])
        try:
            await self.manager.gateways.change(self.names[at], wanted, seen=None)
        except ConfigError:
            return  # two would bill
        finally:
            for each in self.gateways:
                settings = self.manager.gateways.settings(self.names[each])
                self.gateways[each] = tuple(
                    {"url": it.url, "client_id": it.client_id, "role": it.role.value}
                    for it in settings.gateways
                )
            self._number_all()
        await settled()

    async def disk_is_full_meanwhile(self) -> None:
        self.world.store.failing = True
        with suppress(NotYetStored):
            await self.backends_are_changed()
        self.world.store.failing = False
        await asyncio.sleep(15)

    async def file_is_edited(self) -> None:
        """Other backends; it may have lost an EVSE, or call one otherwise."""
        there = self.chance.choice((CONNECTORS, CONNECTORS, CONNECTORS, (1,), (2,)))
        primaries = self._primaries()
        self.gateways = {at: self._any(at, primaries) for at in there}
        if self.chance.random() < 0.5:
            self.names[self.chance.choice(CONNECTORS)] = f"heir-{self.clock_min}-{self.changes}"
        self._number_all()
        await self.manager_dies()

    async def manager_dies(self) -> None:
        await self.world.kill()
        self.world.site_toml = self.toml
        await asyncio.sleep(5)
        await self.world.start()
        self.wallbox.closed_with = None
        await self._plug_in()

    async def wallbox_reconnects(self) -> None:
        self.wallbox.hang_up()
        await settled()
        await self._plug_in()

    async def _plug_in(self) -> None:
        self.world.plug_in("CP1", self.wallbox)
        await settled()

    async def backend_goes_or_comes(self) -> None:
        login = self.chance.choice(LOGINS)
        there = self.world.dialer.backends
        if there.pop(f"ws://{login}", None) is None:
            there[f"ws://{login}"] = self.backends[login]
        elif self.backends[login].is_linked:
            self.backends[login].hang_up()
        await settled()

    async def time_passes(self) -> None:
        await asyncio.sleep(self.chance.choice((1, 20, 100)))

    def _primaries(self) -> tuple[str, ...]:
        """Logins that bill from now on, at most one for each connector."""
        host = self.chance.choice("ab-")
        return self.chance.choice(((f"{host}/S",), (f"{host}/L", f"{host}/R")))

    def _any(self, at: int, primaries: tuple[str, ...]) -> tuple[Gateway, ...]:
        own = [login for login in LOGINS if login[2] in (OWN_CLIENT[at], "S")]
        logins = self.chance.sample(own, self.chance.randint(0, 3))
        return tuple(
            {
                "url": f"ws://{login[0]}/",
                "client_id": login[2],
                "role": "primary" if login in primaries else "report",
            }
            for login in logins
        )

    def _number_all(self) -> None:
        self.changes += 1
        for at in sorted(self.gateways):
            for login in self.logins(at):
                known = self.numbers[login]
                known.setdefault(at, max(known.values(), default=0) + 1)

    def billed(self, login: str) -> list[Heard]:
        """What a backend heard of transactions."""
        actions = ("StartTransaction", "MeterValues", "StopTransaction")
        return [
            (action, payload.get("transactionId"), payload.get("connectorId"))
            for action, payload in self.backends[login].calls
            if action in actions
        ]


def _login(gateway: Gateway) -> str:
    return f"{str(gateway['url'])[5]}/{gateway['client_id']}"


def _first_id(login: str) -> int:
    return 1000 * (LOGINS.index(login) + 1) + 1


DEEDS: Final = {
    "car": 40,
    "backends_are_changed": 18,
    "disk_is_full_meanwhile": 3,
    "file_is_edited": 5,
    "manager_dies": 4,
    "wallbox_reconnects": 4,
    "backend_goes_or_comes": 12,
    "time_passes": 15,
}


async def tell(seed: int) -> Story:
    """Tell one story to its end; nothing is lost, and nobody hears what is not for him."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    story = Story(chance, World(""), {each: literal_backend(_first_id(each)) for each in LOGINS})
    there = {f"ws://{login}": backend for login, backend in story.backends.items()}
    story.world.dialer.backends |= there
    story.world.site_toml = story.toml
    await story.world.start()
    await story.world.boot("CP1", story.wallbox)
    for _ in range(STEPS):
        (deed,) = chance.choices(tuple(DEEDS), tuple(DEEDS.values()))
        await getattr(story, deed)()
        assert story.wallbox.closed_with is None
    for at in tuple(story.sessions):
        await story.stop(at)
    story.world.dialer.backends |= there
    await asyncio.sleep(GONE_S + 2400)
    audit(story)
    await story.world.kill()
    return story


def audit(story: Story) -> None:
    """Everybody has heard his own under his numbers, and only those of the site are left."""
    for login in LOGINS:
        assert story.billed(login) == story.expected[login], login
    assert story.wallbox.all_of("RemoteStopTransaction") == []
    for state in story.manager.evses():
        served = [each.link.identity.target.url[5:] for each in state.evse.backends]
        assert served == story.logins(state.evse.settings.connector)
    linked = {login for login in LOGINS if story.backends[login].is_linked}
    assert linked == {login for at in CONNECTORS for login in story.logins(at)}


@pytest.mark.parametrize("first", SEEDS[::PER_TEST])
def test_each_connector_ends_where_it_began_whatever_becomes_of_the_site_r101_r106(
    first: int,
) -> None:
    told = [run_virtual(tell(seed), within_s=40_000) for seed in range(first, first + PER_TEST)]
    assert sum(each.changes for each in told) > 20  # it was worth it
    assert sum(sum(each.starts.values()) for each in told) > 20
