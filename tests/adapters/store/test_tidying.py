"""That looking for what may go is cheap, however much is kept, and that what goes is gone."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.stores import AT, start

from wattgate.adapters.store import tidying
from wattgate.adapters.store.database import connect, migrate
from wattgate.adapters.store.prepared import Prepared
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.retention import AgeLimits, Retention
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store import CloseTransaction

VALUES = {"since_us": 0, "until_us": 1, "kept": 1, "most": 1}


@pytest.mark.parametrize(
    "name",
    [
        "_OLD_RECEIPTS",
        "_FUTURE_RECEIPTS",
        "_OLD_FRAMES",
        "_SPARE_FRAMES",
        "_OLD_TRANSACTIONS",
        "_SPARE_TRANSACTIONS",
    ],
)
def test_no_table_is_searched_from_end_to_end(tmp_path: Path, name: str) -> None:
    migrate(tmp_path / "wattgate.db")
    statement: Prepared = getattr(tidying, name)
    with closing(connect(tmp_path / "wattgate.db")) as connection:
        text = f"EXPLAIN QUERY PLAN {statement._text}"
        plan = [
            row[3] for row in connection.execute(text, {**statement._fixed, **VALUES}).fetchall()
        ]
    assert any(step.startswith("SEARCH") for step in plan)
    assert not any(step.startswith("SCAN") for step in plan), plan


@pytest.mark.asyncio
async def test_nothing_is_left_in_the_file_of_what_links_knew_of_a_transaction(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "wattgate.db")
    await store.open()
    opened = await store.open_transaction(start(report_link_ids=("C", "D")), (), AT)
    stop = TransactionStop(2000, "2026-11-22T10:00:00Z", "Local")
    await store.commit(CloseTransaction("CP1", opened.transaction_id, stop))
    later = AT + timedelta(days=1)
    ages = AgeLimits(
        receipts_since=later, receipts_until=later, transactions_since=later, frames_since=later
    )
    assert await store.tidy(Retention(transactions=0, frames=0, ages=ages)) == 1
    await store.close()
    with closing(connect(tmp_path / "wattgate.db")) as connection:
        assert connection.execute("SELECT count(*) FROM transaction_reports").fetchone() == (0,)
