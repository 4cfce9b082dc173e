"""CPU that one relayed round trip costs: Wattgate beside a plain relay and beside nginx.

Run `python -m bench.relay`; it takes about a minute. Figures in µs vary with the machine; the
ratios are what to quote. Only the subject's own CPU time counts, user and system, of its whole
process tree; the wallboxes live in this process and the backend in one of its own.
"""

import asyncio
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import uvloop
from bench.relay import subjects
from bench.relay.messages import ANSWER, QUESTION, call, result
from bench.relay.processes import Child, ChildError, accepts, free_port
from bench.relay.subjects import Subject
from bench.relay.wallboxes import Fleet, RelayError, connect

WALLBOXES = 20
ROUNDS = 4
ROUND_S = 4.0
WARM_UP_S = 0.5
"""Four rounds of three subjects: some 50 s together."""

IDLE_S = 1.0

CHARGE_BOX_IDS = tuple(f"CP{number:03}" for number in range(WALLBOXES))

Figure = tuple[float, float]
"""µs of CPU per round trip, and round trips per second."""


async def measure(subject: Subject, fleet: Fleet, duration_s: float) -> Figure:
    """One round of one subject; all other subjects are idle meanwhile."""
    began, cpu_began_s = perf_counter(), subject.child.cpu_s()
    done = await fleet.run(duration_s)
    cpu_s = subject.child.cpu_s() - cpu_began_s
    return cpu_s / done * 1e6, done / (perf_counter() - began)


async def compare(listening: list[Subject]) -> dict[str, list[Figure]]:
    """Measure all subjects in turns, so that a drift of the machine meets them alike."""
    fleets = [await connect(each.name, each.port, CHARGE_BOX_IDS) for each in listening]
    figures: dict[str, list[Figure]] = {each.name: [] for each in listening}
    for subject, fleet in zip(listening, fleets, strict=True):
        await measure(subject, fleet, WARM_UP_S)
    for _ in range(ROUNDS):
        for subject, fleet in zip(listening, fleets, strict=True):
            figures[subject.name].append(await measure(subject, fleet, ROUND_S))
    return figures


def start_subjects(folder: Path, cleanup: ExitStack) -> list[Subject]:
    """Start the backend and all that is to be compared; print how Wattgate starts."""
    backend_port = free_port()
    command = [sys.executable, "-m", "bench.relay.echo_backend", str(backend_port)]
    backend = Child("backend", command, folder)
    cleanup.callback(backend.stop)
    backend.wait_until(partial(accepts, backend_port))

    ours = subjects.wattgate(folder, CHARGE_BOX_IDS, backend_port)
    cleanup.callback(ours.child.stop)
    sleep(IDLE_S)
    print(
        f"wattgate: {ours.start_s:.2f} s from start to listening and healthy, "
        f"{ours.child.rss_mib():.0f} MiB resident while idle "
        f"({WALLBOXES} EVSEs, no wallbox connected yet)"
    )
    listening = [ours, subjects.websockets(folder, backend_port)]
    cleanup.callback(listening[1].child.stop)
    nginx = subjects.nginx(folder, backend_port)
    if nginx is None:
        print("nginx not installed: left out")
    else:
        cleanup.callback(nginx.child.stop)
        listening.append(nginx)
    return listening


def say(figures: dict[str, list[Figure]]) -> bool:
    """Print medians and ratios; whether we beat the plain relay."""
    sizes = len(call("1000", "DataTransfer", QUESTION)), len(result("1000", ANSWER))
    print(
        f"{WALLBOXES} wallboxes, messages of {sizes[0]} and {sizes[1]} bytes, "
        f"medians of {ROUNDS} rounds of {ROUND_S:.0f} s"
    )
    cpu_us = {name: median(cost_us for cost_us, _ in rounds) for name, rounds in figures.items()}
    for name, rounds in figures.items():
        rate = median(rate for _, rate in rounds)
        print(
            f"{name:12} {cpu_us[name]:7.1f} µs CPU per round trip {rate:9,.0f} round trips/s, "
            f"{1000 * WALLBOXES / rate:.1f} ms each on average"
        )
    ours_us = cpu_us.pop(subjects.WATTGATE)
    for name, reference_us in cpu_us.items():
        print(f"wattgate / {name:12} {ours_us / reference_us:6.2f}")
    return ours_us < cpu_us[subjects.WEBSOCKETS]


def main() -> int:
    """Exit 0 where Wattgate costs less than the plain relay, 1 where not or where one fails."""
    with TemporaryDirectory(prefix="bench-relay-") as name, ExitStack() as cleanup:
        try:
            listening = start_subjects(Path(name), cleanup)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                figures = runner.run(compare(listening))
        except (ChildError, RelayError) as failure:
            print(failure)
            return 1
        return 0 if say(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
