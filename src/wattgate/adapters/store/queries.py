"""What is read from the SQLite store, in the transaction of its caller."""

import json
from sqlite3 import Connection
from typing import Final

from sqlalchemy import bindparam, func, select, union_all

from wattgate.adapters.store.prepared import Prepared, Row
from wattgate.adapters.store.schema import (
    BEHAVIOURS,
    DEAD_LETTERS,
    DOCUMENTS,
    FRAMES,
    GRANTS,
    NOTES,
    OUTBOX,
    PROFILES,
    RECEIPTS,
    RELEASES,
    STATIONS,
    TAGS,
    TRANSACTION_REPORTS,
    TRANSACTIONS,
    from_us,
)
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.transactions import (
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)
from wattgate.ports.store import (
    BehaviourRecord,
    DeadLetter,
    FrameRecord,
    FrameWay,
    GrantRecord,
    NoteRecord,
    ProfileRecord,
    Recovered,
    ReleaseRecord,
    StationRecord,
    TagRecord,
)

_T = TRANSACTIONS.c
_R = TRANSACTION_REPORTS.c
_REPORTS: Final = (
    select(func.json_group_array(func.json_array(_R.place, _R.link_id, _R.backend_transaction_id)))
    .where(_R.transaction_id == _T.transaction_id)
    .scalar_subquery()
)
"""The report links of a transaction with their ids, in any order: one more read of an index."""
_RECORD: Final = select(
    _T.transaction_id,
    _T.station_id,
    _T.connector,
    _T.evse_id,
    _T.link_id,
    _T.id_tag,
    _T.meter_start_wh,
    _T.started_at,
    _T.key,
    _T.backend_transaction_id,
    _T.answer_text,
    _T.meter_stop_wh,
    _T.stopped_at,
    _T.stop_reason,
    _T.stop_inferred,
    _T.late_verdict,
    _REPORTS,
)
_ANY: Final = Prepared(_RECORD.where(_T.transaction_id == bindparam("transaction_id")))
_OF_STATION: Final = Prepared(
    _RECORD.where(
        _T.transaction_id == bindparam("transaction_id"), _T.station_id == bindparam("station_id")
    )
)
_known_there = [
    select(table.c.transaction_id).where(
        table.c.link_id == bindparam("link_id"),
        table.c.backend_transaction_id == bindparam("theirs"),
    )
    for table in (TRANSACTIONS, TRANSACTION_REPORTS)
]
_OF_BACKEND: Final = Prepared(
    _RECORD.where(_T.transaction_id.in_(union_all(*_known_there)))
    .order_by(_T.transaction_id.desc())
    .limit(1)
)
_OF_KEY: Final = Prepared(
    select(_T.transaction_id, _T.answer_text).where(
        _T.station_id == bindparam("station_id"), _T.key == bindparam("key")
    )
)
_OPEN: Final = Prepared(_RECORD.where(_T.stopped_at.is_(None)).order_by(_T.transaction_id))
_NEWEST_FIRST: Final = (
    _RECORD.where(_T.transaction_id < bindparam("below"))
    .order_by(_T.transaction_id.desc())
    .limit(bindparam("most"))
)
_NEWEST: Final = Prepared(_NEWEST_FIRST)
_NEWEST_OF_EVSE: Final = Prepared(_NEWEST_FIRST.where(_T.evse_id == bindparam("evse_id")))

AFTER_ALL: Final = 2**31
"""Above every transaction id (R60)."""

