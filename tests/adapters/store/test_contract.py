"""What both stores promise: the durable one, and the one that stands in for it in other tests."""

from datetime import timedelta

import pytest
from tests.support.stores import AT, enqueue, receipt

from wattgate.core.errors import LocalUsageError
from wattgate.ports.store import (
    AnswerTransaction,
    BehaviourRecord,
    Bury,
    Change,
    CountAttempt,
    DeadLetter,
    DeleteProfile,
    DeleteRelease,
    GrantRecord,
    ProfileRecord,
    Recovered,
    ReleaseRecord,
    RememberStation,
    RememberTag,
    SaveBehaviour,
    SaveDocument,
    SaveGrant,
    SaveProfile,
    SaveRelease,
    Settle,
    StationRecord,
    Store,
    TagRecord,
    Taken,
)

pytestmark = pytest.mark.asyncio

LATER = AT + timedelta(minutes=1)


async def payloads(store: Store, link_id: str = "B") -> list[str]:
    return [message.draft.payload_text for message in await store.outbox(link_id)]


async def test_a_new_store_knows_nothing(store: Store) -> None:
    assert await store.recover() == Recovered()
    assert await store.transactions() == ()
    assert await store.outbox("B") == ()
    assert await store.dead_letters() == ()
    assert await store.document("site") is None


# The queue


async def test_r71_a_queue_keeps_the_order_and_the_text_of_its_messages(store: Store) -> None:
    texts = ['{"a": 1}', '{ "signed":"é\\u00e9\U0001f50c" }', "{}"]
    queued = await store.commit(*(enqueue(text) for text in texts))
    assert [message.draft.payload_text for message in queued] == texts
    assert [message.number for message in queued] == sorted(message.number for message in queued)
    assert await store.outbox("B") == queued


async def test_queues_of_two_links_do_not_mix(store: Store) -> None:
    await store.commit(enqueue("1", link_id="B"), enqueue("2", link_id="C"), enqueue("3"))
    assert await payloads(store, "B") == ["1", "3"]
    assert await payloads(store, "C") == ["2"]
    assert (await store.recover()).outbox_depths == {"B": 2, "C": 1}


async def test_a_queue_is_read_in_pieces(store: Store) -> None:
    queued = await store.commit(*(enqueue(str(n)) for n in range(5)))
    assert await store.outbox("B", limit=2) == queued[:2]
    assert await store.outbox("B", after=queued[1].number, limit=2) == queued[2:4]
    assert await store.outbox("B", after=queued[4].number) == ()


async def test_a_settled_message_is_gone_and_its_number_never_comes_back(store: Store) -> None:
    (message,) = await store.commit(enqueue())
    await store.commit(Settle(message.number))
    assert await store.outbox("B") == ()
    assert (await store.recover()).outbox_depths == {}
    (following,) = await store.commit(enqueue())
    assert following.number > message.number


async def test_r66_attempts_are_counted(store: Store) -> None:
    (message,) = await store.commit(enqueue())
    await store.commit(CountAttempt(message.number))
    await store.commit(CountAttempt(message.number))
    assert [message.attempts for message in await store.outbox("B")] == [2]


async def test_r66_a_message_that_is_given_up_is_kept_as_a_dead_letter(store: Store) -> None:
    first, second, _ = await store.commit(enqueue("1"), enqueue("2"), enqueue("3"))
    await store.commit(CountAttempt(second.number), Bury(second.number, "refused", AT))
    await store.commit(Bury(first.number, "silent", AT))
    assert await payloads(store) == ["3"]
    letters = await store.dead_letters()
    assert [(letter.message.number, letter.reason) for letter in letters] == [
        (first.number, "silent"),
        (second.number, "refused"),
    ]
    assert [letter.message.attempts for letter in letters] == [0, 1]
    assert letters[0] == DeadLetter(first, "silent", AT)
    assert await store.dead_letters(limit=1) == letters[:1]


@pytest.mark.parametrize("change", [Settle(7), CountAttempt(7), Bury(7, "refused", AT)])
async def test_a_number_that_is_not_queued_changes_nothing(store: Store, change: Change) -> None:
    await store.commit(change)
    assert await store.dead_letters() == ()
    assert await store.outbox("B") == ()


# Messages that count once


async def test_r68_a_repeated_message_gets_the_first_answer_and_changes_nothing(
    store: Store,
) -> None:
    first = await store.take(receipt("stop 7", '{"first":1}'), enqueue("1"), enqueue("2"))
    assert (first.answer_text, first.repeated) == ('{"first":1}', False)
    assert first.queued == await store.outbox("B")
    again = await store.take(receipt("stop 7", '{"second":2}'), enqueue("1"), enqueue("2"))
    assert again == Taken('{"first":1}', repeated=True)
    assert await payloads(store) == ["1", "2"]


