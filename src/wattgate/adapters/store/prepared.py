"""Statements that are compiled once, when their module is imported.

A statement that SQLAlchemy finds in its cache still costs some 50 µs to run; its finished text
costs half of that. The store runs two or three for every message of a wallbox.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Delete, Insert, Select, Update
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

    def run(self, connection: Connection, **values: object) -> CursorResult[Any]:
        """Execute it with `values` for its named parameters."""
        return connection.exec_driver_sql(self._text, {**self._fixed, **values})

    def rows(self, connection: Connection, **values: object) -> list[Row]:
        """Execute it and read all its rows."""
        return [tuple(row) for row in self.run(connection, **values)]

    def row(self, connection: Connection, **values: object) -> Row | None:
        """Execute it and read its first row, if it has one."""
        return next(iter(self.rows(connection, **values)), None)
