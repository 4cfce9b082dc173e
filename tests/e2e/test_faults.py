"""Networks that break at the worst moment, on either side: the bill is the same.

One wallbox, one manager and one backend, with a proxy on each of the two links. Every session ends
with an audit of everything so far.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from tests.support.audit import is_in_order, missing, sent_messages, strayed, taken_messages
from tests.support.fault_proxy import Deed, Fault, FaultProxy, Way, fault_proxy
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import card, evse, site

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

CARD: Final = "04A1B2C3"
Side = Literal["wallbox", "backend"]
SIDES: Final[tuple[Side, ...]] = ("wallbox", "backend")

START, METER, STOP = '"StartTransaction"', '"MeterValues"', '"StopTransaction"'
START_ANSWER: Final = '"transactionId"'
"""Only the answer to a StartTransaction says this on its way back."""

MOMENTS: Final[dict[str, tuple[Way, str, float]]] = {
    "before the start": (Way.THERE, START, 0.0),
    "in the middle of the start": (Way.THERE, START, 0.5),
    "after the start, before its answer": (Way.BACK, START_ANSWER, 0.0),
    "in the middle of the answer": (Way.BACK, START_ANSWER, 0.5),
    "right after the answer": (Way.BACK, START_ANSWER, 1.0),
    "in the middle of meter values": (Way.THERE, METER, 0.5),
    "before the stop": (Way.THERE, STOP, 0.0),
    "in the middle of the stop": (Way.THERE, STOP, 0.5),
    "right after the stop": (Way.THERE, STOP, 1.0),
}


@dataclass
class Site:
    """The three programs, and the proxies between them."""

    stage: Stage
    box: Program
    manager: ManagerProcess
    backend: Program
    proxies: dict[Side, FaultProxy]

    async def session(self) -> None:
        """From card to bill, with at least one sample."""
        before = len(self.backend.all_of("transaction-stopped"))
        await plug_in(self.stage, self.box, CARD)
        mark = self.box.mark
        await self.stage.event(self.box, "meter", mark)
        self.box.type("stop")
        await self.stage.until(
            lambda: len(self.backend.all_of("transaction-stopped")) > before, "it is billed"
        )

    async def audit(self) -> None:
        """Everything so far: nothing lost, nothing strayed, each session once, in order."""
        await self.stage.until(
            lambda: not missing(self.box, self.backend, "CP1"), "nothing is missing"
        )
        sessions = len(self.box.all_of("starting"))
        assert strayed(self.box, self.backend, "CP1") == []
        assert is_in_order(self.box, self.backend, "CP1")
        assert len(self.backend.all_of("transaction-started")) == sessions
        assert len(self.backend.all_of("transaction-stopped")) == sessions
        # What came twice came to the letter, or the backend would have counted it twice.
        taken = [
            each for each in taken_messages(self.backend, "CP1") if each.action != "MeterValues"
        ]
        sent = {each.digest for each in sent_messages(self.box, confirmed=False)}
        assert {each.digest for each in taken} <= sent
        assert len({each.digest for each in taken}) == 2 * sessions
        assert self.backend.all_of("anomaly") == []


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(tmp_path_factory.mktemp("site")))
        backend = await run_backend(stage)
        port = urlsplit(url_of(backend)).port
        assert port is not None
        north = await stack.enter_async_context(fault_proxy(port))
        text = site(evse("stall", "CP1", {"url": north.url}), card(CARD))
        manager = await run_manager(stage, text)
        south = await stack.enter_async_context(fault_proxy(manager.ocpp_port))
        box = await run_wallbox(stage, "CP1", south.url, "--meter-interval", "1")
        await manager.online("stall")
        yield Site(stage, box, manager, backend, {"wallbox": south, "backend": north})


def _breaks() -> list[tuple[Side, str, Deed]]:
    """A wallbox takes a second or two to come back: there, the deeds take turns."""
    rows: list[tuple[Side, str, Deed]] = []
    for number, moment in enumerate(MOMENTS):
        rows += [("backend", moment, deed) for deed in (Deed.CUT, Deed.RESET)]
        rows.append(("wallbox", moment, (Deed.CUT, Deed.RESET)[number % 2]))
    return rows


@pytest.mark.parametrize(("side", "moment", "deed"), _breaks(), ids=str)
async def test_a_link_that_breaks_costs_nothing_and_doubles_nothing_r58_r61_r67_r68(
    world: Site, side: Side, moment: str, deed: Deed
) -> None:
    proxy = world.proxies[side]
    struck = proxy.struck
    proxy.faults.append(Fault(*MOMENTS[moment], deed))
    await world.session()
    assert proxy.struck == struck + 1
    await world.audit()


@pytest.mark.parametrize("word", [START, STOP], ids=["start", "stop"])
@pytest.mark.parametrize("side", SIDES)
async def test_what_a_half_open_link_swallowed_comes_over_the_next_one_r28_r68(
    world: Site, side: Side, word: str
) -> None:
    """Nobody is told anything until the network forgets the connection."""
    proxy = world.proxies[side]
    struck = proxy.struck
    proxy.faults.append(Fault(Way.THERE, word, 0.5, Deed.HOLD))
    async with asyncio.TaskGroup() as tasks:
        session = tasks.create_task(world.session())
        await proxy.until_struck(struck + 1)
        proxy.each(Deed.RESET)
        await session
    await world.audit()


async def test_a_start_that_hangs_in_the_network_is_answered_and_then_delivered_r61a_r62(
    world: Site,
) -> None:
    """The backend gets its first half at once, and its second when the wallbox was answered."""
    proxy = world.proxies["backend"]
    struck = proxy.struck
    proxy.faults.append(Fault(Way.THERE, START, 0.5, Deed.HOLD))
    billed = len(world.backend.all_of("transaction-stopped"))
    mark = world.box.mark
    world.box.type("plug", f"rfid {CARD}")
    await proxy.until_struck(struck + 1)
    # The manager waits 20 s for a backend that hangs; the wallbox's link breaks meanwhile.
    world.proxies["wallbox"].each(Deed.CUT)
    await world.stage.event(world.box, "connected", mark)
    proxy.let_go()
    await world.stage.event(world.box, "started", mark)
    world.box.type("stop")
    await world.stage.until(
        lambda: len(world.backend.all_of("transaction-stopped")) > billed, "it is billed"
    )
    await world.audit()


@pytest.mark.parametrize("side", SIDES)
async def test_a_slow_link_is_a_link_r15(world: Site, side: Side) -> None:
    proxy = world.proxies[side]
    for connection in proxy.connections:
        connection.slow_bytes = 3
    await world.session()
    for connection in proxy.connections:
        connection.slow_bytes = None
    await world.audit()


@pytest.mark.parametrize("side", SIDES)
async def test_a_storm_of_broken_connections_passes_r29(world: Site, side: Side) -> None:
    proxy = world.proxies[side]
    accepted = proxy.accepted
    proxy.storm = 2
    proxy.each(Deed.RESET)
    await world.session()
    assert proxy.accepted >= accepted + 3
    await world.audit()


@pytest.mark.parametrize("side", SIDES)
async def test_a_refused_connection_is_tried_again_r29(world: Site, side: Side) -> None:
    proxy = world.proxies[side]
    mark = world.box.mark
    proxy.refuse()
    proxy.each(Deed.CUT)
    world.box.type("plug", f"rfid {CARD}")
    await world.stage.event(world.box, "starting", mark)
    await proxy.listen()
    await world.stage.event(world.box, "started", mark)
    billed = len(world.backend.all_of("transaction-stopped"))
    world.box.type("stop")
    await world.stage.until(
        lambda: len(world.backend.all_of("transaction-stopped")) > billed, "it is billed"
    )
    await world.audit()


async def test_both_links_break_in_one_session_and_the_manager_is_killed_between_r71(
    world: Site,
) -> None:
    billed = len(world.backend.all_of("transaction-stopped"))
    struck = world.proxies["backend"].struck
    world.proxies["backend"].faults.append(Fault(Way.BACK, START_ANSWER, 0.5, Deed.HOLD))
    mark = world.box.mark
    world.box.type("plug", f"rfid {CARD}")
    await world.proxies["backend"].until_struck(struck + 1)
    await world.manager.kill()
    await world.manager.restart()
    world.proxies["backend"].each(Deed.RESET)
    await world.stage.event(world.box, "started", mark)
    world.proxies["wallbox"].faults.append(Fault(Way.THERE, STOP, 0.5, Deed.RESET))
    world.box.type("stop")
    await world.stage.until(
        lambda: len(world.backend.all_of("transaction-stopped")) > billed, "it is billed"
    )
    await world.audit()
    assert len(sent_messages(world.box)) > 50  # it was worth an audit