_MESSAGE: Final = (
    "number",
    "link_id",
    "action",
    "payload_text",
    "transaction_id",
    "attempts",
    "expendable",
)
_QUEUE: Final = Prepared(
    select(*(OUTBOX.c[name] for name in _MESSAGE))
    .where(OUTBOX.c.link_id == bindparam("link_id"), OUTBOX.c.number > bindparam("after"))
    .order_by(OUTBOX.c.number)
    .limit(bindparam("most"))
)
_DEPTHS: Final = Prepared(select(OUTBOX.c.link_id, func.count()).group_by(OUTBOX.c.link_id))
_LETTER_COUNTS: Final = Prepared(
    select(DEAD_LETTERS.c.link_id, func.count()).group_by(DEAD_LETTERS.c.link_id)
)
_LETTERS: Final = Prepared(
    select(
        *(DEAD_LETTERS.c[name] for name in _MESSAGE), DEAD_LETTERS.c.reason, DEAD_LETTERS.c.at_us
    )
    .order_by(DEAD_LETTERS.c.letter.desc())
    .limit(bindparam("most"))
)

_FRAMES: Final = Prepared(
    select(FRAMES.c.way, FRAMES.c.end, FRAMES.c.action, FRAMES.c.text, FRAMES.c.at_us)
    .where(FRAMES.c.transaction_id == bindparam("transaction_id"))
    .order_by(FRAMES.c.frame)
)
_RECEIPT: Final = Prepared(
    select(RECEIPTS.c.answer_text).where(
        RECEIPTS.c.station_id == bindparam("station_id"), RECEIPTS.c.key == bindparam("key")
    )
)
_DOCUMENT: Final = Prepared(select(DOCUMENTS.c.text).where(DOCUMENTS.c.name == bindparam("name")))
_STATIONS: Final = Prepared(select(STATIONS).order_by(STATIONS.c.station_id))
_GRANTS: Final = Prepared(select(GRANTS).order_by(GRANTS.c.evse_id))
_TAGS: Final = Prepared(select(TAGS).order_by(TAGS.c.link_id, TAGS.c.id_tag))
_PROFILES: Final = Prepared(select(PROFILES).order_by(PROFILES.c.link_id, PROFILES.c.profile_id))

_BEHAVIOURS: Final = Prepared(
    select(BEHAVIOURS).order_by(BEHAVIOURS.c.vendor, BEHAVIOURS.c.model, BEHAVIOURS.c.firmware)
)
_NOTES: Final = Prepared(select(NOTES).order_by(NOTES.c.scope, NOTES.c.name))
_RELEASES: Final = Prepared(select(RELEASES).order_by(RELEASES.c.evse_id))


def recovered(connection: Connection) -> Recovered:
    """Read what a fresh manager needs, everything in the order of its key."""
    return Recovered(
        stations=tuple(
            StationRecord(station_id, boot_text, from_us(seen_us))
            for station_id, boot_text, seen_us in _STATIONS.rows(connection)
        ),
        open_transactions=tuple(map(_record, _OPEN.rows(connection))),
        grants=tuple(
            GrantRecord(evse_id, committed_a, pending_a, from_us(expires_us))
            for evse_id, committed_a, pending_a, expires_us in _GRANTS.rows(connection)
        ),
        tags=tuple(
            TagRecord(link_id, id_tag, info_text, from_us(seen_us))
            for link_id, id_tag, info_text, seen_us in _TAGS.rows(connection)
        ),
        profiles=tuple(ProfileRecord(*row) for row in _PROFILES.rows(connection)),
        behaviours=tuple(
            BehaviourRecord(vendor, model, firmware, text, from_us(seen_us))
            for vendor, model, firmware, text, seen_us in _BEHAVIOURS.rows(connection)
        ),
        releases=tuple(
            ReleaseRecord(evse_id, from_us(at_us)) for evse_id, at_us in _RELEASES.rows(connection)
        ),
        notes=tuple(NoteRecord(*row) for row in _NOTES.rows(connection)),
        outbox_depths=dict(_DEPTHS.rows(connection)),
        letter_counts=dict(_LETTER_COUNTS.rows(connection)),
    )


def transaction(
    connection: Connection, station_id: str, transaction_id: int
) -> TransactionRecord | None:
    """Find a transaction of this very wallbox (S5)."""
    row = _OF_STATION.row(connection, station_id=station_id, transaction_id=transaction_id)
    return None if row is None else _record(row)


