"""The tables of the SQLite store as they are now; how they came to be is in `migrations`.

Points in time are integers: microseconds since 1970-01-01T00:00Z. A time stamp that a wallbox
wrote stays text, as it was written.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

STATIONS: Final = Table(
    "stations",
    METADATA,
    Column("station_id", Text, primary_key=True),
    Column("boot_text", Text),
    Column("last_seen_us", BigInteger, nullable=False),
)

TRANSACTIONS: Final = Table(
    "transactions",
    METADATA,
    Column("transaction_id", Integer, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("connector", Integer, nullable=False),
    Column("evse_id", Text, nullable=False),
    Column("link_id", Text),
    Column("id_tag", Text, nullable=False),
    Column("meter_start_wh", BigInteger, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("backend_transaction_id", BigInteger),
    Column("answer_text", Text),
    Column("meter_stop_wh", BigInteger),
    Column("stopped_at", Text),
    Column("stop_reason", Text),
    Column("stop_inferred", Boolean, nullable=False, server_default=text("0")),
    Column("late_verdict", Text),
    CheckConstraint("transaction_id BETWEEN 1 AND 2147483647", name="id_fits_ocpp"),
    UniqueConstraint("station_id", "key"),
    Index(None, "link_id", "backend_transaction_id"),
    Index(None, "evse_id", "transaction_id"),
    Index(None, "recorded_us"),
    sqlite_autoincrement=True,
)
Index(
    "ix_transactions_open",
    TRANSACTIONS.c.transaction_id,
    sqlite_where=TRANSACTIONS.c.stopped_at.is_(None),
)
# They go with their transaction. A migration that makes `transactions` anew would take them along:
# SQLite empties a table that it drops.
TRANSACTION_REPORTS: Final = Table(
    "transaction_reports",
    METADATA,
    Column(
        "transaction_id",
        Integer,
        ForeignKey("transactions.transaction_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("link_id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("backend_transaction_id", BigInteger),
    Index(None, "link_id", "backend_transaction_id"),
    sqlite_with_rowid=False,
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("link_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("payload_text", Text, nullable=False),
    Column("transaction_id", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("expendable", Boolean, nullable=False, server_default=text("0")),
    Index(None, "link_id", "number"),
    Index(None, "transaction_id"),
    sqlite_autoincrement=True,
)

DEAD_LETTERS: Final = Table(
    "dead_letters",
    METADATA,
    Column("letter", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("link_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("payload_text", Text, nullable=False),
    Column("transaction_id", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("expendable", Boolean, nullable=False, server_default=text("0")),
    UniqueConstraint("number"),
    Index(None, "transaction_id"),
    sqlite_autoincrement=True,
)

RECEIPTS: Final = Table(
    "receipts",
    METADATA,
    Column("station_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("answer_text", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "at_us"),
    sqlite_with_rowid=False,
)

FRAMES: Final = Table(
    "frames",
    METADATA,
    Column("frame", Integer, primary_key=True),
    Column("transaction_id", BigInteger, nullable=False),
    Column("way", Text, nullable=False),
    Column("end", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "transaction_id"),
    Index(None, "at_us"),
    sqlite_autoincrement=True,
)

GRANTS: Final = Table(
    "grants",
    METADATA,
    Column("evse_id", Text, primary_key=True),
    Column("committed_a", Float, nullable=False),
    Column("pending_a", Float),
    Column("expires_us", BigInteger, nullable=False),
)

TAGS: Final = Table(
    "tags",
    METADATA,
    Column("link_id", Text, primary_key=True),
    Column("id_tag", Text, primary_key=True),
    Column("info_text", Text, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)

PROFILES: Final = Table(
    "profiles",
    METADATA,
    Column("link_id", Text, primary_key=True),
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("connector", Integer, nullable=False),
    Column("profile_text", Text, nullable=False),
)

BEHAVIOURS: Final = Table(
    "behaviours",
    METADATA,
    Column("vendor", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("firmware", Text, primary_key=True),
    Column("behaviour_text", Text, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)

RELEASES: Final = Table(
    "releases",
    METADATA,
    Column("evse_id", Text, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
)

NOTES: Final = Table(
    "notes",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

DOCUMENTS: Final = Table(
    "documents",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Write a point in time; a naive one raises TypeError."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(at_us: int) -> datetime:
    """Read a point in time back, in UTC."""
    return _EPOCH + at_us * _MICROSECOND
