"""A backend that breaks every rule below OCPP: the manager lives, wallboxes charge, others notice
nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import pytest
import pytest_asyncio
from tests.support.audit import missing, strayed
from tests.support.hostile_backend import HostileBackend, hostile_backend
from tests.support.hostile_server import BEHAVIOURS, HostileServer, hostile_server
from tests.support.processes import LIMIT_S, Program, Stage
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
TRIGGERED: Final = '"context":"Trigger"'
CODES: Final = (1000, 1001, 1008, 1011, 1013, 3000, 4999)


@dataclass
class Site:
    """Three wallboxes: at an honest backend, at one that closes, at no backend at all."""

    stage: Stage
    manager: ManagerProcess
    honest: Program
    closing: HostileBackend
    server: HostileServer
    boxes: dict[str, Program]

    async def session(self, name: str) -> None:
        """From card to bill, as the wallbox sees it."""
        box = self.boxes[name]
        await plug_in(self.stage, box, CARD)
        mark = box.mark
        box.type("stop")
        await self.stage.event(box, "stopped", mark)

    async def honest_session(self) -> None:
        """The neighbour is billed, every message of it."""
        before = len(self.honest.all_of("transaction-stopped"))
        await self.session("CP1")
        await self.stage.until(
            lambda: len(self.honest.all_of("transaction-stopped")) > before, "CP1 is billed"
        )
        box = self.boxes["CP1"]
        # What load management alone asks a wallbox to measure stays with us (R88).
        lost = [each for each in missing(box, self.honest, "CP1") if TRIGGERED not in each.text]
        assert lost == strayed(box, self.honest, "CP1") == []
        assert len(box.all_of("connected")) == 1


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        closing = await stack.enter_async_context(hostile_backend())
        server = await stack.enter_async_context(hostile_server())
        stage = await stack.enter_async_context(Stage(tmp_path_factory.mktemp("site")))
        honest = await run_backend(stage)
        urls = {"CP1": url_of(honest), "CP2": closing.url, "CP3": server.url}
        tables = [evse(f"stall-{name}", name, {"url": url}) for name, url in urls.items()]
        manager = await run_manager(stage, site(*tables, card(CARD)))
        boxes = {name: await run_wallbox(stage, name, manager.url) for name in urls}
        await manager.online("stall-CP1")
        yield Site(stage, manager, honest, closing, server, boxes)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_bytes_that_are_no_backend_cost_only_its_own_login_r15(
    world: Site, behaviour: str
) -> None:
    """A link that was never accepted bills nothing, and its wallbox charges by its card."""
    mark = world.manager.mark
    async with asyncio.timeout(LIMIT_S):
        world.server.behaviour = behaviour
        world.server.drop()
        await world.server.has_served(behaviour)
        await world.session("CP3")
        await world.honest_session()
    accepted = world.manager.program.all_of("backend link", mark, phase="online")
    assert not [event for event in accepted if event["link"].startswith("stall-CP3 ")]


@pytest.mark.parametrize("code", CODES)
async def test_a_backend_that_closes_with_any_code_is_tried_again_r29(
    world: Site, code: int
) -> None:
    closing = world.closing
    async with asyncio.timeout(LIMIT_S):
        await closing.logged_in(1)
        logins = closing.logins
        await closing.close(code)
        await closing.logged_in(logins + 1)
        await world.session("CP2")
    assert closing.closed_with[-1] == code


async def test_everything_that_was_said_to_the_closing_backend_arrived_r58(world: Site) -> None:
    sessions = len(world.boxes["CP2"].all_of("starting"))
    assert sessions == len(CODES)

    def stops() -> int:
        frames = [frame for frame in world.closing.frames if frame[:1] == [2]]
        return len({str(frame[3]) for frame in frames if frame[2] == "StopTransaction"})

    async with asyncio.timeout(LIMIT_S):
        await world.closing.until(lambda: stops() == sessions)
    await world.honest_session()
