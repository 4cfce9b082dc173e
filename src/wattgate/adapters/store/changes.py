"""What each change does to the SQLite store, in the transaction of its caller."""

from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from wattgate.adapters.store.prepared import Prepared
from wattgate.adapters.store.schema import (
    BEHAVIOURS,
    DEAD_LETTERS,
    DOCUMENTS,
    FRAMES,
    GRANTS,
    NOTES,
    OUTBOX,
    PROFILES,
    RELEASES,
    STATIONS,
    TAGS,
    TRANSACTION_REPORTS,
    TRANSACTIONS,
    to_us,
)
from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.ports.store import (
    AnswerTransaction,
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
    KeepAside,
    KeepFrame,
    MoveTransaction,
    RejectTransaction,
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
)


def _saving(table: Table) -> Prepared:
    """Insert a whole row, replacing the one with the same primary key."""
    row = insert(table)
    columns = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    replaced = {name: row.excluded[name] for name in columns if name not in keys}
    return Prepared(row.on_conflict_do_update(index_elements=keys, set_=replaced), columns=columns)


def _unbound(table: Table) -> ColumnElement[bool]:
    """No backend's id stands there yet, or the same."""
    column = table.c.backend_transaction_id
    return or_(column.is_(None), column == bindparam("theirs"))


_QUEUED: Final = (
    "number",
    "link_id",
    "action",
    "payload_text",
    "transaction_id",
    "attempts",
    "expendable",
)

_DRAFTED: Final = ("link_id", "action", "payload_text", "transaction_id", "expendable")

_ENQUEUE: Final = Prepared(insert(OUTBOX), columns=_QUEUED[1:])
_SETTLE: Final = Prepared(delete(OUTBOX).where(OUTBOX.c.number == bindparam("at_number")))
_COUNT_ATTEMPT: Final = Prepared(
    update(OUTBOX)
    .where(OUTBOX.c.number == bindparam("at_number"))
    .values(attempts=OUTBOX.c.attempts + 1)
)
_BURY: Final = Prepared(
    insert(DEAD_LETTERS).from_select(
        [*_QUEUED, "reason", "at_us"],
        select(
            *(OUTBOX.c[name] for name in _QUEUED), bindparam("reason"), bindparam("at_us")
        ).where(OUTBOX.c.number == bindparam("at_number")),
    )
)
_LETTER: Final = Prepared(
    select(*(DEAD_LETTERS.c[name] for name in _DRAFTED)).where(
        DEAD_LETTERS.c.number == bindparam("at_number")
    )
)
_FORGET_LETTER: Final = Prepared(
    delete(DEAD_LETTERS).where(DEAD_LETTERS.c.number == bindparam("at_number"))
)
_KEEP_FRAME: Final = Prepared(
    insert(FRAMES), columns=["transaction_id", "way", "end", "action", "text", "at_us"]
)

_stations_row = insert(STATIONS)
_REMEMBER_STATION: Final = Prepared(
    _stations_row.on_conflict_do_update(
        index_elements=["station_id"],
        set_={
            "boot_text": func.coalesce(_stations_row.excluded.boot_text, STATIONS.c.boot_text),
            "last_seen_us": _stations_row.excluded.last_seen_us,
        },
    ),
    columns=["station_id", "boot_text", "last_seen_us"],
)

_this_transaction = TRANSACTIONS.c.transaction_id == bindparam("at_transaction")
_ANSWER_TRANSACTION: Final = Prepared(
    update(TRANSACTIONS).where(_this_transaction).values(answer_text=bindparam("answer_text"))
)
_BIND_TRANSACTION: Final = Prepared(
    update(TRANSACTIONS)
    .where(
        _this_transaction, TRANSACTIONS.c.link_id == bindparam("at_link"), _unbound(TRANSACTIONS)
    )
    .values(backend_transaction_id=bindparam("theirs"))
)
_BIND_REPORT: Final = Prepared(
    update(TRANSACTION_REPORTS)
    .where(
        TRANSACTION_REPORTS.c.transaction_id == bindparam("at_transaction"),
        TRANSACTION_REPORTS.c.link_id == bindparam("at_link"),
        _unbound(TRANSACTION_REPORTS),
    )
    .values(backend_transaction_id=bindparam("theirs"))
)
_REJECT_TRANSACTION: Final = Prepared(
    update(TRANSACTIONS).where(_this_transaction).values(late_verdict=bindparam("late_verdict"))
)
_CLOSE_TRANSACTION: Final = Prepared(
    update(TRANSACTIONS)
    .where(
        _this_transaction,
        TRANSACTIONS.c.station_id == bindparam("at_station"),
        or_(
            TRANSACTIONS.c.stopped_at.is_(None),
            TRANSACTIONS.c.stop_inferred > bindparam("is_inferred"),
        ),
    )
    .values(
        meter_stop_wh=bindparam("meter_stop_wh"),
        stopped_at=bindparam("stopped_at"),
        stop_reason=bindparam("stop_reason"),
        stop_inferred=bindparam("stop_inferred"),
    )
)

