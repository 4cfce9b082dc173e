"""What both stores promise about dead letters, late verdicts, evidence and notes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.stores import AT, draft, enqueue, receipt, start

from wattgate.core.errors import LocalUsageError
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store import (
    Bury,
    CloseTransaction,
    CountAttempt,
    DeleteNote,
    Enqueue,
    ForgetTags,
    FrameRecord,
    FrameWay,
    KeepAside,
    KeepFrame,
    NoteRecord,
    RejectTransaction,
    RememberTag,
    Requeue,
    SaveNote,
    Store,
    TagRecord,
)

pytestmark = pytest.mark.asyncio


def frame(text: str, *, way: FrameWay = FrameWay.RECEIVED, transaction_id: int = 1) -> FrameRecord:
    return FrameRecord(transaction_id, way, "CP1", "MeterValues", text, AT)


async def test_r66_a_dead_letter_that_is_taken_up_again_is_the_last_of_its_queue(
    store: Store,
) -> None:
    (first, second) = await store.commit(enqueue("first"), enqueue("second"))
    await store.commit(CountAttempt(first.number), Bury(first.number, "refused", AT))
    (again,) = await store.commit(Requeue(first.number))
    assert (again.draft.payload_text, again.attempts) == ("first", 0)
    assert again.number > second.number
    assert await store.outbox("B") == (second, again)
    assert await store.dead_letters() == ()


async def test_r69_what_is_kept_aside_is_a_letter_at_once_and_never_in_a_queue(
    store: Store,
) -> None:
    taken = await store.take(receipt("k"), KeepAside(draft("odd"), "unknown", AT))
    assert taken.queued == ()
    assert await store.outbox("B") == ()
    (letter,) = await store.dead_letters()
    assert (letter.message.draft, letter.reason, letter.at) == (draft("odd"), "unknown", AT)
    (next_one,) = await store.commit(enqueue())
    assert next_one.number > letter.message.number


async def test_r66_letters_are_counted_by_their_queue(store: Store) -> None:
    assert (await store.recover()).letter_counts == {}
    for link_id in ("B", "B", "C"):
        await store.commit(KeepAside(draft(link_id=link_id), "unknown", AT))
    assert (await store.recover()).letter_counts == {"B": 2, "C": 1}
    (letter, *_) = await store.dead_letters()
    await store.commit(Requeue(letter.message.number))
    assert (await store.recover()).letter_counts == {"B": 2}


async def test_r66_a_letter_that_nobody_knows_cannot_be_taken_up(store: Store) -> None:
    (message,) = await store.commit(enqueue("waits"))
    assert await store.commit(Requeue(message.number), Requeue(99)) == ()
    assert await store.outbox("B") == (message,)


async def test_r72_what_is_expendable_stays_so_as_a_letter_and_in_the_queue(store: Store) -> None:
    (message,) = await store.commit(Enqueue(replace(draft(), expendable=True)))
    await store.commit(Bury(message.number, "refused", AT))
    (letter,) = await store.dead_letters()
    assert letter.message.draft.expendable
    (again,) = await store.commit(Requeue(message.number))
    assert again.draft.expendable
    assert (await store.outbox("B"))[0].draft.expendable


async def test_r65_a_late_verdict_is_kept_with_its_transaction(store: Store) -> None:
    opened = await store.open_transaction(start(), (), AT)
    await store.commit(RejectTransaction(opened.transaction_id, "Blocked"))
    (record,) = (await store.recover()).open_transactions
    assert record.late_verdict == "Blocked"


async def test_r65_a_verdict_about_no_transaction_is_a_bug(store: Store) -> None:
    with pytest.raises(LocalUsageError, match="no transaction 7"):
        await store.commit(RejectTransaction(7, "Blocked"))


@pytest.mark.parametrize("inferred", [True, False])
async def test_r69_an_end_tells_whether_it_was_inferred(store: Store, inferred: bool) -> None:
    opened = await store.open_transaction(start(), (), AT)
    stop = TransactionStop(2000, "2026-11-22T10:00:00Z", "Local", inferred=inferred)
    await store.commit(CloseTransaction("CP1", opened.transaction_id, stop))
    record = await store.transaction("CP1", opened.transaction_id)
    assert record is not None
    assert record.stop == stop


async def test_r122_the_frames_of_a_transaction_are_kept_as_they_were(store: Store) -> None:
    text = '[2, "s1","StartTransaction",{ "idTag":"\\u00e4\\/" }]'
    first = replace(frame(text), action="StartTransaction", transaction_id=0)
    opened = await store.open_transaction(start(), (draft(),), AT, first)
    sent = frame("[2]", way=FrameWay.SENT, transaction_id=opened.transaction_id)
    other = frame("[3]", transaction_id=opened.transaction_id + 1)
    await store.commit(KeepFrame(sent), KeepFrame(other))
    assert await store.frames(opened.transaction_id) == (
        replace(first, transaction_id=opened.transaction_id),
        sent,
    )


async def test_r68_a_repeated_start_is_no_new_evidence(store: Store) -> None:
    opened = await store.open_transaction(start(), (), AT, frame("[2]"))
    assert (await store.open_transaction(start(), (), AT, frame("[2]"))).repeated
    assert len(await store.frames(opened.transaction_id)) == 1


async def test_a_note_is_kept_until_it_is_replaced_or_deleted(store: Store) -> None:
    await store.commit(
        SaveNote(NoteRecord("B", "list", "1")), SaveNote(NoteRecord("C", "list", ""))
    )
    await store.commit(SaveNote(NoteRecord("B", "list", "2")), DeleteNote("C", "list"))
    await store.commit(DeleteNote("C", "never"))
    assert (await store.recover()).notes == (NoteRecord("B", "list", "2"),)


async def test_r55_a_cleared_cache_is_that_of_one_link(store: Store) -> None:
    later = AT + timedelta(minutes=1)
    tags = [TagRecord(link_id, "04a1", "{}", later) for link_id in ("B", "C")]
    await store.commit(*map(RememberTag, tags))
    await store.commit(ForgetTags("B"))
    assert (await store.recover()).tags == (tags[1],)
