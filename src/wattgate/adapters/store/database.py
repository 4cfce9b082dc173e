"""The SQLite file: who may use it, how it is opened, and how it comes to the newest schema."""

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as EngineConnection
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from wattgate.ports.store import StoreFailed

PRAGMAS: Final = {
    "journal_mode": "WAL",  # readers and the writer do not wait for each other
    "synchronous": "FULL",  # NORMAL may lose the last commits when the power fails
    "foreign_keys": "ON",
    "journal_size_limit": "16777216",  # bytes: what one large change needed is given back
    "busy_timeout": "5000",  # ms; somebody may look into the file with other tools
}
"""How each connection is set up; https://www.sqlite.org/pragma.html."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class FileLock:
    """The right to use a data file alone, kept by a lock on a file next to it.

    The lock ends with the process, however that ends; the lock file stays.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock on `<path>.lock`.

        Raises:
            StoreFailed: another process has it, or the folder cannot be written.

        """
        lock_path = path.with_name(path.name + ".lock")
        try:
            self._fd = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreFailed(f"{lock_path}: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise StoreFailed(f"{path} is already in use by another Wattgate") from error

    def release(self) -> None:
        """Give the right up; call it once."""
        os.close(self._fd)


def create_private(path: Path) -> None:
    """Create the data file if there is none, readable by its owner only (SQLite keeps that).

    One that others can read is closed to them, where it belongs to us.

    Raises:
        StoreFailed: the file cannot be created.

    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with suppress(PermissionError):
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}") from error


def connect(path: Path) -> Connection:
    """Open the file; transactions begin only where the caller says so.

    Raises:
        StoreFailed: the file cannot be opened, or is no SQLite file.

    """
    try:
        # One thread makes the connection and hands it to the one that uses it from then on.
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            for name, value in PRAGMAS.items():
                connection.execute(f"PRAGMA {name}={value}")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error
    return connection


def scrub(path: Path) -> None:
    """Overwrite what was deleted or replaced: until then its bytes stay in the file and its log.

    Takes as much room again as the file has, and waits until nobody else uses it.

    Raises:
        StoreFailed: that could not be done; nothing else has changed.

    """
    connection = connect(path)
    try:
        connection.execute("VACUUM")  # https://www.sqlite.org/lang_vacuum.html
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error
    finally:
        connection.close()


def migrate(path: Path) -> None:
    """Bring the file to the newest schema, all at once or not at all.

    Raises:
        StoreFailed: a newer Wattgate wrote the file, or it cannot be read or written.

    """
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: EngineConnection) -> None:
        # The driver's own way of starting transactions would leave out the DDL.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        raise StoreFailed(f"{path}: {error.orig}") from error


def _upgrade(connection: EngineConnection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise StoreFailed(
            f"the data file was written by a newer Wattgate (schema {current}): install that one"
        )
    if current != script.get_current_head():
        command.upgrade(config, "head")
