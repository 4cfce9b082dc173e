"""The tables of the in-memory store, and what each change does to them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import (
    AnswerTransaction,
    BehaviourRecord,
    BindTransaction,
    Bury,
    Change,
    CloseTransaction,
    CountAttempt,
    DeadLetter,
    DeleteNote,
    DeleteProfile,
    DeleteRelease,
    Enqueue,
    ForgetTags,
    FrameRecord,
    GrantRecord,
    KeepAside,
    KeepFrame,
    MoveTransaction,
    NoteRecord,
    ProfileRecord,
    Receipt,
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
    StationRecord,
    TagRecord,
)


@dataclass(slots=True)
class Tables:
    """Everything the store holds.

    `queues` keeps each link's message numbers in order, `frames_of` the frames' of a transaction.
    """

    stations: dict[str, StationRecord] = field(default_factory=dict)
    transactions: dict[int, TransactionRecord] = field(default_factory=dict)
    transaction_keys: dict[tuple[str, str], int] = field(default_factory=dict)
    recorded_at: dict[int, datetime] = field(default_factory=dict)
    last_transaction: int = 0
    messages: dict[int, OutboxMessage] = field(default_factory=dict)
    queues: dict[str, list[int]] = field(default_factory=dict)
    last_number: int = 0
    dead_letters: list[DeadLetter] = field(default_factory=list)
    receipts: dict[tuple[str, str], Receipt] = field(default_factory=dict)
    grants: dict[str, GrantRecord] = field(default_factory=dict)
    tags: dict[tuple[str, str], TagRecord] = field(default_factory=dict)
    profiles: dict[tuple[str, int], ProfileRecord] = field(default_factory=dict)
    behaviours: dict[tuple[str, str, str], BehaviourRecord] = field(default_factory=dict)
    releases: dict[str, ReleaseRecord] = field(default_factory=dict)
    notes: dict[tuple[str, str], NoteRecord] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    frames: dict[int, FrameRecord] = field(default_factory=dict)
    frames_of: dict[int, list[int]] = field(default_factory=dict)
    last_frame: int = 0

    def keep_frame(self, frame: FrameRecord) -> None:
        """Keep a frame as evidence."""
        self.last_frame += 1
        self.frames[self.last_frame] = frame
        self.frames_of.setdefault(frame.transaction_id, []).append(self.last_frame)

    def append(self, draft: Draft) -> OutboxMessage:
        """Queue a message under the next number."""
        self.last_number += 1
        message = OutboxMessage(self.last_number, draft)
        self.messages[message.number] = message
        self.queues.setdefault(draft.link_id, []).append(message.number)
        return message

    def queue(self, link_id: str, after: int, limit: int) -> tuple[OutboxMessage, ...]:
        """Read a link's queue in order, numbers above `after`."""
        numbers = self.queues.get(link_id, [])
        first = bisect_right(numbers, after)
        return tuple(self.messages[number] for number in numbers[first : first + limit])

    def remove(self, number: int) -> OutboxMessage | None:
        """Take a message out of its queue; None if it is in none."""
        message = self.messages.pop(number, None)
        if message is not None:
            numbers = self.queues[message.draft.link_id]
            del numbers[bisect_left(numbers, number)]
        return message


def apply(tables: Tables, changes: tuple[Change, ...]) -> tuple[OutboxMessage, ...]:
    """Apply the changes together; returns what was enqueued, in order.

    Raises:
        LocalUsageError: a change names a transaction that does not exist, or contradicts an
            earlier backend id; nothing was changed.

    """
    _refuse_contradictions(tables, changes)
    outcomes = (APPLY[type(change)](tables, change) for change in changes)
    return tuple(message for message in outcomes if message is not None)


def _refuse_contradictions(tables: Tables, changes: tuple[Change, ...]) -> None:
    """Check all before the first is applied, so that there is never anything to undo."""
    bound: dict[tuple[int, str], int] = {}
    for change in changes:
        match change:
            case AnswerTransaction(transaction_id) | RejectTransaction(transaction_id):
                _known(tables, transaction_id)
            case BindTransaction(transaction_id, link_id, theirs):
                record = _known(tables, transaction_id)
                earlier = record.id_at(link_id)
                earlier = bound.setdefault(
                    (transaction_id, link_id), theirs if earlier is None else earlier
                )
                if link_id not in record.start.link_ids or earlier != theirs:
                    raise LocalUsageError(
                        f"binding transaction {transaction_id} to {theirs} contradicts {earlier}, "
                        f"or {link_id} was not told of it"
                    )
            case _:
                pass


def _known(tables: Tables, transaction_id: int) -> TransactionRecord:
    record = tables.transactions.get(transaction_id)
    if record is None:
        raise LocalUsageError(f"there is no transaction {transaction_id}")
    return record


