"""The schema: how a file comes to it, and which files are refused."""

import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from tests.support.stores import start

from wattgate.adapters.store.database import FileLock, connect, migrate
from wattgate.adapters.store.schema import METADATA
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import StoreFailed

FIXTURES = Path(__file__).parents[2] / "fixtures" / "store"


def load(dump: str, path: Path) -> None:
    """Make a data file of an older version."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FIXTURES / dump).read_text(encoding="utf-8"))


def told_schema(path: Path) -> dict[str, list[str]]:
    """Read how each table and index was created, its parts in alphabetical order."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
        ).fetchall()
    # A column that was added later stands behind a comma, not on a line of its own.
    return {name: _parts(sql) for name, sql in rows}


def _parts(sql: str) -> list[str]:
    return sorted(re.split(r"[\s,]*(?:\n|, )[\s,]*", sql.removesuffix(")").strip()))


@pytest.mark.parametrize("dump", [None, "v0001.sql", "v0002.sql", "v0003.sql", "v0004.sql"])
def test_the_migrations_lead_to_the_schema_that_the_code_uses(
    tmp_path: Path, dump: str | None
) -> None:
    migrated, created = tmp_path / "migrated.db", tmp_path / "created.db"
    if dump is not None:
        load(dump, migrated)
    migrate(migrated)
    engine = create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    # Alembic does not compare AUTOINCREMENT, WITHOUT ROWID, CHECK and partial indexes.
    fresh = create_engine(f"sqlite:///{created}")
    METADATA.create_all(fresh)
    fresh.dispose()
    assert told_schema(migrated) == told_schema(created)


@pytest.mark.asyncio
async def test_what_the_first_version_stored_is_there_after_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "wattgate.db"
    load("v0001.sql", path)
    store = SqliteStore(path)
    await store.open()
    known = await store.recover()
    assert [station.station_id for station in known.stations] == ["CP1"]
    assert [(t.transaction_id, t.backend_transaction_id) for t in known.open_transactions] == [
        (1, 700)
    ]
    assert known.outbox_depths == {"B": 2}
    assert len(known.grants) == len(known.tags) == len(known.profiles) == 1
    assert known.behaviours == ()
    assert known.releases == ()
    closed = await store.transaction("CP1", 2)
    assert closed is not None
    assert closed.stop is not None
    (letter,) = await store.dead_letters()
    assert letter.reason == "refused"
    assert await store.document("site") == "site text"
    await store.close()


@pytest.mark.asyncio
async def test_what_the_second_version_stored_is_there_after_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "wattgate.db"
    load("v0002.sql", path)
    store = SqliteStore(path)
    await store.open()
    known = await store.recover()
    assert [(seen.vendor, seen.firmware) for seen in known.behaviours] == [("EVer", "1.2")]
    assert [release.evse_id for release in known.releases] == ["stall-2"]
    await store.close()


@pytest.mark.asyncio
async def test_what_the_third_version_stored_is_there_after_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "wattgate.db"
    load("v0003.sql", path)
    store = SqliteStore(path)
    await store.open()
    known = await store.recover()
    assert [(note.scope, note.name, note.text) for note in known.notes] == [("B", "key", "value")]
    assert [frame.text for frame in await store.frames(1)] == ['[2,"s1","StartTransaction",{}]']
    (first, *_) = await store.outbox("B")
    assert not first.draft.expendable
    await store.close()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("dump", "expected"),
    [
        ("v0003.sql", TransactionRecord(1, start(), 700, '{"transactionId":1}')),
        (
            "v0004.sql",
            TransactionRecord(
                1,
                start(report_link_ids=("R2", "R1")),
                700,
                '{"transactionId":1}',
                report_ids={"R1": 7},
            ),
        ),
    ],
)
async def test_the_backends_that_hear_of_a_transaction_are_there_after_the_migration(
    tmp_path: Path, dump: str, expected: TransactionRecord
) -> None:
    path = tmp_path / "wattgate.db"
    load(dump, path)
    store = SqliteStore(path)
    await store.open()
    assert await store.transaction("CP1", 1) == expected
    await store.close()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "100% legal name?.db"
    migrate(path)
    before = told_schema(path)
    migrate(path)
    assert told_schema(path) == before


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "wattgate.db"
    migrate(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreFailed, match=r"newer Wattgate \(schema 9999\)"):
        migrate(path)


def test_a_migration_that_fails_leaves_nothing_half_made(tmp_path: Path) -> None:
    path = tmp_path / "wattgate.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE grants (something_else)")
    with pytest.raises(StoreFailed, match="already exists"):
        migrate(path)
    assert set(told_schema(path)) == {"grants"}


def test_migrating_leaves_the_logging_of_the_process_alone(tmp_path: Path) -> None:
    root = logging.getLogger()
    mine = logging.getLogger("wattgate.somewhere")
    before = (list(root.handlers), root.level, mine.disabled, logging.getLogger("alembic").level)
    migrate(tmp_path / "wattgate.db")
    after = (list(root.handlers), root.level, mine.disabled, logging.getLogger("alembic").level)
    assert after == before


def test_a_lock_is_free_again_after_its_release(tmp_path: Path) -> None:
    path = tmp_path / "wattgate.db"
    lock = FileLock(path)
    with pytest.raises(StoreFailed, match="already in use"):
        FileLock(path)
    lock.release()
    FileLock(path).release()


def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="unable to open"):
        connect(tmp_path)
