from hypothesis import given
from hypothesis import strategies as st

from wattgate.adapters.sockets.lobby import Lobby


def test_nobody_leaves_while_there_is_room() -> None:
    lobby: Lobby[int] = Lobby(3)
    assert [lobby.enter(number, "a") for number in range(3)] == [None, None, None]
    assert len(lobby) == 3
    assert not lobby.has_room_for("b")


def test_a_full_lobby_sends_away_who_waited_longest() -> None:
    lobby: Lobby[int] = Lobby(2)
    lobby.enter(1, "a")
    lobby.enter(2, "a")
    assert lobby.enter(3, "a") == 1
    assert lobby.enter(4, "a") == 2
    assert len(lobby) == 2


def test_a_flood_from_one_host_does_not_shut_out_another() -> None:
    """S3."""
    lobby: Lobby[int] = Lobby(10)
    lobby.enter(0, "genuine")
    assert 0 not in [lobby.enter(number, "flood") for number in range(1, 100)]


def test_one_host_has_its_share_and_no_more_though_there_is_room() -> None:
    """S3."""
    lobby: Lobby[int] = Lobby(10, per_host=2)
    lobby.enter(0, "genuine")
    assert [lobby.enter(number, "flood") for number in range(1, 5)] == [None, None, 1, 2]
    assert not lobby.has_room_for("flood")
    assert lobby.has_room_for("genuine")


def test_a_host_without_a_share_has_only_its_newest_inside() -> None:
    lobby: Lobby[int] = Lobby(10, per_host=0)
    assert [lobby.enter(number, "a") for number in range(3)] == [None, 0, 1]


def test_who_has_left_is_not_sent_away_again() -> None:
    lobby: Lobby[int] = Lobby(1)
    lobby.enter(1, "a")
    lobby.leave(1)
    lobby.leave(1)
    assert lobby.enter(2, "a") is None


def test_without_room_only_the_newest_is_inside() -> None:
    lobby: Lobby[int] = Lobby(0)
    assert lobby.enter(1, "a") is None
    assert lobby.enter(2, "a") == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())), st.integers(1, 4))
def test_there_are_never_more_than_the_room_holds(steps: list[tuple[str, bool]], room: int) -> None:
    lobby: Lobby[int] = Lobby(room)
    inside: set[int] = set()
    for number, (host, leaves) in enumerate(steps):
        evicted = lobby.enter(number, host)
        inside.add(number)
        if evicted is not None:
            inside.remove(evicted)
        if leaves:
            oldest = min(inside)
            lobby.leave(oldest)
            inside.remove(oldest)
        assert len(lobby) == len(inside) <= room
