"""The transactions of one wallbox whose end is not stored yet, and ends that we made up."""

from collections.abc import Iterable
from typing import Final

from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Change, NoteRecord, Recovered, SaveNote

_TOLD: Final = "end told"


class OpenTransactions:
    """What is open, by our id; as it was when it began, for the newest facts ask the store.

    `told` holds the transactions whose end went to the backend without the wallbox having named
    them: should it do so later, the backend must not hear of a second end (R69, R77).
    """

    def __init__(self, station_id: str) -> None:
        self.records: dict[int, TransactionRecord] = {}
        self.told: set[int] = set()
        self._last_wh: dict[int, float] = {}
        self._station_id = station_id

    def recover(self, recovered: Recovered) -> None:
        """Take over what was stored before a restart."""
        for record in recovered.open_transactions:
            if record.start.station_id == self._station_id:
                self.began(record)
        self.told = {int(name) for name in _names(recovered.notes, self._told_scope)}

    def began(self, record: TransactionRecord) -> None:
        """A transaction is stored."""
        self.records[record.transaction_id] = record

    def ended(self, transaction_id: int) -> None:
        """Its end is stored."""
        self.records.pop(transaction_id, None)
        self._last_wh.pop(transaction_id, None)

    def metered(self, transaction_id: int, energy_wh: float | None) -> None:
        """The register showed so many Wh in the course of a transaction; None tells nothing."""
        if energy_wh is not None and transaction_id in self.records:
            self._last_wh[transaction_id] = energy_wh

    def last_wh(self, record: TransactionRecord) -> int:
        """The last known reading of the register, Wh: that of the start where none came since."""
        start_wh = record.start.meter_start_wh
        return max(start_wh, int(self._last_wh.get(record.transaction_id, start_wh)))

    def note_told(self, transaction_id: int) -> Change:
        """Keep that the backend is told an end; belongs to the commit that queues it."""
        return SaveNote(NoteRecord(self._told_scope, str(transaction_id), ""))

    @property
    def _told_scope(self) -> str:
        return f"{_TOLD} {self._station_id}"


def _names(notes: Iterable[NoteRecord], scope: str) -> Iterable[str]:
    return (note.name for note in notes if note.scope == scope)
