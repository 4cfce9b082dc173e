"""That looking for what may go is cheap, however much is kept."""

from contextlib import closing
from pathlib import Path

import pytest

from wattgate.adapters.store import tidying
from wattgate.adapters.store.database import connect, migrate
from wattgate.adapters.store.prepared import Prepared

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
