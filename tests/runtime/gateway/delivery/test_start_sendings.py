"""What is noted of starts that were sent (R67)."""

import pytest
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import NoteRecord, StoreFailed
from wattgate.runtime.gateway.delivery.start_sendings import StartSendings

START = Draft("B", "StartTransaction", "{}", 7)
NOTE = NoteRecord("start sent B", "7", "")


async def notes(store: MemoryStore) -> tuple[NoteRecord, ...]:
    return (await store.recover()).notes


@in_virtual_time()
async def test_the_first_sending_is_noted_before_it_begins_and_the_second_known_r67() -> None:
    store = MemoryStore()
    sendings = StartSendings("B", store)
    await sendings.begin(START)
    assert await notes(store) == (NOTE,)
    assert not sendings.may_be_known(START)
    await sendings.begin(START)
    assert sendings.may_be_known(START)
    await store.commit(sendings.taken(7))
    assert await notes(store) == ()


@in_virtual_time()
async def test_what_was_sent_before_a_restart_is_known_after_it_per_link_r67() -> None:
    store = MemoryStore()
    await StartSendings("B", store).begin(START)
    for link_id, known in (("B", True), ("C", False)):
        sendings = StartSendings(link_id, store)
        sendings.recover(await notes(store))
        await sendings.begin(START)
        assert sendings.may_be_known(START) is known


@in_virtual_time()
async def test_what_never_left_is_not_known_r67() -> None:
    sendings = StartSendings("B", MemoryStore())
    await sendings.begin(START)
    sendings.never_left(START)
    await sendings.begin(START)
    assert not sendings.may_be_known(START)


@in_virtual_time()
async def test_a_start_that_cannot_be_noted_is_not_to_be_sent_r67() -> None:
    sendings = StartSendings("B", MemoryStore(failing=True))
    with pytest.raises(StoreFailed):
        await sendings.begin(START)
    assert not sendings.may_be_known(START)


@pytest.mark.parametrize(
    "draft", [Draft("B", "MeterValues", "{}", 7), Draft("B", "StartTransaction", "{}")]
)
@in_virtual_time()
async def test_nothing_but_a_start_of_ours_is_noted_r67(draft: Draft) -> None:
    store = MemoryStore()
    sendings = StartSendings("B", store)
    await sendings.begin(START)
    for _ in range(2):
        await sendings.begin(draft)
        sendings.never_left(draft)
    assert await notes(store) == (NOTE,)
    await sendings.begin(START)
    assert sendings.may_be_known(START)
