from datetime import UTC, datetime

import pytest

from wattgate.core.gateway.traffic.traffic import (
    BURST,
    PER_S,
    Budget,
    Direction,
    Entry,
    Kind,
    Ring,
    by_the_table,
    merged,
)

AT = datetime(2026, 5, 15, tzinfo=UTC)


def entry(number: int, text: str = "{}") -> Entry:
    return Entry(number, AT, "wallbox CP1", Direction.IN, Kind.CALL, "1", "", text, len(text))


def numbers(*rings: Ring, after: int | None = None, limit: int = 100) -> list[int]:
    return [each.number for each in merged(rings, after, limit)]


def test_the_oldest_frames_go_where_there_are_too_many_r121() -> None:
    ring = Ring(max_frames=2)
    for number in (1, 2, 3):
        ring.add(entry(number))
    assert numbers(ring) == [2, 3]


def test_the_oldest_frames_go_where_they_are_too_large_r121() -> None:
    ring = Ring(max_bytes=10)
    ring.add(entry(1, "x" * 6))
    ring.add(entry(2, "x" * 4))
    assert numbers(ring) == [1, 2]
    ring.add(entry(3, "€"))  # up to four bytes in memory
    assert numbers(ring) == [2, 3]
    assert ring.size_bytes == 8


def test_frames_that_were_left_out_are_counted_before_the_next_one() -> None:
    ring = Ring()
    ring.left_out = 7
    ring.add(entry(1))
    ring.add(entry(2))
    assert [each.left_out for each in ring.entries()] == [7, 0]


def test_the_frames_of_both_links_come_in_the_order_in_which_they_were_seen() -> None:
    wallbox, backend = Ring(), Ring()
    for number in (1, 4, 5):
        wallbox.add(entry(number))
    for number in (2, 3, 6):
        backend.add(entry(number))
    assert numbers(wallbox, backend) == [1, 2, 3, 4, 5, 6]
    assert numbers(wallbox, backend, limit=2) == [5, 6]
    assert numbers(wallbox, backend, after=2, limit=3) == [3, 4, 5]
    assert numbers(wallbox, backend, after=6) == []


def test_a_flood_costs_no_more_than_its_budget() -> None:
    budget = Budget()
    assert [budget.take(0.0) for _ in range(BURST + 2)] == [True] * BURST + [False] * 2
    assert [budget.take(1.0) for _ in range(int(PER_S) + 1)] == [True] * int(PER_S) + [False]
    assert sum(budget.take(1000.0) for _ in range(BURST * 2)) == BURST


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("Heartbeat", "by the gateway (R46)"),
        ("LogStatusNotification", "by the gateway"),
        ("Nonsense", "by the gateway"),
    ],
)
def test_an_answer_of_ours_names_the_rule_of_the_table_r79(action: str, words: str) -> None:
    assert by_the_table(action) == words
