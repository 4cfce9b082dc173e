import pytest

from wattgate.core.gateway.commands.progress import (
    FIRST_OF_OURS,
    NOTICES,
    REMEMBERED,
    Requester,
    Requests,
    hearers,
    read_requests,
    requests_text,
)
from wattgate.core.gateway.policy import POLICY, Sender

NONE = Requests()


def asked(link_id: str, theirs: int, before: Requests = NONE) -> Requests:
    return before.with_one(Requester(link_id, before.numbered(link_id, theirs), theirs))


def test_a_lone_backends_number_stays_as_it_is() -> None:
    assert asked("one", 7).requester(7) == Requester("one", 7, 7)
    assert asked("one", 7, asked("one", 7)) == asked("one", 7)


def test_a_number_that_another_backend_has_given_becomes_one_of_ours_r105() -> None:
    requests = asked("three", 7, asked("two", 7, asked("one", 7)))
    assert requests.requester(7) == Requester("one", 7, 7)
    assert requests.requester(FIRST_OF_OURS) == Requester("two", FIRST_OF_OURS, 7)
    assert requests.requester(FIRST_OF_OURS + 1) == Requester("three", FIRST_OF_OURS + 1, 7)
    assert requests.numbered("two", 7) == FIRST_OF_OURS


def test_a_notice_without_a_number_is_about_the_newest_request() -> None:
    requests = asked("two", 8, asked("one", 7))
    assert requests.requester(None) == Requester("two", 8, 8)
    assert requests.requester(9) is None
    assert NONE.requester(None) is None


def test_a_request_that_was_not_taken_on_is_nobodys() -> None:
    requests = asked("two", 8, asked("one", 7)).without(Requester("two", 8, 8))
    assert requests == asked("one", 7)


def test_requests_without_a_number_are_told_apart_by_their_order() -> None:
    requests = NONE.with_one(Requester("one")).with_one(Requester("two")).with_one(Requester("one"))
    assert requests.requester(None) == Requester("one")
    assert requests.without(Requester("one")).requester(None) == Requester("two")
    assert requests.numbered("one", 7) == 7


def test_only_the_newest_requests_of_each_backend_are_remembered_r106() -> None:
    requests = asked("two", 1000)
    for number in range(REMEMBERED + 1):
        requests = asked("one", number, requests)
    assert requests.requester(0) is None
    assert requests.requester(1) == Requester("one", 1, 1)
    assert requests.requester(1000) == Requester("two", 1000, 1000)
    assert len(requests.known) == REMEMBERED + 1


def test_requests_are_read_as_they_were_written() -> None:
    requests = asked("two", 7, asked("one", 7)).with_one(Requester("three"))
    assert read_requests(requests_text(requests)) == requests
    assert read_requests("{]") == NONE


@pytest.mark.parametrize(
    ("requester", "main", "triggered", "is_idle", "told"),
    [
        ("one", "main", (), False, ("one",)),
        (None, "main", (), False, ("main",)),
        (None, None, (), False, ()),
        ("one", "main", ("two",), False, ("one", "two")),
        ("one", "main", ("one",), False, ("one",)),
        ("two", "main", ("two", "one"), True, ("two", "one")),
        ("one", "main", ("three", "two"), True, ("three", "two")),
        (None, "main", (), True, ("main",)),
        ("one", "main", (), True, ("one",)),
        (None, None, ("two",), False, ("two",)),
    ],
)
def test_a_notice_is_for_who_asked_else_for_the_main_backend_r102(
    requester: str | None,
    main: str | None,
    triggered: tuple[str, ...],
    is_idle: bool,
    told: tuple[str, ...],
) -> None:
    assert hearers(requester, main, triggered, is_idle=is_idle) == told


def test_every_notice_is_one_that_a_wallbox_sends_and_every_command_a_backends() -> None:
    for command, notice in NOTICES.items():
        assert POLICY[command].sender is Sender.BACKEND
        assert POLICY[notice].keeps_last
