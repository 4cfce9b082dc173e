"""What software wallboxes permitted over time, as they printed it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from operator import itemgetter

from tests.support.processes import Event, Program


def at(event: Event) -> datetime:
    """When a wallbox printed it, by the clock of this machine."""
    return datetime.fromisoformat(event["at"])


def sums_a(boxes: Iterable[Program]) -> list[tuple[datetime, float]]:
    """From when on they permitted how much together, A per phase, since each had its first limit.

    Of what came within the same millisecond the reductions count first: no wallbox is raised
    before another one has confirmed what makes room.
    """
    limits_a: dict[tuple[int, int], list[tuple[datetime, float]]] = {}
    for number, box in enumerate(boxes):
        for event in box.all_of("limit"):
            place = number, int(event["connector"])
            limits_a.setdefault(place, []).append((at(event), float(event["current_a"])))
    steps_a = [
        (moment, after_a - before_a)
        for told in limits_a.values()
        for (_, before_a), (moment, after_a) in pairwise(told)
    ]
    all_since = max(told[0][0] for told in limits_a.values())
    sum_a = sum(told[0][1] for told in limits_a.values())
    sums = [(all_since, sum_a)]
    for moment, step_a in sorted(steps_a, key=itemgetter(0, 1)):
        sum_a = round(sum_a + step_a, 6)
        if moment <= all_since:
            sums.clear()
        sums.append((max(moment, all_since), sum_a))
    return sums


def largest_sum_a(boxes: Iterable[Program]) -> float:
    """The most that they permitted together, A per phase."""
    return max(sum_a for _, sum_a in sums_a(boxes))
