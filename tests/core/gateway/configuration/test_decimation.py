from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.configuration.decimation import Pace, aligned, paced


def sent(stamps: list[float], interval_s: int) -> list[float]:
    """Which of these samples go."""
    pace: Pace | None = None
    gone = []
    for at in stamps:
        after = paced(pace, at, interval_s)
        if after is not None:
            gone.append(at)
            pace = after
    return gone


@pytest.mark.parametrize(
    ("stamps", "interval_s", "gone"),
    [
        ([0, 10, 20, 30, 40, 50, 60, 70, 120], 60, [0, 60, 120]),
        ([0, 10, 20], 0, []),
        ([0, 10, 20], 10, [0, 10, 20]),
        ([0, 60, 120], 10, [0, 60, 120]),
        # A whisker early is in time, and does not shift what follows.
        ([0, 55.5, 115.2, 170], 60, [0, 55.5, 115.2]),
        ([0, 10, 20.9, 29.4], 10, [0, 10, 20.9, 29.4]),
        # One reading in several messages, and one that is repeated.
        ([0, 0, 1.5, 3, 60, 61], 60, [0, 0, 1.5, 60, 61]),
        ([0, 1, 1.4, 2], 1, [0, 1, 1.4, 2]),
        # After a gap the pace begins anew.
        ([0, 500, 510, 559], 60, [0, 500, 559]),
        # A clock that goes back, or stands still, hides nothing.
        ([1000, 5, 10, 65], 60, [1000, 5, 65]),
        ([7, 7, 7], 900, [7, 7, 7]),
    ],
)
def test_a_backend_gets_as_many_samples_as_it_asked_for_r80(
    stamps: list[float], interval_s: int, gone: list[float]
) -> None:
    assert sent(stamps, interval_s) == gone


@given(st.integers(1, 60), st.integers(1, 3600), st.integers(2, 300))
def test_no_pause_is_longer_than_asked_for_by_more_than_one_sample_r80(
    every_s: int, interval_s: int, count: int
) -> None:
    stamps = [float(every_s * number) for number in range(count)]
    gone = sent(stamps, interval_s)
    pauses = [after - before for before, after in pairwise(gone)]
    assert all(pause <= max(interval_s, every_s) + every_s for pause in pauses)
    if interval_s >= 2 * every_s and every_s > 2:
        assert all(pause >= interval_s - every_s - 5 for pause in pauses)


def sent_by_clock(stamps: list[float], interval_s: int) -> list[float]:
    """Which of these clock-aligned samples go."""
    pace: Pace | None = None
    gone = []
    for at in stamps:
        goes, pace = aligned(pace, at, interval_s)
        gone += [at] if goes else []
    return gone


DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("stamps", "interval_s", "gone"),
    [
        ([300.0 * n for n in range(1, 8)], 900, [900, 1800]),
        ([300.0 * n for n in range(1, 4)], 300, [300, 600, 900]),
        ([300, 600], 0, []),
        # A second late, or early, is in time; several messages of one reading go together.
        ([301, 899, 900.5, 1203, 1801], 900, [899, 900.5, 1801]),
        ([900, 904, 1800], 900, [900, 1800]),
        # One is missing: the next that comes will do, and then the multiples again.
        ([900, 2100, 2400, 2700], 900, [900, 2100, 2700]),
        # A wallbox that counts from another midnight gives one in each interval, too.
        ([1800, 5400, 9000, 12_600], 3600, [5400, 9000, 12_600]),
        # An interval begins anew at midnight.
        ([DAY_S - 2400, DAY_S - 1200, DAY_S, DAY_S + 1200], 7000, [DAY_S - 2400, DAY_S]),
        # A clock that goes back hides nothing.
        ([9000, 900, 1200, 1800], 900, [9000, 900, 1800]),
        ([60, 61.5, 120, 180], 60, [60, 61.5, 120, 180]),
    ],
)
def test_a_backend_gets_the_clock_aligned_samples_of_its_own_interval_r80(
    stamps: list[float], interval_s: int, gone: list[float]
) -> None:
    assert sent_by_clock(stamps, interval_s) == gone


@given(st.sampled_from([60, 300, 900]), st.integers(1, 12), st.integers(0, 400))
def test_of_every_interval_exactly_one_aligned_sample_goes_r80(
    every_s: int, times: int, first: int
) -> None:
    stamps = [float(every_s * number) for number in range(first, first + 100)]
    gone = sent_by_clock(stamps, every_s * times)
    in_day = [at for at in gone if at < DAY_S]
    wanted = [at for at in stamps if at % (every_s * times) == 0 and at < DAY_S]
    assert in_day == wanted