_MOVE_TRANSACTION: Final = Prepared(
    update(TRANSACTIONS)
    .prefix_with("OR IGNORE")
    .where(_this_transaction)
    .values(station_id=bindparam("to_station"))
)

_SAVE_GRANT: Final = _saving(GRANTS)
_REMEMBER_TAG: Final = _saving(TAGS)
_FORGET_TAGS: Final = Prepared(delete(TAGS).where(TAGS.c.link_id == bindparam("link_id")))
_SAVE_PROFILE: Final = _saving(PROFILES)
_DELETE_PROFILE: Final = Prepared(
    delete(PROFILES).where(
        PROFILES.c.link_id == bindparam("link_id"),
        PROFILES.c.profile_id == bindparam("profile_id"),
    )
)
_SAVE_BEHAVIOUR: Final = _saving(BEHAVIOURS)
_SAVE_RELEASE: Final = _saving(RELEASES)
_DELETE_RELEASE: Final = Prepared(
    delete(RELEASES).where(RELEASES.c.evse_id == bindparam("evse_id"))
)
_SAVE_NOTE: Final = _saving(NOTES)
_DELETE_NOTE: Final = Prepared(
    delete(NOTES).where(NOTES.c.scope == bindparam("scope"), NOTES.c.name == bindparam("name"))
)
_SAVE_DOCUMENT: Final = _saving(DOCUMENTS)


def apply(connection: Connection, changes: Sequence[Change]) -> tuple[OutboxMessage, ...]:
    """Apply the changes in order; returns what was enqueued.

    Raises:
        LocalUsageError: a change names a transaction that does not exist, or contradicts an
            earlier backend id; the caller rolls back.

    """
    outcomes = (APPLY[type(change)](connection, change) for change in changes)
    return tuple(message for message in outcomes if message is not None)


def append(connection: Connection, draft: Draft) -> OutboxMessage:
    """Queue a message under the next number."""
    number = _ENQUEUE.insert(
        connection,
        link_id=draft.link_id,
        action=draft.action,
        payload_text=draft.payload_text,
        transaction_id=draft.transaction_id,
        attempts=0,
        expendable=draft.expendable,
    )
    return OutboxMessage(number, draft)


def keep_frame(connection: Connection, frame: FrameRecord) -> None:
    """Keep a frame as evidence."""
    _KEEP_FRAME.run(
        connection,
        transaction_id=frame.transaction_id,
        way=frame.way.value,
        end=frame.end,
        action=frame.action,
        text=frame.text,
        at_us=to_us(frame.at),
    )


def _remember_station(connection: Connection, change: RememberStation) -> None:
    _REMEMBER_STATION.run(
        connection,
        station_id=change.station_id,
        boot_text=change.boot_text,
        last_seen_us=to_us(change.seen_at),
    )


def _enqueue(connection: Connection, change: Enqueue) -> OutboxMessage:
    return append(connection, change.draft)


def _answer_transaction(connection: Connection, change: AnswerTransaction) -> None:
    answered = _ANSWER_TRANSACTION.run(
        connection, at_transaction=change.transaction_id, answer_text=change.answer_text
    )
    if not answered.rowcount:
        raise LocalUsageError(f"there is no transaction {change.transaction_id}")


def _bind_transaction(connection: Connection, change: BindTransaction) -> None:
    values = {
        "at_transaction": change.transaction_id,
        "at_link": change.link_id,
        "theirs": change.backend_transaction_id,
    }
    if _BIND_TRANSACTION.run(connection, **values).rowcount:
        return
    if not _BIND_REPORT.run(connection, **values).rowcount:
        raise LocalUsageError(
            f"binding transaction {change.transaction_id} to {change.backend_transaction_id} "
            f"contradicts an earlier binding, or {change.link_id} was not told of it"
        )


def _close_transaction(connection: Connection, change: CloseTransaction) -> None:
    _CLOSE_TRANSACTION.run(
        connection,
        at_transaction=change.transaction_id,
        at_station=change.station_id,
        meter_stop_wh=change.stop.meter_stop_wh,
        stopped_at=change.stop.stopped_at,
        stop_reason=change.stop.reason,
        stop_inferred=change.stop.inferred,
        is_inferred=change.stop.inferred,
    )


def _move_transaction(connection: Connection, change: MoveTransaction) -> None:
    _MOVE_TRANSACTION.run(
        connection, at_transaction=change.transaction_id, to_station=change.station_id
    )


def _reject_transaction(connection: Connection, change: RejectTransaction) -> None:
    rejected = _REJECT_TRANSACTION.run(
        connection, at_transaction=change.transaction_id, late_verdict=change.verdict
    )
    if not rejected.rowcount:
        raise LocalUsageError(f"there is no transaction {change.transaction_id}")