async def test_r68_the_same_key_of_another_wallbox_is_another_message(store: Store) -> None:
    await store.take(receipt("stop 7", station_id="CP1"), enqueue("1"))
    other = await store.take(receipt("stop 7", station_id="CP2"), enqueue("2"))
    assert not other.repeated
    assert await payloads(store) == ["1", "2"]


async def test_p12_a_message_whose_changes_are_refused_leaves_no_receipt(store: Store) -> None:
    with pytest.raises(LocalUsageError):
        await store.take(receipt("stop 7"), enqueue(), AnswerTransaction(99, "{}"))
    assert await store.outbox("B") == ()
    assert not (await store.take(receipt("stop 7"))).repeated


# The rest of what a manager must know again


async def test_a_wallbox_is_remembered_with_its_last_boot(store: Store) -> None:
    await store.commit(RememberStation("CP2", AT), RememberStation("CP1", AT, '{"boot":1}'))
    await store.commit(RememberStation("CP1", LATER))
    assert (await store.recover()).stations == (
        StationRecord("CP1", '{"boot":1}', LATER),
        StationRecord("CP2", None, AT),
    )
    await store.commit(RememberStation("CP1", LATER, '{"boot":2}'))
    assert (await store.recover()).stations[0].boot_text == '{"boot":2}'


async def test_p12_the_newest_grant_of_an_evse_is_known_again(store: Store) -> None:
    grants = [
        GrantRecord("stall-1", 16.0, None, AT),
        GrantRecord("stall-2", 6.3, 10.5, AT),
        GrantRecord("stall-1", 0.0, 32.0, LATER),
    ]
    for grant in grants:
        await store.commit(SaveGrant(grant))
    assert (await store.recover()).grants == (grants[2], grants[1])


async def test_r54_a_card_is_remembered_per_link_whatever_its_case(store: Store) -> None:
    for tag in (
        TagRecord("B", "04a1b2", '{"status":"Accepted"}', AT),
        TagRecord("C", "04A1B2", '{"status":"Blocked"}', AT),
        TagRecord("B", "04A1B2", '{"status":"Expired"}', LATER),
    ):
        await store.commit(RememberTag(tag))
    assert (await store.recover()).tags == (
        TagRecord("B", "04a1b2", '{"status":"Expired"}', LATER),
        TagRecord("C", "04a1b2", '{"status":"Blocked"}', AT),
    )


async def test_profiles_are_kept_per_link_and_can_be_deleted(store: Store) -> None:
    for profile in (
        ProfileRecord("B", 5, 1, '{"old":1}'),
        ProfileRecord("B", 5, 2, '{"new":1}'),
        ProfileRecord("C", 5, 0, "{}"),
        ProfileRecord("B", 6, 0, "{}"),
    ):
        await store.commit(SaveProfile(profile))
    await store.commit(DeleteProfile("B", 6), DeleteProfile("B", 99))
    assert (await store.recover()).profiles == (
        ProfileRecord("B", 5, 2, '{"new":1}'),
        ProfileRecord("C", 5, 0, "{}"),
    )


async def test_r100a_what_was_seen_is_kept_per_vendor_model_and_firmware(store: Store) -> None:
    for behaviour in (
        BehaviourRecord("EVer", "Box", "1.2", '{"old":1}', AT),
        BehaviourRecord("EVer", "Box", "1.3", "{}", AT),
        BehaviourRecord("", "", "", "{}", AT),
        BehaviourRecord("EVer", "Box", "1.2", '{"new":1}', LATER),
    ):
        await store.commit(SaveBehaviour(behaviour))
    assert (await store.recover()).behaviours == (
        BehaviourRecord("", "", "", "{}", AT),
        BehaviourRecord("EVer", "Box", "1.2", '{"new":1}', LATER),
        BehaviourRecord("EVer", "Box", "1.3", "{}", AT),
    )


async def test_r100d_a_release_is_known_again_until_it_is_ended(store: Store) -> None:
    for evse_id, at in (("stall-2", AT), ("stall-1", AT), ("stall-1", LATER)):
        await store.commit(SaveRelease(ReleaseRecord(evse_id, at)))
    await store.commit(DeleteRelease("stall-2"), DeleteRelease("never released"))
    assert (await store.recover()).releases == (ReleaseRecord("stall-1", LATER),)


async def test_a_document_is_replaced_by_its_newer_text(store: Store) -> None:
    await store.commit(SaveDocument("site", "old"), SaveDocument("password", "hash"))
    await store.commit(SaveDocument("site", "new"))
    assert await store.document("site") == "new"
    assert await store.document("password") == "hash"


async def test_a_point_in_time_in_another_zone_is_the_same_point(store: Store) -> None:
    elsewhere = AT.astimezone(None)
    await store.commit(RememberStation("CP1", elsewhere))
    seen_at = (await store.recover()).stations[0].last_seen_at
    assert seen_at == AT
    assert seen_at.tzinfo is not None


async def test_commit_of_nothing_is_fine(store: Store) -> None:
    assert await store.commit() == ()
