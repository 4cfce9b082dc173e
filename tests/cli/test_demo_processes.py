import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from wattgate.cli import demo_processes
from wattgate.cli.demo_processes import Child, Children
from wattgate.runtime.supervisor import Supervisor

LIMIT_S: Final = 60
BACKEND: Final = ("backend", "--json", "--port", "0")


class Stage:
    """Children, what they said, and whether one has died."""

    def __init__(self, tasks: Supervisor) -> None:
        self.death = asyncio.Event()
        self.children = Children(tasks, self.death.set)
        self.said: asyncio.Queue[str] = asyncio.Queue()

    async def backend(self) -> Child:
        child = await self.children.start("The backend", BACKEND, self.said.put_nowait)
        assert json.loads(await self.said.get())["event"] == "listening"
        return child


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    async with asyncio.timeout(LIMIT_S), Supervisor() as tasks:
        found = Stage(tasks)
        try:
            yield found
        finally:
            await found.children.stop()


@pytest.mark.asyncio
async def test_a_child_hears_its_orders_and_ends_when_asked() -> None:
    async with stage() as here:
        child = await here.backend()
        child.order("boot pending")
        assert json.loads(await here.said.get())["event"] == "setting"
    assert child.process.returncode == 0
    assert here.children.dead is None
    child.order("nobody hears this")


@pytest.mark.asyncio
async def test_a_child_that_ends_by_itself_is_remembered_with_its_last_words() -> None:
    async with stage() as here:
        words = ("backend", "--port", "ninety")
        await here.children.start("The backend", words, here.said.put_nowait)
        await here.death.wait()
    assert here.children.dead is not None
    assert here.children.dead.obituary() == (
        "The backend has ended (exit status 2). It said last:\n"
        "  --port: 'ninety' is no whole number from 0 to 65535"
    )


@pytest.mark.asyncio
async def test_only_the_first_death_counts_and_a_silent_one_is_called_so() -> None:
    async with stage() as here:
        first, second = await here.backend(), await here.backend()
        first.last_lines.clear()
        first.process.kill()
        await here.death.wait()
        here.death.clear()
        second.process.kill()
        await second.process.wait()
    assert here.children.dead is first
    assert first.obituary() == ("The backend has ended (killed by SIGKILL). It said last: nothing")


@pytest.mark.asyncio
async def test_a_child_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_processes, "PATIENCE_S", 0.05)
    async with stage() as here:
        child = await here.backend()
        child.process.send_signal(signal.SIGSTOP)
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.asyncio
async def test_a_secret_is_in_the_environment_of_its_child_alone() -> None:
    async with stage() as here:
        secrets = {"WATTGATE_TEST_SECRET": "hidden"}
        await here.children.start("The backend", BACKEND, here.said.put_nowait, secrets=secrets)
        await here.said.get()
    assert "WATTGATE_TEST_SECRET" not in os.environ


@pytest.mark.asyncio
async def test_a_child_is_in_a_session_of_its_own() -> None:
    async with stage() as here:
        pid = (await here.backend()).process.pid
        assert os.getsid(pid) == pid
