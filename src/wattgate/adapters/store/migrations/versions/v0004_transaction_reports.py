"""The backends that hear of a transaction without billing it, and the ids that they gave it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, empty: what was stored before has no such backends."""
    op.create_table(
        "transaction_reports",
        sa.Column("transaction_id", sa.Integer, nullable=False),
        sa.Column("link_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("backend_transaction_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("transaction_id", "link_id", name="pk_transaction_reports"),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.transaction_id"],
            name="fk_transaction_reports_transaction_id",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_transaction_reports_link_id_backend_transaction_id",
        "transaction_reports",
        ["link_id", "backend_transaction_id"],
    )