def _remember_station(tables: Tables, change: RememberStation) -> None:
    boot_text = change.boot_text
    if boot_text is None and change.station_id in tables.stations:
        boot_text = tables.stations[change.station_id].boot_text
    tables.stations[change.station_id] = StationRecord(change.station_id, boot_text, change.seen_at)


def _enqueue(tables: Tables, change: Enqueue) -> OutboxMessage:
    return tables.append(change.draft)


def _answer_transaction(tables: Tables, change: AnswerTransaction) -> None:
    record = tables.transactions[change.transaction_id]
    tables.transactions[change.transaction_id] = replace(record, answer_text=change.answer_text)


def _bind_transaction(tables: Tables, change: BindTransaction) -> None:
    record, theirs = tables.transactions[change.transaction_id], change.backend_transaction_id
    if change.link_id == record.start.link_id:
        bound = replace(record, backend_transaction_id=theirs)
    else:
        bound = replace(record, report_ids={**record.report_ids, change.link_id: theirs})
    tables.transactions[change.transaction_id] = bound


def _close_transaction(tables: Tables, change: CloseTransaction) -> None:
    record = tables.transactions.get(change.transaction_id)
    if record is None or record.start.station_id != change.station_id:
        return
    if record.stop is not None and record.stop.inferred <= change.stop.inferred:
        return
    tables.transactions[change.transaction_id] = replace(record, stop=change.stop)


def _move_transaction(tables: Tables, change: MoveTransaction) -> None:
    record = tables.transactions.get(change.transaction_id)
    if record is None or (change.station_id, record.start.key) in tables.transaction_keys:
        return
    start = replace(record.start, station_id=change.station_id)
    del tables.transaction_keys[record.start.station_id, start.key]
    tables.transaction_keys[start.station_id, start.key] = change.transaction_id
    tables.transactions[change.transaction_id] = replace(record, start=start)


def _settle(tables: Tables, change: Settle) -> None:
    tables.remove(change.number)


def _count_attempt(tables: Tables, change: CountAttempt) -> None:
    message = tables.messages.get(change.number)
    if message is not None:
        tables.messages[change.number] = replace(message, attempts=message.attempts + 1)


def _bury(tables: Tables, change: Bury) -> None:
    message = tables.remove(change.number)
    if message is not None:
        tables.dead_letters.append(DeadLetter(message, change.reason, change.at))


def _requeue(tables: Tables, change: Requeue) -> OutboxMessage | None:
    for letter in tables.dead_letters:
        if letter.message.number == change.number:
            tables.dead_letters.remove(letter)
            return tables.append(letter.message.draft)
    return None


def _keep_aside(tables: Tables, change: KeepAside) -> None:
    message = tables.append(change.draft)
    _bury(tables, Bury(message.number, change.reason, change.at))


def _reject_transaction(tables: Tables, change: RejectTransaction) -> None:
    record = tables.transactions[change.transaction_id]
    tables.transactions[change.transaction_id] = replace(record, late_verdict=change.verdict)


def _keep_frame(tables: Tables, change: KeepFrame) -> None:
    tables.keep_frame(change.frame)


def _save_grant(tables: Tables, change: SaveGrant) -> None:
    tables.grants[change.grant.evse_id] = change.grant


def _remember_tag(tables: Tables, change: RememberTag) -> None:
    tag = replace(change.tag, id_tag=change.tag.id_tag.casefold())
    tables.tags[tag.link_id, tag.id_tag] = tag


def _forget_tags(tables: Tables, change: ForgetTags) -> None:
    kept = {key: tag for key, tag in tables.tags.items() if tag.link_id != change.link_id}
    tables.tags = kept


def _save_profile(tables: Tables, change: SaveProfile) -> None:
    profile = change.profile
    tables.profiles[profile.link_id, profile.profile_id] = profile


def _delete_profile(tables: Tables, change: DeleteProfile) -> None:
    tables.profiles.pop((change.link_id, change.profile_id), None)


def _save_behaviour(tables: Tables, change: SaveBehaviour) -> None:
    behaviour = change.behaviour
    key = (behaviour.vendor, behaviour.model, behaviour.firmware)
    tables.behaviours[key] = behaviour


def _save_release(tables: Tables, change: SaveRelease) -> None:
    tables.releases[change.release.evse_id] = change.release


def _delete_release(tables: Tables, change: DeleteRelease) -> None:
    tables.releases.pop(change.evse_id, None)


def _save_note(tables: Tables, change: SaveNote) -> None:
    tables.notes[change.note.scope, change.note.name] = change.note


def _delete_note(tables: Tables, change: DeleteNote) -> None:
    tables.notes.pop((change.scope, change.name), None)


def _save_document(tables: Tables, change: SaveDocument) -> None:
    tables.documents[change.name] = change.text


APPLY: Final[dict[type[Change], Callable[[Tables, Any], OutboxMessage | None]]] = {
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
