"""Messages made durable per second: the store's group commit against one commit per message.

    python -m bench.storage [folder]

All are measured in turns on the same disk; the folder names the disk, by default the current one.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from wattgate.adapters.store.database import connect
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import Enqueue, FrameRecord, FrameWay, KeepFrame, Receipt

PRODUCERS = 64
ROUNDS = 3
ROUND_S = 1.2
"""Three rounds of five measurements: some 20 s together."""

PAYLOAD = '{"connectorId":1,"transactionId":7,"meterValue":[' + '{"value":"1234"},' * 15 + "{}]}"
FRAME = f'[2,"5a3c0e7b-1f27-4a59-9d57-2f6b1f2f7f10","MeterValues",{PAYLOAD}]'
AT = datetime(2026, 1, 1, tzinfo=UTC)

Rate = tuple[float, float]
"""Messages per second, and µs of CPU that one of them cost."""


def one_by_one(path: Path) -> Rate:
    """Measure the reference: the bare driver with the same settings, one commit per message."""
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE queue (number INTEGER PRIMARY KEY, payload TEXT NOT NULL)")
        done, began, cpu_began = 0, perf_counter(), process_time()
        while perf_counter() - began < ROUND_S:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO queue (payload) VALUES (?)", (PAYLOAD,))
            connection.execute("COMMIT")
            done += 1
        return done / (perf_counter() - began), (process_time() - cpu_began) / done * 1e6


Work = Callable[[SqliteStore, int], Awaitable[object]]


def commit(store: SqliteStore, _: int) -> Awaitable[object]:
    """Queue one message."""
    return store.commit(Enqueue(Draft("B", "MeterValues", PAYLOAD)))


def take(store: SqliteStore, number: int) -> Awaitable[object]:
    """Queue one message that must count once, as a wallbox's message does."""
    receipt = Receipt("CP1", f"MeterValues 1 7 {number}", "{}", AT)
    return store.take(receipt, Enqueue(Draft("B", "MeterValues", PAYLOAD)))


def take_with_evidence(store: SqliteStore, number: int) -> Awaitable[object]:
    """Queue such a message, and keep the frame it came in."""
    receipt = Receipt("CP1", f"MeterValues 1 7 {number}", "{}", AT)
    frame = FrameRecord(1, FrameWay.RECEIVED, "CP1", "MeterValues", FRAME, AT)
    return store.take(receipt, KeepFrame(frame), Enqueue(Draft("B", "MeterValues", PAYLOAD)))


async def produce(store: SqliteStore, work: Work, numbers: Iterator[int], until: float) -> int:
    """Ask, wait until it is durable, ask again; returns how often."""
    done = 0
    while perf_counter() < until:
        await work(store, next(numbers))
        done += 1
    return done


async def grouped(path: Path, work: Work, producers: int) -> Rate:
    """Measure the store."""
    store = SqliteStore(path)
    await store.open()
    numbers = count()
    began, cpu_began = perf_counter(), process_time()
    done = sum(
        await asyncio.gather(
            *(produce(store, work, numbers, began + ROUND_S) for _ in range(producers))
        )
    )
    rate = done / (perf_counter() - began), (process_time() - cpu_began) / done * 1e6
    await store.close()
    return rate


MEASUREMENTS: dict[str, Callable[[Path], Rate]] = {
    "driver, one commit per message": one_by_one,
    "store, 1 producer, commit": lambda path: asyncio.run(grouped(path, commit, 1)),
    f"store, {PRODUCERS} producers, commit": lambda path: asyncio.run(
        grouped(path, commit, PRODUCERS)
    ),
    f"store, {PRODUCERS} producers, take": lambda path: asyncio.run(grouped(path, take, PRODUCERS)),
    "  the same with evidence": lambda path: asyncio.run(
        grouped(path, take_with_evidence, PRODUCERS)
    ),
}


def main() -> None:
    """Print the median of each measurement and its ratio to the reference."""
    rates: dict[str, list[Rate]] = {name: [] for name in MEASUREMENTS}
    with TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else ".") as folder:
        for turn in range(ROUNDS):
            for place, (name, measure) in enumerate(MEASUREMENTS.items()):
                rates[name].append(measure(Path(folder) / f"{turn}-{place}.db"))
    reference = median(rate for rate, _ in next(iter(rates.values())))
    for name, rounds in rates.items():
        rate = median(rate for rate, _ in rounds)
        cpu_us = median(cpu for _, cpu in rounds)
        print(f"{name:34} {rate:9,.0f} /s {rate / reference:7.1f} x {cpu_us:7.0f} µs CPU each")


if __name__ == "__main__":
    main()
