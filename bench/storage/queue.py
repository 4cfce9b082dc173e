"""A long queue: how fast it is there again after a restart, is read, and drains.

    python -m bench.storage.queue [folder]

The reference is a plain loop on the driver: the same rows in the same order, deleted one by one in
transactions of their own.
"""

import asyncio
import resource
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from wattgate.adapters.store.database import connect
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import Enqueue, Settle

MESSAGES = 100_000
DRAINED = 3_000
PAYLOAD = '{"connectorId":1,"transactionId":7,"meterValue":[' + '{"value":"1234"},' * 15 + "{}]}"

Figures = dict[str, float]


@contextmanager
def timed(figures: Figures, name: str) -> Iterator[None]:
    """Note how many s the block took."""
    began = perf_counter()
    yield
    figures[name] = perf_counter() - began


async def fill(path: Path) -> None:
    """Queue messages of an earlier life, and half as many for another backend between them."""
    store = SqliteStore(path)
    await store.open()
    for _ in range(MESSAGES // 1000):
        drafts = [Enqueue(Draft("B", "MeterValues", PAYLOAD))] * 1000
        others = [Enqueue(Draft("C", "MeterValues", PAYLOAD))] * 500
        await store.commit(*drafts, *others)
    await store.close()


async def ours(path: Path) -> Figures:
    """Start on the long queue, read its first window, and settle messages one after the other."""
    figures: Figures = {}
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store = SqliteStore(path)
    with timed(figures, "open"):
        await store.open()
    with timed(figures, "recover, with depths"):
        known = await store.recover()
    figures["messages found"] = known.outbox_depths["B"]
    with timed(figures, "first 100 read"):
        window = await store.outbox("B")
    with timed(figures, f"{DRAINED} settled in turn"):
        done = 0
        while done < DRAINED:
            for message in window:
                await store.commit(Settle(message.number))
            done += len(window)
            window = await store.outbox("B", after=window[-1].number)
    figures["memory, MiB more"] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    ) / 1024
    await store.close()
    return figures


def reference(path: Path) -> Figures:
    """Do the same with the driver alone."""
    figures: Figures = {}
    with timed(figures, "open"):
        connection = connect(path)
    with closing(connection):
        count = "SELECT link_id, count(*) FROM outbox GROUP BY link_id"
        with timed(figures, "recover, with depths"):
            connection.execute(count).fetchall()
        first = "SELECT * FROM outbox WHERE link_id = 'B' ORDER BY number LIMIT 100"
        with timed(figures, "first 100 read"):
            window = connection.execute(first).fetchall()
        with timed(figures, f"{DRAINED} settled in turn"):
            done = 0
            while done < DRAINED:
                for row in window:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("DELETE FROM outbox WHERE number = ?", (row[0],))
                    connection.execute("COMMIT")
                done += len(window)
                window = connection.execute(first).fetchall()
    return figures


def main() -> None:
    """Print each figure beside that of the reference."""
    with TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else ".") as folder:
        path = Path(folder) / "wattgate.db"
        asyncio.run(fill(path))
        mine = asyncio.run(ours(path))
        theirs = reference(path)
    print(f"{MESSAGES:,} messages queued, and half as many for another backend")
    for name, figure in mine.items():
        if name in theirs:
            ratio = figure / theirs[name]
            print(f"{name:26} {figure:9.4f} s, driver {theirs[name]:9.4f} s, ratio {ratio:6.2f}")
        else:
            print(f"{name:26} {figure:9.1f}")


if __name__ == "__main__":
    main()
