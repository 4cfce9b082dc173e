"""What is removed with time, and what a clock that jumps cannot remove."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from tests.support.stores import start
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.retention import NO_AGE_BEFORE, Retention
from wattgate.core.site.storage import StorageSettings
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store import (
    Change,
    CloseTransaction,
    FrameRecord,
    FrameWay,
    KeepFrame,
    Receipt,
    StoreCondition,
)
from wattgate.runtime.housekeeping import BREATH_S, MIB, RESERVE_S, TIDY_S, Housekeeping
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

DAY_S = 86_400.0
YEAR_S = 365 * DAY_S
long = in_virtual_time(within_s=90 * DAY_S)


class Disk(MemoryStore):
    """A store on a disk with `room_b` bytes for its reserve."""

    def __init__(self) -> None:
        super().__init__()
        self.room_b = 64 * MIB
        self.asked_b: list[int] = []

    async def keep_reserve(self, size_b: int) -> bool:
        self.asked_b.append(size_b)
        self.has_reserve = size_b <= self.room_b
        return self.has_reserve


class Kept:
    """A store that keeps a receipt, an ended transaction and a frame of it, all of one moment."""

    def __init__(self, clock: FakeClock, store: MemoryStore) -> None:
        self.clock = clock
        self.store = store
        self.settings = StorageSettings(transaction_days=30, evidence_days=20)
        self._tasks = Supervisor()

    async def start(self) -> None:
        """Begin to tidy, as a manager that starts."""
        tools = Tools(self.clock, ScriptedIdentifiers())
        housekeeping = Housekeeping(self.store, tools, lambda: self.settings)
        housekeeping.recover((await self.store.recover()).notes)
        self._tasks.spawn(housekeeping.run(), name="housekeeping")
        if isinstance(self.store, Disk):
            self._tasks.spawn(housekeeping.watch_reserve(), name="reserve")

    async def stop(self) -> None:
        await self._tasks.stop()

    async def store_all(self) -> None:
        at = self.clock.wall()
        opened = await self.store.open_transaction(start("t"), (), at)
        stop = TransactionStop(2000, "2026-05-15T12:00:00Z", "Local")
        await self.store.commit(
            CloseTransaction("CP1", opened.transaction_id, stop),
            KeepFrame(FrameRecord(1, FrameWay.RECEIVED, "CP1", "MeterValues", "[2]", at)),
        )
        await self.store.take(Receipt("CP1", "k", "{}", at))

    async def left(self) -> set[str]:
        tables = self.store._tables
        kinds = {
            "receipt": tables.receipts,
            "transaction": tables.transactions,
            "frame": tables.frames,
        }
        return {name for name, table in kinds.items() if table}


ALL = {"receipt", "transaction", "frame"}


@asynccontextmanager
async def keeping(
    clock: FakeClock | None = None, *, trusted: bool = True, store: MemoryStore | None = None
) -> AsyncIterator[Kept]:
    """Everything kept, and tidied; when `trusted`, the clock has been running for ten days."""
    kept = Kept(clock or FakeClock(), store or MemoryStore())
    await kept.start()
    if trusted:
        await asyncio.sleep(10 * DAY_S)
    await kept.store_all()
    yield kept
    await kept.stop()


@long
async def test_each_kind_goes_in_its_time_r68() -> None:
    async with keeping() as kept:
        for days, left in (
            (7.5, ALL),
            (1.0, {"transaction", "frame"}),
            (11.0, {"transaction", "frame"}),
            (1.0, {"transaction"}),
            (9.0, {"transaction"}),
            (1.0, set()),
        ):
            await asyncio.sleep(days * DAY_S)
            assert await kept.left() == left


@pytest.mark.parametrize("jump_s", [YEAR_S, 20 * YEAR_S, 2 * DAY_S])
@long
async def test_a_jump_ahead_removes_nothing_for_eight_days_r68(jump_s: float) -> None:
    async with keeping() as kept:
        kept.clock.jump_wall(jump_s)
        await asyncio.sleep(7.9 * DAY_S)
        assert await kept.left() == ALL
        kept.clock.jump_wall(-jump_s)
        await asyncio.sleep(7.9 * DAY_S)
        assert await kept.left() == ALL, "put right in time, nothing is lost"
        await asyncio.sleep(0.2 * DAY_S)
        assert "receipt" not in await kept.left()


@long
async def test_a_small_step_of_the_clock_is_no_jump() -> None:
    async with keeping() as kept:
        kept.clock.jump_wall(0.9 * DAY_S)
        await asyncio.sleep(7 * DAY_S)
        assert await kept.left() == ALL, "at least seven days (R68)"
        await asyncio.sleep(0.2 * DAY_S)
        assert await kept.left() == {"transaction", "frame"}


@long
async def test_a_jump_back_keeps_no_receipt_for_ever_and_revives_none_r68() -> None:
    async with keeping() as kept:
        await asyncio.sleep(9 * DAY_S)
        assert await kept.left() == {"transaction", "frame"}
        await kept.store.take(Receipt("CP1", "young", "{}", kept.clock.wall()))
        kept.clock.jump_wall(-10 * YEAR_S)
        await asyncio.sleep(7.9 * DAY_S)
        assert await kept.left() == ALL
        await asyncio.sleep(0.2 * DAY_S)
        assert await kept.left() == {"transaction", "frame"}, "it is older than eight days by now"


@long
async def test_what_was_stored_before_the_clock_was_set_is_not_taken_for_old() -> None:
    async with keeping(FakeClock(datetime(1970, 1, 1, tzinfo=UTC)), trusted=False) as kept:
        await asyncio.sleep(120)
        ahead = datetime(2026, 5, 15, tzinfo=UTC) - kept.clock.wall()
        kept.clock.jump_wall(ahead.total_seconds())
        await asyncio.sleep(7.9 * DAY_S)
        assert await kept.left() == ALL
        await asyncio.sleep(50 * DAY_S)
        assert kept.clock.wall() > NO_AGE_BEFORE
        assert await kept.left() == {"transaction", "frame"}, "they have no age"


@long
async def test_a_clock_that_jumps_over_a_restart_removes_nothing_at_once() -> None:
    async with keeping() as kept:
        await asyncio.sleep(2 * TIDY_S)
        await kept.stop()
        kept.clock.jump_wall(2 * YEAR_S)
        await kept.start()
        await asyncio.sleep(7.9 * DAY_S)
        assert await kept.left() == ALL


@long
async def test_a_machine_that_was_off_for_three_weeks_tidies_as_before() -> None:
    async with keeping() as kept:
        await asyncio.sleep(2 * TIDY_S)
        await kept.stop()
        kept.clock.jump_wall(19.8 * DAY_S)
        await kept.start()
        await asyncio.sleep(120)
        assert await kept.left() == {"transaction", "frame"}


@long
async def test_a_store_that_fails_is_tidied_later() -> None:
    async with keeping() as kept:
        kept.store.failing = True
        await asyncio.sleep(40 * DAY_S)
        assert await kept.left() == ALL
        kept.store.failing = False
        await asyncio.sleep(2 * TIDY_S)
        assert await kept.left() == set()


@long
async def test_a_changed_setting_holds_with_the_next_tidying() -> None:
    async with keeping() as kept:
        await asyncio.sleep(15 * DAY_S)
        kept.settings = StorageSettings(transaction_days=30, evidence_days=10)
        await asyncio.sleep(2 * TIDY_S)
        assert await kept.left() == {"transaction"}


class Noting(MemoryStore):
    """Notes when it was tidied, and how much went."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[tuple[float, int]] = []

    async def tidy(self, retention: Retention, *, limit: int = 500) -> int:
        gone = await super().tidy(retention, limit=limit)
        if gone:
            self.batches.append((asyncio.get_running_loop().time(), gone))
        return gone


