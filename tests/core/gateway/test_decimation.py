from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.decimation import Pace, paced


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