def _settle(connection: Connection, change: Settle) -> None:
    _SETTLE.run(connection, at_number=change.number)


def _count_attempt(connection: Connection, change: CountAttempt) -> None:
    _COUNT_ATTEMPT.run(connection, at_number=change.number)


def _bury(connection: Connection, change: Bury) -> None:
    _BURY.run(connection, at_number=change.number, reason=change.reason, at_us=to_us(change.at))
    _SETTLE.run(connection, at_number=change.number)


def _requeue(connection: Connection, change: Requeue) -> OutboxMessage | None:
    letter = _LETTER.row(connection, at_number=change.number)
    if letter is None:
        return None
    _FORGET_LETTER.run(connection, at_number=change.number)
    link_id, action, payload_text, transaction_id, expendable = letter
    draft = Draft(link_id, action, payload_text, transaction_id, expendable=bool(expendable))
    return append(connection, draft)


def _keep_aside(connection: Connection, change: KeepAside) -> None:
    message = append(connection, change.draft)
    _bury(connection, Bury(message.number, change.reason, change.at))


def _keep_frame(connection: Connection, change: KeepFrame) -> None:
    keep_frame(connection, change.frame)


def _save_grant(connection: Connection, change: SaveGrant) -> None:
    grant = change.grant
    _SAVE_GRANT.run(
        connection,
        evse_id=grant.evse_id,
        committed_a=grant.committed_a,
        pending_a=grant.pending_a,
        expires_us=to_us(grant.expires_at),
    )


def _remember_tag(connection: Connection, change: RememberTag) -> None:
    tag = change.tag
    _REMEMBER_TAG.run(
        connection,
        link_id=tag.link_id,
        id_tag=tag.id_tag.casefold(),
        info_text=tag.info_text,
        seen_us=to_us(tag.seen_at),
    )


def _forget_tags(connection: Connection, change: ForgetTags) -> None:
    _FORGET_TAGS.run(connection, link_id=change.link_id)


def _save_profile(connection: Connection, change: SaveProfile) -> None:
    profile = change.profile
    _SAVE_PROFILE.run(
        connection,
        link_id=profile.link_id,
        profile_id=profile.profile_id,
        connector=profile.connector,
        profile_text=profile.profile_text,
    )


def _delete_profile(connection: Connection, change: DeleteProfile) -> None:
    _DELETE_PROFILE.run(connection, link_id=change.link_id, profile_id=change.profile_id)


def _save_behaviour(connection: Connection, change: SaveBehaviour) -> None:
    behaviour = change.behaviour
    _SAVE_BEHAVIOUR.run(
        connection,
        vendor=behaviour.vendor,
        model=behaviour.model,
        firmware=behaviour.firmware,
        behaviour_text=behaviour.behaviour_text,
        seen_us=to_us(behaviour.seen_at),
    )


def _save_release(connection: Connection, change: SaveRelease) -> None:
    release = change.release
    _SAVE_RELEASE.run(connection, evse_id=release.evse_id, at_us=to_us(release.at))


def _delete_release(connection: Connection, change: DeleteRelease) -> None:
    _DELETE_RELEASE.run(connection, evse_id=change.evse_id)


def _save_note(connection: Connection, change: SaveNote) -> None:
    note = change.note
    _SAVE_NOTE.run(connection, scope=note.scope, name=note.name, text=note.text)


def _delete_note(connection: Connection, change: DeleteNote) -> None:
    _DELETE_NOTE.run(connection, scope=change.scope, name=change.name)


def _save_document(connection: Connection, change: SaveDocument) -> None:
    _SAVE_DOCUMENT.run(connection, name=change.name, text=change.text)


APPLY: Final[dict[type[Change], Callable[[Connection, Any], OutboxMessage | None]]] = {
    RememberStation: _remember_station,
    Enqueue: _enqueue,
    AnswerTransaction: _answer_transaction,
    BindTransaction: _bind_transaction,
    CloseTransaction: _close_transaction,
    MoveTransaction: _move_transaction,
    Settle: _settle,
    CountAttempt: _count_attempt,
    Bury: _bury,
    Requeue: _requeue,
    KeepAside: _keep_aside,
    RejectTransaction: _reject_transaction,
    KeepFrame: _keep_frame,
    SaveGrant: _save_grant,
    RememberTag: _remember_tag,
    ForgetTags: _forget_tags,
    SaveProfile: _save_profile,
    DeleteProfile: _delete_profile,
    SaveBehaviour: _save_behaviour,
    SaveRelease: _save_release,
    DeleteRelease: _delete_release,
    SaveNote: _save_note,
    DeleteNote: _delete_note,
    SaveDocument: _save_document,
}
"""What each kind of change does; every member of `Change` has its row."""
