"""Statements that are built from the schema once, when their module is imported.

SQLAlchemy builds and checks them, the driver runs their finished text: that costs some 5 µs a
statement instead of 50, and the store runs two or three for every message of a wallbox.
"""

from collections.abc import Sequence
from sqlite3 import Connection, Cursor
from typing import Any, cast

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite

Row = tuple[Any, ...]


class Prepared:
    """One statement as SQLite's text, with the values it always has.

    `columns` are the ones an insert without values fills: its parameters bear their names.
    """

    def __init__(
        self,
        statement: Select[Any] | Insert | Update | Delete,
        *,
        columns: Sequence[str] | None = None,
    ) -> None:
        compiled = statement.compile(
            dialect=sqlite.dialect(paramstyle="named"), column_keys=columns
        )
        self._text = str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def run(self, connection: Connection, **values: object) -> Cursor:
        """Execute it with `values` for its named parameters."""
        return connection.execute(self._text, {**self._fixed, **values})

    def insert(self, connection: Connection, **values: object) -> int:
        """Execute it, an insert of one row; returns the row's new number."""
        # None only for a cursor that has executed nothing.
        return cast(int, self.run(connection, **values).lastrowid)

    def rows(self, connection: Connection, **values: object) -> list[Row]:
        """Execute it and read all its rows."""
        return self.run(connection, **values).fetchall()

    def row(self, connection: Connection, **values: object) -> Row | None:
        """Execute it and read its first row, if it has one."""
        first: Row | None = self.run(connection, **values).fetchone()
        return first
