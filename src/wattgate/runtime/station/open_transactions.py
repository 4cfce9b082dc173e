"""The transactions of one wallbox whose end is not stored yet, and ends that we made up."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from wattgate.core.station.lost_stop import Lost, lost_text, read_lost
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Change, DeleteNote, NoteRecord, Recovered, SaveNote

RELAYED: Final = " relayed"
"""Ends the link id of transactions that began in mode T: wallbox and backend share their ids."""


def billed_by(record: TransactionRecord) -> str | None:
    """The link whose backend bills a transaction, in whichever mode it began."""
    link_id = record.start.link_id
    return None if link_id is None else link_id.removesuffix(RELAYED)


def hearers(record: TransactionRecord) -> tuple[str, ...]:
    """The links that hear of a transaction to its end: those that heard its start (R106).

    The one that bills it comes first.
    """
    billing = billed_by(record)
    return (*(() if billing is None else (billing,)), *record.start.report_link_ids)


def is_shared(record: TransactionRecord) -> bool:
    """Whether its wallbox knows it by the backend's id."""
    return (record.start.link_id or "").endswith(RELAYED)


def id_at(record: TransactionRecord, link_id: str) -> int | None:
    """The id that a link's backend gave it, in whichever mode it began; None where it gave none."""
    if link_id == billed_by(record):
        return record.backend_transaction_id
    return record.report_ids.get(link_id)


def ids_given(record: TransactionRecord) -> dict[str, int]:
    """The ids that backends had given it when it was read, by link id as it began."""
    known = ((link_id, record.id_at(link_id)) for link_id in record.start.link_ids)
    return {link_id: backend_id for link_id, backend_id in known if backend_id is not None}


def counts(record: TransactionRecord | None, link_id: str) -> bool:
    """Whether it matters what a link's backend says of a card; not where it is only told (R106)."""
    return record is None or billed_by(record) == link_id


def id_at_wallbox(record: TransactionRecord) -> int:
    """The id by which its wallbox knows it."""
    theirs = record.backend_transaction_id
    return theirs if theirs is not None and is_shared(record) else record.transaction_id


class _Reading(NamedTuple):
    at: float
    energy_wh: float


class OpenTransactions:
    """What is open, by our id; as it was when it began, for the newest facts ask the store.

    `told` holds the transactions whose end went to backends without the wallbox having named
    them: should it do so later, those must not hear of a second end (R69, R77). It has their links;
    none where all were told. `lost` are those that seem to be over, and whose end is waited for.
    `resets` are those that end because their backend has reset its charge point, each with the
    reason that it is to hear (R103).
    """

    def __init__(self, station_id: str) -> None:
        self.records: dict[int, TransactionRecord] = {}
        self.told: dict[int, tuple[str, ...]] = {}
        self.lost: dict[int, Lost] = {}
        self.resets: dict[int, str] = {}
        self._readings: dict[int, _Reading] = {}
        self._metered: set[int] = set()
        self._station_id = station_id
        self._told_scope = f"end told {station_id}"
        self._lost_scope = f"end missing {station_id}"
        self._reset_scope = f"end by reset {station_id}"

    def recover(self, recovered: Recovered) -> None:
        """Take over what was stored before a restart."""
        for record in recovered.open_transactions:
            if record.start.station_id == self._station_id:
                self.began(record)
        told = _notes(recovered, self._told_scope)
        self.told = {number: _links_in(text) for number, text in told}
        self.resets = dict(_notes(recovered, self._reset_scope))
        for number, text in _notes(recovered, self._lost_scope):
            lost = read_lost(text)
            if lost is not None and number in self.records:
                self.lost[number] = lost

    def began(self, record: TransactionRecord) -> None:
        """A transaction is stored."""
        self.records[record.transaction_id] = record

    def shared(self, number: int) -> TransactionRecord | None:
        """The open transaction that wallbox and backend both know by `number`; None for none."""
        for record in self.records.values():
            if is_shared(record) and record.backend_transaction_id == number:
                return record
        return None

    def ours(self, number: int) -> int:
        """Our id of the transaction that the wallbox means by `number`.

        One that began in mode T keeps the backend's id for the wallbox, also where it ends in hold.
        """
        shared = self.shared(number)
        return number if shared is None else shared.transaction_id

    def to_be_told(self, record: TransactionRecord) -> tuple[str, ...]:
        """The links that are to hear of the end that the wallbox tells: of no second one."""
        links, told = hearers(record), self.told.get(record.transaction_id)
        if told is None:
            return links
        return tuple(each for each in links if told and each not in told)

    def ended(self, transaction_id: int) -> None:
        """Its end is stored."""
        self.records.pop(transaction_id, None)
        self.lost.pop(transaction_id, None)
        self.resets.pop(transaction_id, None)
        self._readings.pop(transaction_id, None)

    # The register

    def metered(self, transaction_id: int) -> None:
        """Meter values came under the id of a transaction."""
        if transaction_id in self.records:
            self._metered.add(transaction_id)

    def read(self, transaction_id: int, energy_wh: float | None, now: float) -> None:
        """Meter values came at `now` (monotonic, s) in the course of a transaction.

        `energy_wh` is what the register showed, None where it has not been told.
        """
        if transaction_id in self.records and energy_wh is not None:
            self._readings[transaction_id] = _Reading(now, energy_wh)

    def take_metered(self) -> frozenset[int]:
        """The transactions that meter values came for since this was last asked."""
        metered = frozenset(self._metered)
        self._metered.clear()
        return metered

    def last_wh(self, record: TransactionRecord) -> int:
        """The last known reading of the register, Wh: that of the start where none came since."""
        start_wh = record.start.meter_start_wh
        reading = self._readings.get(record.transaction_id)
        return start_wh if reading is None else max(start_wh, int(reading.energy_wh))

    def metered_at(self, transaction_id: int) -> float | None:
        """When that reading came (monotonic, s); None where none came."""
        reading = self._readings.get(transaction_id)
        return None if reading is None else reading.at

    # What outlasts a restart: changes for the commit that they belong to

    def note_told(self, transaction_id: int, link_ids: Sequence[str]) -> Change:
        """Keep that the backends of these links are told an end."""
        text = msgspec.json.encode(link_ids).decode()
        return SaveNote(NoteRecord(self._told_scope, str(transaction_id), text))

    def note_lost(self, transaction_id: int, lost: Lost) -> Change:
        """Keep that an end is waited for."""
        return SaveNote(NoteRecord(self._lost_scope, str(transaction_id), lost_text(lost)))

    def forget_lost(self, transaction_id: int) -> tuple[Change, ...]:
        """The wait is over; nothing where there was none."""
        if transaction_id not in self.lost:
            return ()
        return (DeleteNote(self._lost_scope, str(transaction_id)),)

    def note_reset(self, transaction_id: int, reason: str) -> Change:
        """Keep that a transaction ends because its backend has reset its charge point."""
        return SaveNote(NoteRecord(self._reset_scope, str(transaction_id), reason))

    def forget_reset(self, transaction_id: int) -> tuple[Change, ...]:
        """It has ended, or does not end by that; nothing where no reset was to end it."""
        if transaction_id not in self.resets:
            return ()
        return (DeleteNote(self._reset_scope, str(transaction_id)),)


def _links_in(text: str) -> tuple[str, ...]:
    """What `note_told` wrote; empty before it wrote whom."""
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except msgspec.MsgspecError:
        return ()


def _notes(recovered: Recovered, scope: str) -> Iterator[tuple[int, str]]:
    return ((int(note.name), note.text) for note in recovered.notes if note.scope == scope)
