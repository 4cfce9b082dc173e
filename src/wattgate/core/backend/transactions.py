"""The test backend's transactions: own ids, repetitions recognised, nonsense recorded."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

UNDELIVERED_START = -1
"""The transactionId of messages whose StartTransaction was never delivered (R64)."""


class Oddity(StrEnum):
    """What a message about a transaction can have wrong."""

    UNKNOWN = "unknown-transaction"
    FOREIGN = "transaction-of-another-charge-point"
    UNDELIVERED = "start-was-never-delivered"
    STOPPED_AGAIN = "stop-of-a-closed-transaction"
    METERED_AFTER_STOP = "meter-values-after-stop"


Closing = Literal["closed", "repeated"] | Oddity
"""What a stop did: `repeated` when the transaction was closed in exactly this way before."""


class Stop(msgspec.Struct, frozen=True):
    """How a transaction ended; `stopped_at` as the charge point wrote it."""

    meter_stop_wh: int
    stopped_at: str
    reason: str


class Transaction(msgspec.Struct, frozen=True):
    """A charging session; `started_at` as the charge point wrote it, `stop` None while open."""

    transaction_id: int
    station_id: str
    connector: int
    id_tag: str
    meter_start_wh: int
    started_at: str
    stop: Stop | None = None

    @property
    def start_key(self) -> tuple[str, int, str, int, str]:
        """What a repeated StartTransaction has in common with the first one (R67, R68)."""
        return (
            self.station_id,
            self.connector,
            self.id_tag,
            self.meter_start_wh,
            self.started_at,
        )


class Ledger:
    """All transactions of all charge points, in the order of their start.

    With `dedupe`, a repeated start or stop is recognised and changes nothing; without, a
    repeated start is a second transaction, as with backends that trust the wire.
    """

    def __init__(
        self, *, next_id: int, dedupe: bool = True, transactions: Iterable[Transaction] = ()
    ) -> None:
        self._dedupe = dedupe
        self._by_id = {known.transaction_id: known for known in transactions}
        self._by_start = {known.start_key: known.transaction_id for known in self._by_id.values()}
        self._next_id = max([next_id, *(number + 1 for number in self._by_id)])

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """Every transaction, open and closed."""
        return tuple(self._by_id.values())

    @property
    def next_id(self) -> int:
        """The id that the next transaction will get."""
        return self._next_id

    def open_of(self, station_id: str) -> tuple[int, ...]:
        """The ids of a charge point's open transactions."""
        return tuple(
            known.transaction_id
            for known in self._by_id.values()
            if known.station_id == station_id and known.stop is None
        )

    def start(
        self, station_id: str, connector: int, id_tag: str, meter_start_wh: int, started_at: str
    ) -> tuple[Transaction, bool]:
        """Open a transaction; the second value says that it was a repetition of a known one."""
        fresh = Transaction(
            self._next_id, station_id, connector, id_tag, meter_start_wh, started_at
        )
        known_id = self._by_start.get(fresh.start_key)
        if self._dedupe and known_id is not None:
            return self._by_id[known_id], True
        self._by_id[fresh.transaction_id] = fresh
        self._by_start[fresh.start_key] = fresh.transaction_id
        self._next_id += 1
        return fresh, False

    def stop(self, station_id: str, transaction_id: int, stop: Stop) -> Closing:
        """Close a transaction of this very charge point, unless something is odd about it."""
        known = self._find(station_id, transaction_id)
        if isinstance(known, Oddity):
            return known
        if known.stop is None:
            self._by_id[transaction_id] = msgspec.structs.replace(known, stop=stop)
            return "closed"
        return "repeated" if self._dedupe and known.stop == stop else Oddity.STOPPED_AGAIN

    def meter(self, station_id: str, transaction_id: int) -> Oddity | None:
        """Say what is odd about meter values for this transaction."""
        known = self._find(station_id, transaction_id)
        if isinstance(known, Oddity):
            return known
        return None if known.stop is None else Oddity.METERED_AFTER_STOP

    def _find(self, station_id: str, transaction_id: int) -> Transaction | Oddity:
        if transaction_id == UNDELIVERED_START:
            return Oddity.UNDELIVERED
        known = self._by_id.get(transaction_id)
        if known is None:
            return Oddity.UNKNOWN
        return known if known.station_id == station_id else Oddity.FOREIGN
