"""Whatever is done to both stores, they tell the same."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.stores import AT, draft, receipt, start

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.errors import LocalUsageError
from wattgate.core.retention import AgeLimits, Retention
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store import (
    AnswerTransaction,
    BehaviourRecord,
    BindTransaction,
    Bury,
    Change,
    CloseTransaction,
    CountAttempt,
    DeleteNote,
    DeleteProfile,
    DeleteRelease,
    Enqueue,
    ForgetTags,
    FrameRecord,
    FrameWay,
    GrantRecord,
    KeepAside,
    KeepFrame,
    MoveTransaction,
    NoteRecord,
    ProfileRecord,
    RejectTransaction,
    ReleaseRecord,
    RememberStation,
    RememberTag,
    Requeue,
    SaveBehaviour,
    SaveDocument,
    SaveGrant,
    SaveNote,
    SaveProfile,
    SaveRelease,
    Settle,
    Store,
    TagRecord,
)

Step = Callable[[Store], Awaitable[object]]

# Few values, so that changes meet each other.
few = st.integers(1, 3)
links = st.sampled_from(["B", "C", "D"])
stations = st.sampled_from(["CP1", "CP2"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
moments = st.integers(0, 5).map(lambda n: AT + timedelta(microseconds=n))
stops = st.builds(TransactionStop, few, texts, texts, inferred=st.booleans())
frames = st.builds(FrameRecord, few, st.sampled_from(FrameWay), links, texts, texts, moments)

changes = st.one_of(
    st.builds(RememberStation, stations, moments, st.none() | texts),
    st.builds(
        lambda link, text, expendable: Enqueue(
            replace(draft(text, link_id=link), expendable=expendable)
        ),
        links,
        texts,
        st.booleans(),
    ),
    st.builds(AnswerTransaction, few, texts),
    st.builds(BindTransaction, few, links, few),
    st.builds(CloseTransaction, stations, few, stops),
    st.builds(MoveTransaction, few, stations),
    st.builds(Settle, few),
    st.builds(CountAttempt, few),
    st.builds(Bury, few, texts, moments),
    st.builds(Requeue, few),
    st.builds(KeepAside, st.builds(draft, texts), texts, moments),
    st.builds(RejectTransaction, few, texts),
    st.builds(KeepFrame, frames),
    st.builds(SaveGrant, st.builds(GrantRecord, texts, st.floats(0, 80), st.none(), moments)),
    st.builds(RememberTag, st.builds(TagRecord, links, texts, texts, moments)),
    st.builds(ForgetTags, links),
    st.builds(SaveProfile, st.builds(ProfileRecord, links, few, few, texts)),
    st.builds(DeleteProfile, links, few),
    st.builds(SaveBehaviour, st.builds(BehaviourRecord, links, texts, texts, texts, moments)),
    st.builds(SaveRelease, st.builds(ReleaseRecord, links, moments)),
    st.builds(DeleteRelease, links),
    st.builds(SaveNote, st.builds(NoteRecord, links, texts, texts)),
    st.builds(DeleteNote, links, texts),
    st.builds(SaveDocument, texts, texts),
)
batches = st.lists(changes, max_size=3)


def commit(batch: list[Change]) -> Step:
    return lambda store: store.commit(*batch)


def take(station_id: str, key: int, answer: str, batch: list[Change]) -> Step:
    at = AT + timedelta(microseconds=key)
    return lambda store: store.take(receipt(str(key), answer, station_id=station_id, at=at), *batch)


def open_transaction(
    station_id: str, key: int, link_id: str | None, reports: list[str], queued: bool
) -> Step:
    reporting = tuple(link for link in reports if link != link_id)
    started = start(str(key), station_id=station_id, link_id=link_id, report_link_ids=reporting)
    messages = [draft(link_id=link) for link in started.link_ids] if queued else []
    frame = FrameRecord(0, FrameWay.RECEIVED, station_id, "StartTransaction", "[2]", AT)
    at = AT + timedelta(microseconds=key)
    return lambda store: store.open_transaction(started, messages, at, frame if queued else None)


def tidy(transactions: int, frames: int, ages: AgeLimits | None) -> Step:
    """Tidy until there is nothing left to go; the sum is the same, however it is cut."""
    what = Retention(transactions=transactions, frames=frames, ages=ages)

    async def all_batches(store: Store) -> int:
        gone = 0
        while batch := await store.tidy(what):
            gone += batch
        return gone

    return all_batches


def ages(since: int, width: int) -> AgeLimits:
    """Spans in the range of `moments`, so that some are inside and some are not."""
    first, last = AT + timedelta(microseconds=since), AT + timedelta(microseconds=since + width)
    return AgeLimits(
        receipts_since=first, receipts_until=last, transactions_since=first, frames_since=last
    )


steps = st.lists(
    st.one_of(
        st.builds(tidy, few, few, st.none() | st.builds(ages, few, few)),
        st.builds(commit, batches),
        st.builds(take, stations, few, texts, batches),
        st.builds(
            open_transaction,
            stations,
            few,
            st.none() | links,
            st.lists(st.sampled_from(["B", "C", "D"]), unique=True),
            st.booleans(),
        ),
    ),
    max_size=25,
)


async def outcome(store: Store, step: Step) -> object:
    """What the caller learns; a refused step is one more answer."""
    try:
        return await step(store)
    except LocalUsageError:
        return LocalUsageError


async def told(store: Store) -> list[object]:
    """Everything that can be read."""
    return [
        await store.recover(),
        await store.transactions(),
        await store.transactions(evse_id="stall-1", before=3, limit=1),
        [await store.outbox(link_id) for link_id in ("B", "C", "D")],
        await store.dead_letters(),
        [
            await store.transaction_of_backend(link_id, theirs)
            for link_id in ("B", "C", "D")
            for theirs in (1, 2, 3)
        ],
        [await store.transaction("CP1", ours) for ours in (1, 2, 3)],
        [await store.frames(ours) for ours in (1, 2, 3)],
    ]


async def compare(script: list[Step], path: Path) -> None:
    memory, durable = MemoryStore(), SqliteStore(path)
    await durable.open()
    try:
        for step in script:
            assert await outcome(memory, step) == await outcome(durable, step)
        assert await told(memory) == await told(durable)
    finally:
        await durable.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_both_stores_tell_the_same(script: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(compare(script, Path(folder) / "wattgate.db"))
