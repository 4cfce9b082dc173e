"""How long one allocation takes, beside a textbook loop that fills the same circuits.

Run `python -m bench.load`. Figures in ms vary with the machine; the ratio is what to quote.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from wattgate.core.load.allocation import allocate, shares
from wattgate.core.load.circuits import Circuit, Load

EVERY_PHASE = frozenset({0, 1, 2})
CAR_MAXIMA_A = (10.0, 13.0, 16.0, 20.0, 25.0, 32.0)

Shares = dict[str, float]
Solver = Callable[[Sequence[Circuit], Sequence[Load]], Shares]


@dataclass(frozen=True, slots=True)
class Case:
    """How many EVSEs, in how many classes; how often each side is timed."""

    evses: int
    classes: int
    runs: int
    reference_runs: int


CASES = (
    Case(50, 1, 200, 50),
    Case(50, 2, 200, 50),
    Case(500, 1, 40, 5),
    Case(500, 2, 40, 5),
    Case(5000, 1, 9, 1),
    Case(5000, 2, 9, 1),
)


def site(case: Case, seed: int = 1) -> tuple[list[Circuit], list[Load]]:
    """A three-level tree: root, feeders of 50, groups of 10; a third of the cars single-phase.

    Groups and feeders bind here and there, the root sometimes; in the second class some are left
    out.
    """
    rng = random.Random(seed)  # noqa: S311 - a repeatable site, no secret
    loads = [
        Load(
            evse=f"evse {n:04}",
            phases=frozenset({n % 3}) if rng.random() < 0.35 else EVERY_PHASE,
            minimum_a=6.0,
            maximum_a=rng.choice(CAR_MAXIMA_A),
            priority=rng.randint(1, case.classes),
            since=rng.random(),
        )
        for n in range(case.evses)
    ]
    names = [load.evse for load in loads]
    circuits = [Circuit("root", (9.5 * case.evses,) * 3, frozenset(names))]
    for size, low_a, high_a in ((50, 8.0, 12.0), (10, 6.5, 16.0)):
        for start in range(0, case.evses, size):
            below = frozenset(names[start : start + size])
            limits_a = [rng.uniform(low_a, high_a) * len(below) for _ in range(3)]
            circuits.append(
                Circuit(f"{size} from {start}", (limits_a[0], limits_a[1], limits_a[2]), below)
            )
    return circuits, loads


Row = tuple[list[Load], float]


def textbook(circuits: Sequence[Circuit], loads: Sequence[Load]) -> Shares:
    """Progressive filling as it is taught, class by class."""
    rows: list[Row] = [
        ([load for load in loads if load.evse in circuit.members and phase in load.phases], limit_a)
        for circuit in circuits
        for phase, limit_a in enumerate(circuit.limit_a)
    ]
    share_a: Shares = dict.fromkeys((load.evse for load in loads), 0.0)
    for priority in sorted({load.priority for load in loads}, reverse=True):
        of_class = sorted((x for x in loads if x.priority == priority), key=lambda x: x.since)
        rising = {load.evse: load for load in textbook_admission(rows, of_class, share_a)}
        while rising:
            rising = textbook_round(rows, rising, share_a)
    return share_a


def textbook_admission(rows: list[Row], queue: list[Load], share_a: Shares) -> list[Load]:
    """Give everybody its minimum for whom there is room, the longest waiting first."""
    spare_a = [limit_a - sum(share_a[load.evse] for load in members) for members, limit_a in rows]
    rows_of: dict[str, list[int]] = {load.evse: [] for load in queue}
    for row, (members, _) in enumerate(rows):
        for load in members:
            if load.evse in rows_of:
                rows_of[load.evse].append(row)
    admitted = []
    for load in queue:
        if all(spare_a[row] >= load.minimum_a for row in rows_of[load.evse]):
            admitted.append(load)
            share_a[load.evse] = load.minimum_a
            for row in rows_of[load.evse]:
                spare_a[row] -= load.minimum_a
    return admitted


def textbook_round(rows: list[Row], rising: dict[str, Load], share_a: Shares) -> dict[str, Load]:
    """Take the smallest step that fills a row or satisfies a load; answer who still rises."""
    room = []
    for members, limit_a in rows:
        open_here = [load.evse for load in members if load.evse in rising]
        if open_here:
            spare_a = limit_a - sum(share_a[load.evse] for load in members)
            room.append((spare_a / len(open_here), open_here))
    to_maximum_a = {evse: load.maximum_a - share_a[evse] for evse, load in rising.items()}
    step_a = max(0.0, min([*to_maximum_a.values(), *(per_load_a for per_load_a, _ in room)]))
    ended = {evse for evse, more_a in to_maximum_a.items() if more_a <= step_a + 1e-12}
    for per_load_a, open_here in room:
        if per_load_a <= step_a + 1e-12:
            ended.update(open_here)
    for evse in rising:
        share_a[evse] += step_a
    return {evse: load for evse, load in rising.items() if evse not in ended}


def median_ms(solve: Solver, circuits: list[Circuit], loads: list[Load], runs: int) -> float:
    """The median time of a run in ms."""
    times_s = []
    for _ in range(runs):
        started = perf_counter()
        solve(circuits, loads)
        times_s.append(perf_counter() - started)
    return 1000 * median(times_s)


def main() -> None:
    """Print one line per case."""
    print("  EVSEs classes   allocate ms   textbook ms   ratio   largest difference A")
    for case in CASES:
        circuits, loads = site(case)
        ours_ms = median_ms(allocate, circuits, loads, case.runs)
        reference_ms = median_ms(textbook, circuits, loads, case.reference_runs)
        ours_a, reference_a = shares(circuits, loads), textbook(circuits, loads)
        apart_a = max(abs(ours_a[evse] - reference_a[evse]) for evse in reference_a)
        print(
            f"{case.evses:7} {case.classes:7} {ours_ms:13.2f} {reference_ms:13.2f}"
            f" {reference_ms / ours_ms:7.1f} {apart_a:22.1e}"
        )


if __name__ == "__main__":
    main()
