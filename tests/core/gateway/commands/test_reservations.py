"""Reservations of several backends at one wallbox, under ids of their own (R105)."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import PeerError
from wattgate.core.gateway.commands.reservations import (
    KEPT,
    MOST,
    Reservation,
    ReservationBook,
    asked_id,
    is_readable,
    read_reservation,
    reservation_text,
)

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE, TWO = "link one", "link two"


def wish(number: object, card: str = "04A1", until: object = "2026-05-15T13:00:00Z") -> str:
    return json.dumps(
        {"connectorId": 1, "expiryDate": until, "idTag": card, "reservationId": number}
    )


def holding(
    book: ReservationBook, link_id: str, number: int, sole: str | None = None, evse_id: str = "left"
) -> tuple[ReservationBook, int]:
    """The book after the wallbox has accepted it, and the wallbox's id."""
    asked = book.asked(link_id, wish(number), evse_id, sole, NOON)
    return book.noted(msgspec.structs.replace(asked, holds=True)), asked.our_id


def test_the_only_one_that_may_reserve_keeps_its_ids_r105() -> None:
    book, ours = holding(ReservationBook(), ONE, 4711, sole=ONE)
    assert ours == 4711
    assert book.entries[4711] == Reservation(ONE, 4711, 4711, "left", "04a1", NOON + HOUR, True)


def test_where_several_may_reserve_the_wallbox_gets_ids_of_ours_r105() -> None:
    book, first = holding(ReservationBook(), ONE, 7)
    book, second = holding(book, TWO, 7)
    book, third = holding(book, TWO, 1)
    assert (first, second, third) == (1, 2, 3)


def test_an_id_that_another_has_at_the_wallbox_does_not_stay_though_only_one_reserves_now() -> None:
    book, first = holding(ReservationBook(), ONE, 7, sole=ONE)
    book, second = holding(book, TWO, 7, sole=TWO)
    assert (first, second) == (7, 1)


@pytest.mark.parametrize("sole", [None, ONE])
def test_the_same_id_again_is_the_same_reservation_which_it_replaces(sole: str | None) -> None:
    book, first = holding(ReservationBook(), ONE, 7)
    again = book.asked(ONE, wish(7, "BB"), "right", sole, NOON)
    assert again == Reservation(ONE, 7, first, "right", "bb", NOON + HOUR)
    assert len(book.noted(again).entries) == 1


