import pytest

from wattgate.core.wallbox.pauses import PhaseSwitch, PilotCut


def test_a_cut_lasts_as_long_as_was_asked_for() -> None:
    cut = PilotCut()
    assert cut.left_s(0.0) == 0
    cut.ask(5, 10.0)
    assert [cut.left_s(now) for now in (10.0, 10.1, 14.5, 15.0)] == [5, 5, 1, 1]
    left = []
    for now in (14.9, 15.0):
        cut.settle(now)
        left.append(cut.until)
    assert left == [15.0, None]


def test_a_second_wish_counts_only_if_it_ends_the_cut() -> None:
    cut = PilotCut()
    ends = []
    for duration_s, now in ((0, 0.0), (5, 0.0), (500, 1.0), (0, 2.0)):
        cut.ask(duration_s, now)
        ends.append(cut.until)
    assert ends == [None, 5.0, 5.0, None]


@pytest.mark.parametrize(
    ("pause_s", "used", "until"), [(0.0, 1, None), (120.0, 1, 220.0), (None, 3, None)]
)
def test_phases_change_at_once_after_a_pause_or_not_yet(
    pause_s: float | None, used: int, until: float | None
) -> None:
    switch = PhaseSwitch(3, 1)
    switch.settle(100.0, pause_s)
    assert (switch.used, switch.until) == (used, until)


def test_a_pause_ends_and_is_not_lengthened() -> None:
    switch = PhaseSwitch(3, 1)
    switch.settle(0.0, 120.0)
    switch.wanted = 3
    switch.settle(60.0, 120.0)
    assert (switch.used, switch.until) == (3, 120.0)
    switch.settle(120.0, 120.0)
    assert (switch.used, switch.until) == (3, None)
