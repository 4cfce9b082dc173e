from wattgate.adapters.ocpp_socket.waiting_room import Room, WaitingRoom

ROOM = Room(places=6, per_host=4, kept=2)


def test_strangers_never_take_the_places_of_regulars_s3() -> None:
    room: WaitingRoom[str] = WaitingRoom(ROOM)
    room.regulars.note("genuine")
    assert room.enter("regular", "genuine") is None
    gone = [room.enter(f"stranger {number}", f"host {number}") for number in range(50)]
    assert "regular" not in gone
    assert gone.count(None) == 4
    assert room.enter("another regular", "genuine") is None


def test_of_regulars_more_than_fit_wait_among_the_strangers() -> None:
    room: WaitingRoom[int] = WaitingRoom(ROOM)
    room.regulars.note("genuine")
    assert [room.enter(number, "genuine") for number in range(6)] == [None] * 6
    assert room.enter(6, "genuine") == 2


def test_a_regular_who_leaves_makes_room() -> None:
    room: WaitingRoom[int] = WaitingRoom(Room(places=1, per_host=1, kept=1))
    room.regulars.note("genuine")
    for number in range(5):
        assert room.enter(number, "genuine") is None
        room.leave(number)
        room.leave(number)


def test_one_host_does_not_fill_the_room() -> None:
    room: WaitingRoom[int] = WaitingRoom(Room(places=10, per_host=2, kept=0))
    assert [room.enter(number, "flood") for number in range(4)] == [None, None, 0, 1]
