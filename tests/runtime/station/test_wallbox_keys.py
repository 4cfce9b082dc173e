"""Keys of a wallbox that are made, given up and used while the disk still works (S3)."""

import asyncio

import pytest
from tests.support.frames import settled
from tests.support.keyed_box import a_box, restarted
from tests.support.virtual_time import in_virtual_time

from wattgate.ports.store import StoreFailed
from wattgate.runtime.station.key_writing import KeyNotWritten, Written


@in_virtual_time()
async def test_of_two_who_want_a_key_written_at_once_one_is_told_to_wait() -> None:
    """Of two keys that a wallbox is told at once it may take either, and we would know one."""
    async with a_box() as box:
        box.world.store.gate = gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        both = [loop.create_task(box.is_written()) for _ in range(2)]
        await settled()
        gate.set()
        done = await asyncio.gather(*both, return_exceptions=True)
        assert [type(each) for each in done] == [Written, KeyNotWritten]
        assert len(box.keys) == 1


@in_virtual_time()
async def test_keys_that_are_shown_at_once_are_all_good_also_after_a_kill() -> None:
    async with a_box() as box:
        manager, loop = box.world.manager, asyncio.get_running_loop()
        assert manager is not None
        box.world.store.gate = gate = asyncio.Event()
        both = [loop.create_task(manager.key_writing.show("CP1")) for _ in range(2)]
        await settled()
        gate.set()
        shown = await asyncio.gather(*both)
        assert [box.opens(key) for key in shown] == [True, True]
        await restarted(box)
        assert [box.opens(key) for key in shown] == [True, True]


@in_virtual_time()
async def test_a_key_is_stored_also_where_the_wallbox_came_with_an_earlier_one_meanwhile() -> None:
    async with a_box() as box:
        manager, loop = box.world.manager, asyncio.get_running_loop()
        assert manager is not None
        earlier = await manager.key_writing.show("CP1")
        box.world.store.gate = gate = asyncio.Event()
        asking = loop.create_task(manager.key_writing.show("CP1"))
        await settled()
        box.end.hang_up()
        box.password = earlier
        await box.comes()
        gate.set()
        shown = await asking
        await settled()
        await restarted(box)
        assert box.opens(shown)
        assert box.opens(earlier)
        assert not box.opens("secret")


@in_virtual_time()
async def test_a_key_that_is_made_while_the_others_are_given_up_is_good() -> None:
    async with a_box() as box:
        manager, loop = box.world.manager, asyncio.get_running_loop()
        assert manager is not None
        box.world.store.gate = gate = asyncio.Event()
        giving_up = loop.create_task(manager.key_writing.forget("CP1"))
        await settled()
        asking = loop.create_task(manager.key_writing.show("CP1"))
        await settled()
        gate.set()
        await giving_up
        shown = await asking
        assert box.opens(shown)
        await restarted(box)
        assert box.opens(shown)


@in_virtual_time()
async def test_keys_whose_giving_up_cannot_be_stored_stay_good() -> None:
    async with a_box() as box:
        assert box.world.manager is not None
        shown = await box.world.manager.key_writing.show("CP1")
        box.world.store.failing = True
        with pytest.raises(StoreFailed):
            await box.world.manager.key_writing.forget("CP1")
        assert box.opens(shown)
