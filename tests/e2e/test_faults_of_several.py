"""Two connectors, three backends with roles, and every link breaks: each backend's books agree.

One wallbox, one manager, three backends, a proxy on each of the four links. Every session ends with
an audit of everything so far at each of the five charge points that the backends see.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from tests.support.audit import is_in_order, missing, sent_messages, strayed, taken_messages
from tests.support.fault_proxy import Deed, Fault, FaultProxy, Way, fault_proxy
from tests.support.processes import LIMIT_S, Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import GatewayFields, evse, site

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

LEFT, RIGHT = 1, 2
BACKENDS: Final = ("one", "two", "three")
LINKS: Final = ("wallbox", *BACKENDS)


@dataclass(frozen=True)
class ChargePoint:
    """What a backend sees: its name for it, and its numbers by those of the wallbox."""

    backend: str
    client_id: str
    numbers: Mapping[int, int]


CHARGE_POINTS: Final = (
    ChargePoint("one", "LEFT", {LEFT: 1}),
    ChargePoint("one", "RIGHT-REPORT", {RIGHT: 1}),
    ChargePoint("two", "LEFT-REPORT", {LEFT: 1}),
    ChargePoint("two", "RIGHT", {RIGHT: 1}),
    ChargePoint("three", "BOTH", {LEFT: 1, RIGHT: 2}),
)


def gateways(urls: Mapping[str, str]) -> dict[int, tuple[GatewayFields, ...]]:
    """One bills the left, two the right; three shares one login for both, and only hears."""
    return {
        LEFT: (
            {"url": urls["three"], "client_id": "BOTH", "role": "report"},
            {"url": urls["one"], "client_id": "LEFT"},
            {"url": urls["two"], "client_id": "LEFT-REPORT", "role": "report"},
        ),
        RIGHT: (
            {"url": urls["two"], "client_id": "RIGHT"},
            {"url": urls["one"], "client_id": "RIGHT-REPORT", "role": "report"},
            {"url": urls["three"], "client_id": "BOTH", "role": "report"},
        ),
    }


@dataclass
class Site:
    """The programs, and the proxies between them."""

    stage: Stage
    box: Program
    manager: ManagerProcess
    backends: Mapping[str, Program]
    proxies: Mapping[str, FaultProxy]

    async def session(self) -> None:
        """A car on each side, from card to bill, each with at least one sample."""
        before = self._bills()
        for connector in (LEFT, RIGHT):
            await plug_in(self.stage, self.box, f"CARD{connector}", connector)
        for connector in (LEFT, RIGHT):
            await self.stage.event(self.box, "meter", self.box.mark, connector=connector)
        self.box.type(f"stop {RIGHT}", f"stop {LEFT}")
        await self.stage.until(lambda: self._bills() == before + 6, "all three have both bills")

    def _bills(self) -> int:
        return sum(len(each.all_of("transaction-stopped")) for each in self.backends.values())

    async def audit(self) -> None:
        """Everything so far: nothing lost, nothing strayed, each session once, in order."""
        for each in CHARGE_POINTS:
            await self._audit(each)
        for backend in self.backends.values():
            assert backend.all_of("anomaly") == []

    async def _audit(self, point: ChargePoint) -> None:
        box, backend = self.box, self.backends[point.backend]
        at, numbers = point.client_id, point.numbers
        await self.stage.until(
            lambda: not missing(box, backend, at, numbers), f"nothing is missing at {point}"
        )
        sessions = [each for each in box.all_of("starting") if each["connector"] in numbers]
        assert strayed(box, backend, at, numbers) == []
        assert is_in_order(box, backend, at, numbers)
        for kind in ("transaction-started", "transaction-stopped"):
            assert len(backend.all_of(kind, id=at)) == len(sessions), (point, kind)
        taken = {
            each.digest for each in taken_messages(backend, at) if each.action != "MeterValues"
        }
        sent = {each.digest for each in sent_messages(box, confirmed=False, numbers=numbers)}
        assert taken <= sent
        assert len(taken) == 2 * len(sessions)


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(tmp_path_factory.mktemp("site")))
        backends: dict[str, Program] = {}
        proxies: dict[str, FaultProxy] = {}
        for number, name in enumerate(BACKENDS, 5):
            # Their numbers are equal as often as not.
            words = ("--first-transaction-id", str(number))
            backends[name] = await run_backend(stage, *words)
            port = urlsplit(url_of(backends[name])).port
            assert port is not None
            proxies[name] = await stack.enter_async_context(fault_proxy(port))
        own = gateways({name: proxies[name].url for name in BACKENDS})
        stalls = (evse(f"stall-{n}", "CP1", *own[n], connector=n) for n in (LEFT, RIGHT))
        manager = await run_manager(stage, site(*stalls, max_current_a=63))
        south = await stack.enter_async_context(fault_proxy(manager.ocpp_port))
        options = ("--connectors", "2", "--meter-interval", "1")
        box = await run_wallbox(stage, "CP1", south.url, *options)
        for point in CHARGE_POINTS:
            await stage.event(backends[point.backend], "call", id=point.client_id)
        yield Site(stage, box, manager, backends, {"wallbox": south, **proxies})


START, METER, STOP = '"StartTransaction"', '"MeterValues"', '"StopTransaction"'
START_ANSWER: Final = '"transactionId"'
MOMENTS: Final[Mapping[str, tuple[Way, str, float]]] = {
    "in the middle of the start": (Way.THERE, START, 0.5),
    "after the start, before its answer": (Way.BACK, START_ANSWER, 0.0),
    "in the middle of the answer": (Way.BACK, START_ANSWER, 0.5),
    "in the middle of meter values": (Way.THERE, METER, 0.5),
    "in the middle of the stop": (Way.THERE, STOP, 0.5),
}
DEEDS: Final = (Deed.CUT, Deed.RESET)


def _breaks() -> list[tuple[str, str, Deed]]:
    pairs = [(link, moment) for moment in MOMENTS for link in LINKS]
    return [(*pair, DEEDS[number % 2]) for number, pair in enumerate(pairs)]


@pytest.mark.parametrize(("link", "moment", "deed"), _breaks(), ids=str)
async def test_whichever_link_breaks_all_books_agree_p20_r60_r101_r106(
    world: Site, link: str, moment: str, deed: Deed
) -> None:
    proxy = world.proxies[link]
    struck = proxy.struck
    proxy.faults.append(Fault(*MOMENTS[moment], deed))
    await world.session()
    assert proxy.struck == struck + 1
    await world.audit()


async def test_r106_a_backend_that_reports_and_hangs_delays_nobody_and_gets_all_in_the_end(
    world: Site,
) -> None:
    """Both others have their bills while it swallows everything."""
    proxy, others = world.proxies["three"], (world.backends["one"], world.backends["two"])
    before = [len(each.all_of("transaction-stopped")) for each in others]
    struck = proxy.struck
    proxy.faults.append(Fault(Way.THERE, START, 0.5, Deed.HOLD))
    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks:
        session = tasks.create_task(world.session())
        await proxy.until_struck(struck + 1)
        await world.stage.until(
            lambda: (
                [len(each.all_of("transaction-stopped")) for each in others]
                == [count + 2 for count in before]
            ),
            "the others are done",
        )
        proxy.let_go()
        proxy.each(Deed.RESET)
        await session
    await world.audit()


async def test_the_manager_is_killed_while_both_cars_charge_r71_r106(world: Site) -> None:
    before = sum(len(each.all_of("transaction-stopped")) for each in world.backends.values())
    for connector in (LEFT, RIGHT):
        await plug_in(world.stage, world.box, f"CARD{connector}", connector)
    mark = world.box.mark
    await world.manager.kill()
    world.box.type(f"stop {LEFT}")
    await world.manager.restart()
    await world.stage.event(world.box, "connected", mark)
    world.box.type(f"stop {RIGHT}")
    await world.stage.until(
        lambda: (
            sum(len(each.all_of("transaction-stopped")) for each in world.backends.values())
            == before + 6
        ),
        "all three have both bills",
    )
    await world.audit()
    assert len(sent_messages(world.box)) > 50  # it was worth an audit
