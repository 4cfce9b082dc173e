"""Logins at backends: those that fail, where they stand, what came over them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.frames import ONE_BACKEND, Literal
from tests.support.world import ScriptedDialer, World

from wattgate.ports.links import DialFailed, DialTarget, Link, Receiver
from wattgate.runtime.gateway.link.backend_link import BackendLink

URL = "ws://backend/CP1"
CALM = ONE_BACKEND.replace("[site]", "[site]\ncycle_s = 60")


def now() -> float:
    return asyncio.get_running_loop().time()


def the_link(world: World, evse_id: str = "stall-1") -> BackendLink:
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    assert state.evse.link is not None
    return state.evse.link


def after(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)


def actions(backend: Literal, start: int = 0) -> list[str]:
    return [action for action, _ in backend.calls[start:]]


@dataclass
class RefusingDialer(ScriptedDialer):
    """Fails with `failure` while it has one; `at` notes when it was asked, `slow_s` delays it."""

    failure: DialFailed | None = None
    at: list[float] = field(default_factory=list)
    slow_s: float = 0.0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def asked(self, times: int) -> None:
        """Wait until it was asked that often."""
        while len(self.at) < times:
            self._news.clear()
            await self._news.wait()

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        self.at.append(round(now(), 3))
        self._news.set()
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.failure is not None:
            raise self.failure
        return await super().dial(target, receiver)
