"""Every kind of change has its row in both stores' tables."""

from typing import get_args

import pytest

from wattgate.adapters.store import changes, memory_tables
from wattgate.ports.store import Change


@pytest.mark.parametrize("table", [changes.APPLY, memory_tables.APPLY], ids=["sqlite", "memory"])
def test_every_change_has_its_row(table: dict[type[Change], object]) -> None:
    assert set(table) == set(get_args(Change))
