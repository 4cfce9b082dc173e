import pytest

from wattgate.core.security.sessions import IDLE_S, LONGEST_S, MOST, Sessions

C1 = b"digest of a cookie"


@pytest.mark.parametrize(
    ("requests_at", "counts"),
    [
        ((0.0,), True),
        ((IDLE_S - 1,), True),
        ((IDLE_S,), False),
        ((IDLE_S + 1,), False),
        ((IDLE_S - 1, 2 * IDLE_S - 2), True),
        ((IDLE_S - 1, 2 * IDLE_S), False),
        (tuple(IDLE_S / 2 * n for n in range(1, 28)), True),
        ((*(IDLE_S / 2 * n for n in range(1, 28)), LONGEST_S), False),
    ],
)
def test_a_session_ends_when_it_is_idle_and_at_the_latest_after_a_week(
    requests_at: tuple[float, ...], counts: bool
) -> None:
    sessions = Sessions()
    sessions.begin(C1, "csrf", 0.0)
    *before, last = requests_at
    assert all(sessions.use(C1, now) is not None for now in before)
    assert (sessions.use(C1, last) is not None) is counts
    assert len(sessions) == counts


def test_a_session_knows_how_long_it_still_counts() -> None:
    sessions = Sessions()
    session = sessions.begin(C1, "csrf", 100.0)
    assert session.left_s(100.0) == IDLE_S
    assert sessions.use(C1, 200.0) is session
    assert session.left_s(200.0) == IDLE_S
    session.used_at = 100.0 + LONGEST_S - 1
    assert session.left_s(session.used_at) == 1.0


def test_a_cookie_of_nobody_opens_nothing() -> None:
    sessions = Sessions()
    assert sessions.use(C1, 0.0) is None
    sessions.begin(C1, "csrf", 0.0)
    assert sessions.use(b"another", 0.0) is None


def test_whoever_logs_out_is_out() -> None:
    sessions = Sessions()
    sessions.begin(C1, "csrf", 0.0)
    sessions.begin(b"C2", "csrf", 0.0)
    sessions.end(C1)
    sessions.end(C1)
    assert sessions.use(C1, 0.0) is None
    assert sessions.use(b"C2", 0.0) is not None


def test_all_can_be_ended_at_once() -> None:
    sessions = Sessions()
    sessions.begin(C1, "csrf", 0.0)
    sessions.begin(b"C2", "csrf", 0.0)
    sessions.end_all()
    assert len(sessions) == 0


def test_of_too_many_the_one_that_was_idle_longest_ends() -> None:
    sessions = Sessions()
    for number in range(MOST):
        sessions.begin(bytes([number]), "csrf", float(number))
    assert sessions.use(bytes([0]), 50.0) is not None
    sessions.begin(C1, "csrf", 51.0)
    assert len(sessions) == MOST
    assert sessions.use(bytes([1]), 52.0) is None
    assert sessions.use(bytes([0]), 52.0) is not None


def test_no_secret_is_shown_by_accident() -> None:
    shown = repr(Sessions().begin(b"dig", "token", 0.0))
    assert "token" not in shown
    assert "dig" not in shown
