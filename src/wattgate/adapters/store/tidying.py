"""What the SQLite store removes as time goes by, in the transaction of its caller."""

from sqlite3 import Connection
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    func,
    not_,
    select,
    tuple_,
)

from wattgate.adapters.store.prepared import Prepared
from wattgate.adapters.store.schema import (
    DEAD_LETTERS,
    FRAMES,
    OUTBOX,
    RECEIPTS,
    TRANSACTIONS,
    to_us,
)
from wattgate.core.retention import NO_AGE_BEFORE, Retention

_since = bindparam("since_us", type_=BigInteger)
_until = bindparam("until_us", type_=BigInteger)
_most = bindparam("most", type_=BigInteger)


def _receipts(which: ColumnElement[bool]) -> Prepared:
    key = (RECEIPTS.c.station_id, RECEIPTS.c.key)
    chosen = select(*key).where(which).limit(_most)
    return Prepared(delete(RECEIPTS).where(tuple_(*key).in_(chosen)))


def _frames(which: ColumnElement[bool]) -> Prepared:
    chosen = select(FRAMES.c.frame).where(which).limit(_most)
    return Prepared(delete(FRAMES).where(FRAMES.c.frame.in_(chosen)))


def _newest(column: ColumnElement[int]) -> Select[Any]:
    return select(func.max(column))


def _owes(table: Table) -> ColumnElement[bool]:
    return exists().where(table.c.transaction_id == TRANSACTIONS.c.transaction_id)


def _transactions(which: ColumnElement[bool]) -> Prepared:
    chosen = (
        select(TRANSACTIONS.c.transaction_id)
        .where(
            which,
            TRANSACTIONS.c.stopped_at.is_not(None),
            not_(_owes(OUTBOX)),
            not_(_owes(DEAD_LETTERS)),
        )
        .limit(_most)
    )
    return Prepared(delete(TRANSACTIONS).where(TRANSACTIONS.c.transaction_id.in_(chosen)))


_OLD_RECEIPTS: Final = _receipts(RECEIPTS.c.at_us < _since)
_FUTURE_RECEIPTS: Final = _receipts(RECEIPTS.c.at_us > _until)
_OLD_FRAMES: Final = _frames(FRAMES.c.at_us.between(_since, _until))
_SPARE_FRAMES: Final = _frames(
    FRAMES.c.frame <= _newest(FRAMES.c.frame).scalar_subquery() - bindparam("kept")
)
_OLD_TRANSACTIONS: Final = _transactions(TRANSACTIONS.c.recorded_us.between(_since, _until))
# The sum keeps SQLite from looking for them by their time: that would be nearly all.
_recorded_us = TRANSACTIONS.c.recorded_us + 0
_SPARE_TRANSACTIONS: Final = _transactions(
    (
        TRANSACTIONS.c.transaction_id
        <= _newest(TRANSACTIONS.c.transaction_id).scalar_subquery() - bindparam("kept")
    )
    & not_(_recorded_us.between(_since, _until))
)


def tidy(connection: Connection, retention: Retention, limit: int) -> int:
    """Remove what need not be kept, at most `limit` of each kind; returns how many went."""
    frames = _Batch(connection, limit)
    frames.remove(_SPARE_FRAMES, kept=retention.frames)
    if retention.ages is None:
        return frames.gone
    ages, first_us = retention.ages, to_us(NO_AGE_BEFORE)
    since_us, until_us = to_us(ages.receipts_since), to_us(ages.receipts_until)
    frames.remove(_OLD_FRAMES, since_us=first_us, until_us=to_us(ages.frames_since) - 1)
    receipts = _Batch(connection, limit)
    receipts.remove(_OLD_RECEIPTS, since_us=since_us)
    receipts.remove(_FUTURE_RECEIPTS, until_us=until_us)
    transactions = _Batch(connection, limit)
    transactions.remove(
        _SPARE_TRANSACTIONS, kept=retention.transactions, since_us=since_us, until_us=until_us
    )
    transactions.remove(
        _OLD_TRANSACTIONS, since_us=first_us, until_us=to_us(ages.transactions_since) - 1
    )
    return frames.gone + receipts.gone + transactions.gone


class _Batch:
    """Removes things of one kind, `limit` of them together."""

    def __init__(self, connection: Connection, limit: int) -> None:
        self.gone = 0
        self._connection = connection
        self._limit = limit

    def remove(self, statement: Prepared, **values: int) -> None:
        """Run the statement for as many as are left to go."""
        left = self._limit - self.gone
        self.gone += statement.run(self._connection, most=left, **values).rowcount
