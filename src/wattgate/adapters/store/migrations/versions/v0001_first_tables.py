"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "stations",
        sa.Column("station_id", sa.Text, nullable=False),
        sa.Column("boot_text", sa.Text),
        sa.Column("last_seen_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_stations"),
    )
    _create_transactions()
    _create_queues()
    op.create_table(
        "receipts",
        sa.Column("station_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("answer_text", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "key", name="pk_receipts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_receipts_at_us", "receipts", ["at_us"])
    op.create_table(
        "grants",
        sa.Column("evse_id", sa.Text, nullable=False),
        sa.Column("committed_a", sa.Float, nullable=False),
        sa.Column("pending_a", sa.Float),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("evse_id", name="pk_grants"),
    )
    op.create_table(
        "tags",
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("id_tag", sa.Text, nullable=False),
        sa.Column("info_text", sa.Text, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("link_id", "id_tag", name="pk_tags"),
    )
    op.create_table(
        "profiles",
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("profile_id", sa.BigInteger, nullable=False),
        sa.Column("connector", sa.Integer, nullable=False),
        sa.Column("profile_text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("link_id", "profile_id", name="pk_profiles"),
    )
    op.create_table(
        "documents",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_documents"),
    )


def _create_transactions() -> None:
    op.create_table(
        "transactions",
        sa.Column("transaction_id", sa.Integer, nullable=False),
        sa.Column("station_id", sa.Text, nullable=False),
        sa.Column("connector", sa.Integer, nullable=False),
        sa.Column("evse_id", sa.Text, nullable=False),
        sa.Column("link_id", sa.Text),
        sa.Column("id_tag", sa.Text, nullable=False),
        sa.Column("meter_start_wh", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("recorded_us", sa.BigInteger, nullable=False),
        sa.Column("backend_transaction_id", sa.BigInteger),
        sa.Column("answer_text", sa.Text),
        sa.Column("meter_stop_wh", sa.BigInteger),
        sa.Column("stopped_at", sa.Text),
        sa.Column("stop_reason", sa.Text),
        sa.CheckConstraint(
            "transaction_id BETWEEN 1 AND 2147483647", name=op.f("ck_transactions_id_fits_ocpp")
        ),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_transactions"),
        sa.UniqueConstraint("station_id", "key", name="uq_transactions_station_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_transactions_link_id_backend_transaction_id",
        "transactions",
        ["link_id", "backend_transaction_id"],
    )
    op.create_index(
        "ix_transactions_evse_id_transaction_id", "transactions", ["evse_id", "transaction_id"]
    )
    op.create_index(
        "ix_transactions_open",
        "transactions",
        ["transaction_id"],
        sqlite_where=sa.text("stopped_at IS NULL"),
    )


def _create_queues() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("payload_text", sa.Text, nullable=False),
        sa.Column("transaction_id", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_link_id_number", "outbox", ["link_id", "number"])
    op.create_table(
        "dead_letters",
        sa.Column("letter", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("payload_text", sa.Text, nullable=False),
        sa.Column("transaction_id", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("letter", name="pk_dead_letters"),
        sa.UniqueConstraint("number", name="uq_dead_letters_number"),
        sqlite_autoincrement=True,
    )
