from dataclasses import replace

import pytest

from wattgate.core.load.demand import EvseView
from wattgate.core.load.pausing import is_held_back, is_paused

VIEW = EvseView("a", frozenset({0}), minimum_a=6.0, maximum_a=16.0)


@pytest.mark.parametrize(
    ("view", "is_so"),
    [
        pytest.param(VIEW, False, id="nobody forbids it"),
        pytest.param(replace(VIEW, cap_a=6.0), False, id="the backend allows the minimum"),
        pytest.param(replace(VIEW, cap_a=5.9), True, id="the backend allows less (R100b)"),
        pytest.param(replace(VIEW, cap_a=6.0, minimum_a=8.0), True, id="less than it can do"),
        pytest.param(replace(VIEW, enabled=False), True, id="deactivated"),
    ],
)
def test_what_others_forbid_is_no_pause_of_ours(view: EvseView, is_so: bool) -> None:
    assert is_held_back(view) is is_so


@pytest.mark.parametrize(
    ("asks_since", "paused_at", "pause_s", "is_so"),
    [
        pytest.param(100.0, None, 300.0, False, id="never paused"),
        pytest.param(100.0, 701.0, 300.0, True, id="paused 299 s ago"),
        pytest.param(100.0, 700.0, 300.0, False, id="paused 300 s ago"),
        pytest.param(702.0, 701.0, 300.0, False, id="a new transaction"),
        pytest.param(701.0, 701.0, 300.0, True, id="one that began when it was paused"),
        pytest.param(100.0, 1000.0, 0.0, False, id="no pause wanted"),
    ],
)
def test_who_was_paused_waits_and_a_new_session_never_does(
    asks_since: float, paused_at: float | None, pause_s: float, is_so: bool
) -> None:
    verdict = is_paused(asks_since=asks_since, paused_at=paused_at, now=1000.0, pause_s=pause_s)
    assert verdict is is_so
