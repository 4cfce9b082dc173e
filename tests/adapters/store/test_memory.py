"""What the in-memory store can do for a test that the durable one cannot."""

import asyncio

import pytest
from tests.support.stores import AT, enqueue, receipt, start

from wattgate.adapters.store.memory import MemoryStore
from wattgate.ports.store import StoreFailed

pytestmark = pytest.mark.asyncio


async def test_a_store_that_was_told_to_fail_fails_and_changes_nothing() -> None:
    store = MemoryStore(failing=True)
    with pytest.raises(StoreFailed):
        await store.commit(enqueue())
    with pytest.raises(StoreFailed):
        await store.take(receipt("stop 7"), enqueue())
    with pytest.raises(StoreFailed):
        await store.open_transaction(start(), (), AT)
    with pytest.raises(StoreFailed):
        await store.recover()
    store.failing = False
    assert await store.outbox("B") == ()
    assert not (await store.take(receipt("stop 7"))).repeated


async def test_a_change_waits_at_the_gate_and_reads_do_not() -> None:
    gate = asyncio.Event()
    store = MemoryStore(gate=gate)

    async def look_then_open() -> int:
        seen = len(await store.outbox("B"))
        gate.set()
        return seen

    queued, seen = await asyncio.gather(store.commit(enqueue()), look_then_open())
    assert seen == 0
    assert await store.outbox("B") == queued


async def test_what_fails_while_it_waits_at_the_gate_changes_nothing() -> None:
    gate = asyncio.Event()
    store = MemoryStore(gate=gate)

    async def fail_then_open() -> None:
        store.failing = True
        gate.set()

    outcome, _ = await asyncio.gather(
        store.commit(enqueue()), fail_then_open(), return_exceptions=True
    )
    assert isinstance(outcome, StoreFailed)
    store.failing = False
    assert await store.outbox("B") == ()


async def test_closing_keeps_everything_for_the_next_manager() -> None:
    store = MemoryStore()
    await store.commit(enqueue())
    await store.close()
    assert (await store.recover()).outbox_depths == {"B": 1}
