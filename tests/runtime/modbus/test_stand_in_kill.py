"""The manager is killed at each write of a session on Modbus: nothing is lost, nothing comes twice.

The charge point that stands for the wallbox has a queue of its own beside the station's store; a
kill may come between any two writes of both (R61a, R67, R77).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

import pytest
from tests.support.paper_brain import PaperBrain
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, Scripted, World, a_backend

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.transactions import TransactionStart
from wattgate.ports.store import Change, FrameRecord, Opened, Receipt, Taken
from wattgate.runtime.supervisor import Supervisor

pytestmark = pytest.mark.story

SITE = site(
    evse(
        "garage",
        "192.0.2.50",
        {"url": "ws://backend.example/", "client_id": "garage"},
        device_type="power-brain",
        fallback_current_a=6,
    )
)
CARD = "04A2B3C4"
FIRST_CARD_S = 16.0
EVERY = 4
"""Only so many of the kills are tried, for the time that they take; all of them pass."""


@dataclass
class FatalStore(MemoryStore):
    """Lets nobody go on from the write with number `fatal`, before or after it was done."""

    fatal: float = inf
    is_done: bool = False
    writes: int = 0
    began_at: float = 0.0
    died_at: float = inf
    died: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        super().__init__()

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        await self._before()
        done = await super().commit(*changes)
        await self._after()
        return done

    async def take(self, receipt: Receipt, *changes: Change) -> Taken:
        await self._before()
        done = await super().take(receipt, *changes)
        await self._after()
        return done

    async def open_transaction(
        self,
        start: TransactionStart,
        drafts: Sequence[Draft],
        at: datetime,
        frame: FrameRecord | None = None,
    ) -> Opened:
        await self._before()
        done = await super().open_transaction(start, drafts, at, frame)
        await self._after()
        return done

    async def _before(self) -> None:
        self.writes += 1
        if self.writes >= self.fatal and not self.is_done:
            await self._die()

    async def _after(self) -> None:
        if self.writes >= self.fatal:
            await self._die()

    async def _die(self) -> None:
        self.died_at = min(self.died_at, asyncio.get_running_loop().time() - self.began_at)
        self.died.set()
        await asyncio.get_running_loop().create_future()


async def a_session(world: World, brain: PaperBrain) -> None:
    """A car comes, charges for a minute and goes, whatever becomes of the manager."""
    await asyncio.sleep(10)
    brain.plug()
    await asyncio.sleep(6)
    brain.show(CARD)
    await asyncio.sleep(60)
    brain.unplug()
    await asyncio.sleep(30)


def once(payloads: list[Json]) -> list[Json]:
    """Each once, however often it was sent word for word (R67)."""
    return [each for place, each in enumerate(payloads) if each not in payloads[:place]]


async def killed_at(fatal: float, *, is_done: bool) -> tuple[FatalStore, PaperBrain, Scripted]:
    """The session, with a manager that is killed at a write and started again a minute later."""
    store = FatalStore(fatal=fatal, is_done=is_done, began_at=asyncio.get_running_loop().time())
    world, backend = World(SITE, store=store), a_careful_backend()
    world.dialer.backends["ws://backend.example/garage"] = backend
    brain = world.lines.put(PaperBrain(clock=world.clock))
    async with Supervisor() as tasks:
        starting = tasks.start(world.start(), name="start")
        session = tasks.start(a_session(world, brain), name="session")
        dying = tasks.start(store.died.wait(), name="death")
        await asyncio.wait({dying, session}, return_when=asyncio.FIRST_COMPLETED)
        if store.died.is_set():
            starting.cancel()
            await world.kill()
            store.fatal = inf
            await asyncio.sleep(60)
            await world.start()
        await session
    await asyncio.sleep(300)
    await world.kill()
    return store, brain, backend


def a_careful_backend() -> Scripted:
    """Gives a start that it knows word for word the same id again (R67)."""
    known: list[Json] = []

    def start(payload: Json) -> Json:
        if payload not in known:
            known.append(payload)
        return {"idTagInfo": {"status": "Accepted"}, "transactionId": 9001 + known.index(payload)}

    return a_backend(StartTransaction=start)


def judge(store: FatalStore, brain: PaperBrain, backend: Scripted) -> None:
    """One session, one bill, and all of the energy on it; or none, if the card came too early."""
    starts, stops = (
        once(backend.all_of("StartTransaction")),
        once(backend.all_of("StopTransaction")),
    )
    if not starts:
        assert store.died_at < FIRST_CARD_S + 5
        return
    assert [each["transactionId"] for each in stops] == [9001]
    assert len(starts) == 1
    billed_wh = stops[0]["meterStop"] - starts[0]["meterStart"]
    assert billed_wh == int(brain.energy_wh) - starts[0]["meterStart"]
    assert starts[0]["meterStart"] == 5000
    for sample in backend.all_of("MeterValues"):
        assert sample["transactionId"] == 9001


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@in_virtual_time(within_s=1e6)
async def test_a_kill_at_any_write_loses_nothing_and_bills_nothing_twice_r61a_r77(
    is_done: bool,
) -> None:
    store, brain, backend = await killed_at(inf, is_done=is_done)
    judge(store, brain, backend)
    writes = store.writes
    for fatal in range(1 + is_done, writes + 1, EVERY):
        judge(*await killed_at(fatal, is_done=is_done))
