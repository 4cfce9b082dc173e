from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.clock import MOST_STAMPS, WallboxClock, read_stamp

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


def wall(now: float) -> datetime:
    """Our own clock, which is right."""
    return NOON + timedelta(seconds=now)


def after(offset_s: float, *times: float, clock: WallboxClock | None = None) -> WallboxClock:
    """Messages at those times from a wallbox whose clock is ahead by `offset_s`."""
    clock = clock or WallboxClock()
    for now in times:
        clock = clock.heard(wall(now + offset_s), now, wall(now))
    return clock


def offset_s(clock: WallboxClock, now: float) -> float:
    """What the clock is believed to be ahead, measured or not."""
    return (clock.its_time(now, wall(now)) - wall(now)).total_seconds()


def test_a_wallbox_that_nothing_is_known_of_has_our_time() -> None:
    clock = WallboxClock()
    assert clock.its_time(7, wall(7)) == wall(7)
    assert clock.offset_s(7, wall(7)) is None


def test_a_wallbox_that_was_told_the_time_has_what_it_was_told_r48() -> None:
    clock = WallboxClock().set_to(NOON, now=0)
    an_hour_on = wall(100) + timedelta(hours=1)  # ours has jumped since
    assert clock.its_time(100, an_hour_on) == wall(100)
    assert clock.offset_s(100, an_hour_on) is None


@pytest.mark.parametrize("offset", [-59.0, -1.0, 0.0, 2.5, 59.0])
def test_a_clock_that_is_off_by_seconds_is_believed_at_once_r48(offset: float) -> None:
    clock = after(offset, 10)
    assert clock.its_time(20, wall(20)) == wall(20 + offset)
    assert clock.offset_s(20, wall(20)) == offset


@pytest.mark.parametrize("offset", [-1_780_000_000.0, -7200.0, -300.0, -61.0, 61.0, 300.0, 7200.0])
def test_a_clock_that_is_far_off_is_believed_when_two_messages_agree_r48(offset: float) -> None:
    clock = after(offset, 0, 9)
    assert offset_s(clock, 9) == 0
    clock = after(offset, 10, clock=clock)
    assert offset_s(clock, 10) == offset
    assert clock.offset_s(500, wall(500)) == offset


def test_our_own_clock_may_jump_and_its_time_stays_r48() -> None:
    clock = after(-300, 0, 20)
    for jump_s in (-3600.0, 3600.0):
        ours = wall(50 + jump_s)
        assert clock.its_time(50, ours) == wall(50 - 300)
        assert clock.offset_s(50, ours) == -300 - jump_s
        later = clock.heard(wall(50 - 300), 50, ours)
        assert later.its_time(60, ours) == wall(60 - 300)


def test_what_waited_on_its_way_does_not_make_a_clock_slow_r48() -> None:
    clock = after(2, 0)
    for late_s in (20, 50, 300, 7200):
        clock = after(2 - late_s, 30, clock=clock)
    assert offset_s(clock, 30) == 2


def test_a_message_sent_again_and_again_does_not_confirm_itself_r48() -> None:
    clock = after(0, 0)
    for now in range(0, 300, 15):
        clock = clock.heard(wall(-7200), float(now), wall(now))
    assert offset_s(clock, 300) == 0
    assert len(clock.strange) == MOST_STAMPS


def test_a_message_in_between_that_agrees_ends_the_doubt_r48() -> None:
    clock = after(-300, 0)
    clock = after(0, 5, clock=clock)
    clock = after(-300, 12, clock=clock)
    assert offset_s(clock, 12) == 0


def test_a_clock_that_drifts_is_followed_once_what_it_said_is_old_r48() -> None:
    clock = WallboxClock()
    for minute in range(120):
        clock = after(-minute / 2, minute * 60.0, clock=clock)
    assert -59.5 <= offset_s(clock, 7140) <= -59.5 + 15 / 2


def test_the_first_stamp_after_it_was_told_the_time_counts_alone_r48() -> None:
    clock = after(40, 0, 60).set_to(wall(70), now=70)
    assert offset_s(clock, 70) == 40
    assert offset_s(after(0, 80, clock=clock), 80) == 0
    assert offset_s(after(0, 80, clock=after(40, 0, 60)), 80) == 40  # a late message, no setting


def test_a_clock_that_we_set_is_where_we_set_it_r48() -> None:
    clock = after(300, 0, 20).set_to(wall(30), now=30)
    assert offset_s(clock, 30) == 0
    assert clock.offset_s(30, wall(30)) is None
    assert after(1, 40, clock=clock).offset_s(40, wall(40)) == 1


def test_a_wallbox_that_does_not_take_our_time_is_no_longer_believed_to_r48() -> None:
    clock = after(300, 0, 20).set_to(wall(30), now=30)
    clock = after(300, 40, 50, clock=clock)
    assert offset_s(clock, 50) == 300
    assert not clock.takes_our_time
    clock = clock.set_to(wall(60), now=60)
    assert offset_s(clock, 60) == 300
    clock = after(300, 70, clock=clock).set_to(wall(360), now=360)
    taken = after(0, 370, clock=clock)  # it took it after all
    assert offset_s(taken, 370) == 0
    assert taken.takes_our_time


def test_what_a_wallbox_said_before_it_was_told_does_not_speak_for_its_manners_r48() -> None:
    clock = after(300, 1, clock=after(0, 0)).set_to(wall(10), now=10)
    clock = after(300, 11, clock=clock)
    assert offset_s(clock, 11) == 300
    assert clock.takes_our_time


def test_being_told_the_time_between_any_two_messages_changes_nothing_r48() -> None:
    clock = WallboxClock()
    for now in range(0, 600, 30):
        clock = after(300, now + 20, clock=clock.set_to(wall(now), now))
    assert offset_s(clock, 600) == 300
    assert not clock.takes_our_time


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-05-15T12:00:00Z", NOON),
        ("2026-05-15T14:00:00.000+02:00", NOON),
        ("2026-05-15T12:00:00", NOON),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", None),
        ("2100-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("noon", None),
        ("", None),
        (None, None),
        (1778846400, None),
    ],
)
def test_a_stamp_is_a_time_that_a_clock_may_say_r48(text: object, at: datetime | None) -> None:
    assert read_stamp(text) == at


DELAYS = st.lists(
    st.tuples(st.floats(0, 400), st.floats(0, 1e6) | st.just(0.0), st.booleans()), max_size=20
)


@given(st.floats(-1e9, 1e9), DELAYS)
def test_three_messages_without_delay_always_tell_the_time_r48(
    offset: float, messages: list[tuple[float, float, bool]]
) -> None:
    now, clock = 0.0, WallboxClock()
    for pause_s, delay_s, told in messages:
        now += pause_s
        if told:
            clock = clock.set_to(wall(now), now)
        clock = after(offset - delay_s, now, clock=clock)
    clock = after(offset, now + 20, now + 40, now + 60, clock=clock)
    assert offset_s(clock, now + 60) == pytest.approx(offset, abs=0.001)
