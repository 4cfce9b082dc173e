"""A process to be killed: queues messages, and prints each number once it is confirmed."""

import asyncio
import sys
from pathlib import Path

from tests.support.stores import enqueue

from wattgate.adapters.store.sqlite import SqliteStore

PRODUCERS = 8


async def produce(store: SqliteStore) -> None:
    """Queue one message after the other, for ever."""
    while True:
        (message,) = await store.commit(enqueue("{}"))
        sys.stdout.write(f"{message.number}\n")
        sys.stdout.flush()


async def main(path: Path) -> None:
    """Let several producers share the store."""
    store = SqliteStore(path)
    await store.open()
    await asyncio.gather(*(produce(store) for _ in range(PRODUCERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
