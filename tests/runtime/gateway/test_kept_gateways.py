"""The gateways that are served, with all that is needed to serve them without the site."""

import asyncio
from dataclasses import replace

from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.site.kept_gateways import KeptGateway
from wattgate.core.site.model import GatewaySettings
from wattgate.ports.store import NoteRecord, SaveNote
from wattgate.runtime.gateway.kept_gateways import STORE_RETRY_S, KeptGateways
from wattgate.runtime.supervisor import Supervisor

ONE = KeptGateway("a", "CP1", 1, "a CP1@b", "a", 1, GatewaySettings(url="ws://b/", password="one"))
OTHER = replace(ONE, link_id="a CP1@c")
MATE = replace(ONE, evse_id="b", number=2)


async def kept(store: MemoryStore) -> set[KeptGateway]:
    """As the next start finds it."""
    return set(KeptGateways(store, Supervisor()).recover((await store.recover()).notes))


@in_virtual_time()
async def test_what_is_served_is_kept_and_what_is_not_is_forgotten() -> None:
    store = MemoryStore()
    book = KeptGateways(store, Supervisor())
    await book.keep([ONE, OTHER, MATE])
    assert await kept(store) == {ONE, OTHER, MATE}
    changed = replace(ONE, gateway=replace(ONE.gateway, password="another"))
    await book.keep([changed, MATE])
    assert await kept(store) == {changed, MATE}
    await book.keep([])
    assert (await store.recover()).notes == ()


@in_virtual_time()
async def test_what_was_kept_before_is_neither_written_again_nor_lost() -> None:
    store = MemoryStore()
    await store.commit(SaveNote(NoteRecord("gateway", "odd", "not one")))
    await KeptGateways(store, Supervisor()).keep([ONE, MATE])
    later = KeptGateways(store, Supervisor())
    assert set(later.recover((await store.recover()).notes)) == {ONE, MATE}
    await later.keep([ONE])
    assert await kept(store) == {ONE}
    store.failing = True
    await later.keep([ONE])
    assert not later._tasks._tasks


@in_virtual_time()
async def test_what_the_store_cannot_keep_is_stored_as_soon_as_it_can() -> None:
    store = MemoryStore()
    async with Supervisor() as tasks:
        book = KeptGateways(store, tasks)
        store.failing = True
        await book.keep([ONE])
        await book.keep([OTHER])
        await asyncio.sleep(STORE_RETRY_S * 3)
        store.failing = False
        await asyncio.sleep(STORE_RETRY_S * 1.5)
        assert await kept(store) == {OTHER}
        assert not tasks._tasks
