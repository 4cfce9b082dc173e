"""Statements that are compiled once."""

import sqlite3
from contextlib import closing

from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, insert, select, update

from wattgate.adapters.store.prepared import Prepared

THINGS = Table("things", MetaData(), Column("n", Integer, primary_key=True), Column("text", Text))
ADD = Prepared(insert(THINGS), columns=["text"])
RENAME = Prepared(update(THINGS).where(THINGS.c.n == 1).values(text=bindparam("new")))
ABOVE = Prepared(select(THINGS.c.n, THINGS.c.text).where(THINGS.c.n > bindparam("low")))


def test_values_are_named_and_fixed_ones_are_remembered() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE things (n INTEGER PRIMARY KEY, text TEXT)")
        assert [ADD.insert(connection, text=text) for text in ("a", "b", None)] == [1, 2, 3]
        assert RENAME.run(connection, new="z").rowcount == 1
        assert ABOVE.rows(connection, low=0) == [(1, "z"), (2, "b"), (3, None)]
        assert ABOVE.row(connection, low=1) == (2, "b")
        assert ABOVE.row(connection, low=3) is None
