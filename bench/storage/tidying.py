"""What a commit waits for while hundreds of thousands of old rows are removed.

    python -m bench.storage.tidying [folder] [rows]

The reference is the same store at the same pace with nothing to remove; the second one removes all
in one go, as a single DELETE does.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from wattgate.adapters.store.database import connect, migrate
from wattgate.adapters.store.schema import to_us
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.gateway.outbox import Draft
from wattgate.core.retention import AgeLimits, Retention
from wattgate.ports.store import Enqueue

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PACE_S = 0.02
BATCH = 500
BREATH_S = 0.05
"""Messages in a batch and s between two, as the manager has them."""

ALL_OLD = Retention(
    transactions=1,
    frames=1,
    ages=AgeLimits(
        receipts_since=NOW,
        receipts_until=NOW + timedelta(days=1),
        transactions_since=NOW,
        frames_since=NOW,
    ),
)


async def filled(path: Path, rows: int) -> SqliteStore:
    """Open a store with so many old receipts."""
    migrate(path)
    at_us = to_us(NOW - timedelta(days=30))
    values = ((f"CP{n % 50}", f"meter {n:064x}", "{}", at_us) for n in range(rows))
    with closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO receipts VALUES (?,?,?,?)", values)
        connection.execute("COMMIT")
    store = SqliteStore(path)
    await store.open()
    return store


async def waits(store: SqliteStore, work: Callable[[], Awaitable[None]]) -> list[float]:
    """Commit at a pace while `work` goes on; s that each commit took."""
    took: list[float] = []
    working = asyncio.ensure_future(work())
    while not working.done():
        began = perf_counter()
        await store.commit(Enqueue(Draft("B", "MeterValues", "{}")))
        took.append(perf_counter() - began)
        await asyncio.sleep(PACE_S)
    await working
    return sorted(took)


async def measure(folder: Path, rows: int) -> dict[str, list[float]]:
    """Measure all three."""
    store = await filled(folder / "a.db", rows)

    async def tidied() -> None:
        for _ in range(0, rows + 1, BATCH):
            await store.tidy(ALL_OLD, limit=BATCH)
            await asyncio.sleep(BREATH_S)

    tidying = await waits(store, tidied)
    idle = await waits(store, lambda: asyncio.sleep(20.0))
    await store.close()
    other = await filled(folder / "b.db", rows)

    async def at_once() -> None:
        await other.tidy(ALL_OLD, limit=rows)

    whole = await waits(other, at_once)
    await other.close()
    return {"nothing to remove": idle, "in batches": tidying, "all at once": whole}


def main() -> None:
    """Print how long commits took."""
    words = [*sys.argv[1:], *(".", "300000")[len(sys.argv) - 1 :]]
    folder, rows = words[0], words[1]
    with TemporaryDirectory(dir=folder) as place:
        found = asyncio.run(measure(Path(place), int(rows)))
    print(f"{int(rows):,} receipts; s that a commit took")
    worst = found["nothing to remove"][-1]
    for name, took in found.items():
        print(
            f"{name:20} commits {len(took):6}  median {took[len(took) // 2]:8.4f}"
            f"  99 % {took[len(took) * 99 // 100]:8.4f}  worst {took[-1]:8.4f}"
            f"  ratio of the worst {took[-1] / worst:7.1f}"
        )


if __name__ == "__main__":
    main()
