"""Notes, evidence of transactions, and what a transaction's end and a queued message have more."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables, empty; what was stored before is neither inferred nor expendable."""
    op.create_table(
        "notes",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", name="pk_notes"),
    )
    op.create_table(
        "frames",
        sa.Column("frame", sa.Integer, primary_key=True),
        sa.Column("transaction_id", sa.BigInteger, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("end", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_frames_transaction_id", "frames", ["transaction_id"])
    op.create_index("ix_frames_at_us", "frames", ["at_us"])
    no = sa.text("0")
    for table in ("outbox", "dead_letters"):
        op.add_column(table, sa.Column("expendable", sa.Boolean, nullable=False, server_default=no))
    for table, column in (
        ("outbox", "transaction_id"),
        ("dead_letters", "transaction_id"),
        ("transactions", "recorded_us"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    inferred = sa.Column("stop_inferred", sa.Boolean, nullable=False, server_default=no)
    op.add_column("transactions", inferred)
    op.add_column("transactions", sa.Column("late_verdict", sa.Text))
