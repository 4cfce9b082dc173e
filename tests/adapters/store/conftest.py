"""The stores that the contract is checked on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.ports.store import Store


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    durable = SqliteStore(tmp_path / "wattgate.db")
    await durable.open()
    yield durable
    await durable.close()