@long
async def test_ten_thousand_receipts_go_in_batches_with_pauses() -> None:
    store = Noting()
    async with keeping(store=store) as kept:
        for number in range(9_999):
            await store.take(Receipt("CP1", str(number), "{}", kept.clock.wall()))
        await asyncio.sleep(9 * DAY_S)
    assert [gone for _, gone in store.batches] == [500] * 20
    times = [at for at, _ in store.batches]
    assert all(b - a >= 0.99 * BREATH_S for a, b in pairwise(times))


@long
async def test_the_reserve_is_made_at_the_start_and_again_when_there_is_room() -> None:
    disk = Disk()
    disk.room_b = 0
    async with keeping(trusted=False, store=disk) as kept:
        await asyncio.sleep(1)
        assert disk.condition == StoreCondition(None, has_reserve=False)
        disk.room_b = 64 * MIB
        await asyncio.sleep(RESERVE_S)
        assert disk.condition == StoreCondition()
        kept.settings = StorageSettings(reserve_mb=2)
        await asyncio.sleep(RESERVE_S)
        assert disk.asked_b == [16 * MIB, 16 * MIB, 2 * MIB]


class Sticking(Disk):
    """Fails once; then only a change that is stored shows that it works again."""

    stuck: str | None = None

    @property
    def condition(self) -> StoreCondition:
        return StoreCondition(self.stuck)

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        queued = await super().commit(*changes)
        self.stuck = None
        return queued


@long
async def test_a_store_that_failed_is_tried_though_nobody_has_anything_to_store() -> None:
    disk = Sticking()
    async with keeping(trusted=False, store=disk):
        await asyncio.sleep(1)
        disk.stuck, disk.failing = "disk I/O error", True
        await asyncio.sleep(5 * RESERVE_S)
        assert disk.condition == StoreCondition("disk I/O error")
        disk.failing = False
        await asyncio.sleep(RESERVE_S)
        assert disk.condition == StoreCondition()