def any_transaction(connection: Connection, transaction_id: int) -> TransactionRecord | None:
    """Find a transaction of whichever wallbox, for an id that does not come from one (S5)."""
    row = _ANY.row(connection, transaction_id=transaction_id)
    return None if row is None else _record(row)


def transaction_of_backend(
    connection: Connection, link_id: str, backend_transaction_id: int
) -> TransactionRecord | None:
    """Find the newest transaction with the backend's own id on that link, whatever its role."""
    row = _OF_BACKEND.row(connection, link_id=link_id, theirs=backend_transaction_id)
    return None if row is None else _record(row)


def transaction_of_key(
    connection: Connection, station_id: str, key: str
) -> tuple[int, str | None] | None:
    """Find what a StartTransaction's key led to before (R68): its id, and the answer if any."""
    row = _OF_KEY.row(connection, station_id=station_id, key=key)
    return None if row is None else (row[0], row[1])


def transactions(
    connection: Connection, evse_id: str | None, before: int | None, limit: int
) -> tuple[TransactionRecord, ...]:
    """List transactions, newest first, with ids below `before`."""
    below = AFTER_ALL if before is None else before
    if evse_id is None:
        rows = _NEWEST.rows(connection, below=below, most=limit)
    else:
        rows = _NEWEST_OF_EVSE.rows(connection, below=below, most=limit, evse_id=evse_id)
    return tuple(map(_record, rows))


def outbox(
    connection: Connection, link_id: str, after: int, limit: int
) -> tuple[OutboxMessage, ...]:
    """Read a link's queue in order, numbers above `after`."""
    rows = _QUEUE.rows(connection, link_id=link_id, after=after, most=limit)
    return tuple(_message(*row) for row in rows)


def dead_letters(connection: Connection, limit: int) -> tuple[DeadLetter, ...]:
    """List the messages that were given up, newest first."""
    return tuple(
        DeadLetter(_message(*message), reason, from_us(at_us))
        for *message, reason, at_us in _LETTERS.rows(connection, most=limit)
    )


def frames(connection: Connection, transaction_id: int) -> tuple[FrameRecord, ...]:
    """Read the evidence of a transaction, in the order in which it was kept."""
    return tuple(
        FrameRecord(transaction_id, FrameWay(way), end, action, text, from_us(at_us))
        for way, end, action, text, at_us in _FRAMES.rows(connection, transaction_id=transaction_id)
    )


def receipt_answer(connection: Connection, station_id: str, key: str) -> str:
    """Read the first answer of a receipt that is known to exist."""
    (answer_text,) = _RECEIPT.rows(connection, station_id=station_id, key=key)[0]
    return str(answer_text)


def document(connection: Connection, name: str) -> str | None:
    """Read a named text."""
    row = _DOCUMENT.row(connection, name=name)
    return None if row is None else str(row[0])


def _record(row: Row) -> TransactionRecord:
    transaction_id, *start, theirs, answer_text = row[:11]
    meter_stop_wh, stopped_at, reason, inferred, late_verdict, reports_text = row[11:]
    reports = sorted(json.loads(reports_text))
    start.append(tuple(link_id for _, link_id, _ in reports))
    stop = None
    if stopped_at is not None:
        stop = TransactionStop(meter_stop_wh, stopped_at, reason, inferred=bool(inferred))
    return TransactionRecord(
        transaction_id,
        TransactionStart(*start),
        theirs,
        answer_text,
        stop,
        late_verdict,
        {link_id: theirs for _, link_id, theirs in reports if theirs is not None},
    )


def _message(
    number: int,
    link_id: str,
    action: str,
    payload_text: str,
    transaction_id: int | None,
    attempts: int,
    expendable: int,
) -> OutboxMessage:
    draft = Draft(link_id, action, payload_text, transaction_id, expendable=bool(expendable))
    return OutboxMessage(number, draft, attempts)