@pytest.mark.parametrize("until", ["soon", None, "1969-12-31T00:00:00Z"])
def test_an_expiry_that_cannot_be_read_keeps_no_connector(until: object) -> None:
    asked = ReservationBook().asked(ONE, wish(7, until=until), "left", None, NOON)
    assert asked.expires_at == NOON


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "OccurenceConstraintViolation"),
        ('{"reservationId":null}', "OccurenceConstraintViolation"),
        ('{"reservationId":"7"}', "TypeConstraintViolation"),
        ('{"reservationId":true}', "TypeConstraintViolation"),
        ('{"reservationId":7.5}', "TypeConstraintViolation"),
        ('{"reservationId":9223372036854775808}', "TypeConstraintViolation"),
        (f'{{"reservationId":-{"9" * 400}}}', "TypeConstraintViolation"),
        ('{"reservationId":1e300}', "TypeConstraintViolation"),
    ],
)
def test_an_id_that_is_none_is_the_backends_mistake_r11(text: str, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        asked_id(text)
    assert caught.value.code == code
    assert not is_readable(text)


@pytest.mark.parametrize("number", ["7", "7.0", "70E-1", "-7"])
def test_an_id_is_a_whole_number_however_it_is_written(number: str) -> None:
    text = f'{{"reservationId":{number}}}'
    assert asked_id(text) in (7, -7)
    assert is_readable(text)


def test_each_backend_cancels_its_own_only_r105() -> None:
    book, first = holding(ReservationBook(), ONE, 7)
    book, second = holding(book, TWO, 7)
    assert book.cancelled_id(ONE, 7, None) == first
    assert book.cancelled_id(TWO, 7, None) == second
    assert book.cancelled_id(TWO, first, None) is None
    assert book.cancelled_id(ONE, 8, None) is None


def test_the_only_one_may_cancel_what_is_in_no_book_but_nothing_of_another() -> None:
    book, _ = holding(ReservationBook(), TWO, 7, sole=TWO)
    assert book.cancelled_id(ONE, 8, ONE) == 8
    assert book.cancelled_id(ONE, 7, ONE) is None


START = '{ "connectorId":1,"reservationId": %s, "idTag":"\\u0041", "meterStart":1.10 }'


def test_a_start_names_to_each_link_its_own_id_and_to_the_others_none_r105() -> None:
    book, first = holding(ReservationBook(), ONE, 7)
    book, second = holding(book, TWO, 7)
    without = '{ "connectorId":1,"idTag":"\\u0041", "meterStart":1.10 }'
    assert book.for_link(ONE, START % first, None) == START % 7
    assert book.for_link(TWO, START % first, None) == without
    assert book.for_link(TWO, START % second, None) == START % 7
    assert book.for_link(ONE, START % f'"{second}"', None) == without
    assert book.for_link(TWO, START % f'"{second}"', None) == START % 7


@pytest.mark.parametrize("named", ["7", '"7"', "null", "-1"])
def test_what_the_only_ones_wallbox_names_stays_to_the_letter(named: str) -> None:
    book, _ = holding(ReservationBook(), ONE, 7, sole=ONE)
    assert book.for_link(ONE, START % named, ONE) == START % named


def test_a_reservation_that_nobody_here_made_is_the_only_ones_or_nobodys() -> None:
    book = ReservationBook()
    assert book.for_link(ONE, START % 9, ONE) == START % 9
    assert "reservationId" not in book.for_link(TWO, START % 9, ONE)
    assert "reservationId" not in book.for_link(ONE, START % 9, None)
    assert book.for_link(ONE, '{"connectorId":1}', None) == '{"connectorId":1}'


def test_a_start_uses_up_the_reservation_that_it_names() -> None:
    book, ours = holding(ReservationBook(), ONE, 7)
    assert book.named(START % f'"{ours}"') == ours
    assert book.named(START % 99) is None
    assert book.named('{"connectorId":1}') is None


def test_a_connector_is_kept_until_it_expires_or_is_cancelled() -> None:
    book, ours = holding(ReservationBook(), ONE, 7)
    book, _ = holding(book, TWO, 7, evse_id="right")
    assert book.kept_for("left", NOON) == {"04a1"}
    assert book.kept_for("left", NOON + HOUR) == frozenset()
    assert book.over(ours).kept_for("left", NOON) == frozenset()
    assert book.over(ours).kept_for("right", NOON) == {"04a1"}
    assert book.without(ours).kept_for("left", NOON) == frozenset()
    assert book.over(99) == book


def test_what_a_backend_reserved_that_may_no_more_is_abandoned_until_it_expires() -> None:
    book, ours = holding(ReservationBook(), ONE, 7)
    book, _ = holding(book, TWO, 7)
    assert book.abandoned([TWO], NOON) == (ours,)
    assert book.abandoned([ONE, TWO], NOON) == ()
    assert book.abandoned([TWO], NOON + HOUR) == ()
    assert book.over(ours).abandoned([TWO], NOON) == ()


def test_what_was_only_asked_for_keeps_nothing() -> None:
    asked = ReservationBook().asked(ONE, wish(7), "left", None, NOON)
    assert ReservationBook().noted(asked).kept_for("left", NOON) == frozenset()


def test_one_that_is_over_is_known_for_starts_that_come_late_r68() -> None:
    book, ours = holding(ReservationBook(), ONE, 7)
    book = book.over(ours)
    assert book.for_link(ONE, START % ours, None) == START % 7
    assert book.outdated(NOON + HOUR + KEPT - HOUR) == frozenset()
    assert book.outdated(NOON + HOUR + KEPT) == {ours}


def test_a_backend_that_reserves_without_end_costs_the_others_nothing() -> None:
    book, other = holding(ReservationBook(), TWO, 7)
    for number in range(MOST + 3):
        book, ours = holding(book, ONE, number)
        if number != 1:
            book = book.over(ours)
    surplus = book.outdated(NOON)
    assert len(surplus) == 3
    assert other not in surplus
    assert all(not book.entries[each].holds for each in surplus)


def test_what_is_stored_is_the_reservation() -> None:
    kept = Reservation(ONE, -7, 2, "left", "04a1", NOON, holds=True)
    assert read_reservation(reservation_text(kept)) == kept


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"link_id":1}'])
def test_anything_else_is_no_stored_reservation(text: str) -> None:
    assert read_reservation(text) is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from([ONE, TWO]),
        st.integers(-2, 4),
        st.sampled_from(["reserve", "refuse", "cancel"]),
        st.sampled_from([None, ONE, TWO]),
    ),
    max_size=30,
)


@given(STEPS)
def test_whatever_two_backends_reserve_no_id_of_one_is_ever_the_others_r105(
    steps: list[tuple[str, int, str, str | None]],
) -> None:
    book, model = ReservationBook(), dict[tuple[str, int], int]()
    for link_id, number, what, alone in steps:
        sole = alone if alone == link_id else None
        if what == "cancel":
            ours = book.cancelled_id(link_id, number, sole)
            if (link_id, number) in model:
                assert ours == model[link_id, number]
            assert ours not in [each for key, each in model.items() if key[0] != link_id]
            continue
        before = dict(model)
        book, ours = holding(book, link_id, number, sole)
        if what == "refuse" and (link_id, number) not in before:
            book = book.without(ours)
            continue
        model[link_id, number] = ours
    assert len(set(model.values())) == len(model)
    for (link_id, number), ours in model.items():
        for each in (ONE, TWO):
            told = json.loads(book.for_link(each, f'{{"reservationId":{ours}}}', None))
            assert told.get("reservationId") == (number if each == link_id else None)
