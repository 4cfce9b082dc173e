import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.connector import ConnectorStatus as Status
from wattgate.core.station.fixed_card import (
    ATTEMPTS,
    PATIENCE_S,
    PRESENTED_S,
    RETRY_S,
    FixedStart,
    with_fixed_card,
)

FREE, FIXED = "FreeVend", "04A1"


@pytest.mark.parametrize(
    ("payload", "free_tag", "fixed", "told"),
    [
        ('{"idTag":"FreeVend"}', FREE, FIXED, '{"idTag":"04A1"}'),
        ('{ "x":1.10,"idTag" :"FREEVEND" }', FREE, FIXED, '{ "x":1.10,"idTag" :"04A1" }'),
        ('{"idTag":"\\u0046reeVend"}', FREE, FIXED, '{"idTag":"04A1"}'),
        ('{"idTag":"FreeVend"}', FREE, 'a"\\ä', '{"idTag":"a\\"\\\\ä"}'),
        # A card that somebody presented stays.
        ('{"idTag":"FreeVend "}', FREE, FIXED, '{"idTag":"FreeVend "}'),
        ('{"idTag":"FreeVen"}', FREE, FIXED, '{"idTag":"FreeVen"}'),
        ('{"idTag":"BB"}', FREE, FIXED, '{"idTag":"BB"}'),
        # Without one of the two nothing is replaced.
        ('{"idTag":"FreeVend"}', "", FIXED, '{"idTag":"FreeVend"}'),
        ('{"idTag":""}', "", FIXED, '{"idTag":""}'),
        ('{"idTag":"FreeVend"}', FREE, "", '{"idTag":"FreeVend"}'),
        # Nor where the message names no card.
        ('{"idTag":7}', FREE, FIXED, '{"idTag":7}'),
        ('{"transactionId":1}', FREE, FIXED, '{"transactionId":1}'),
    ],
)
def test_exactly_the_wallboxs_own_tag_is_replaced_r57(
    payload: str, free_tag: str, fixed: str, told: str
) -> None:
    assert with_fixed_card(payload, free_tag, fixed) == told


TAGS = st.text(min_size=1, max_size=20)


@given(TAGS, TAGS, TAGS, st.booleans())
def test_whoever_reads_it_finds_one_of_the_two_cards_r57(
    tag: str, free_tag: str, fixed: str, is_ascii: bool
) -> None:
    payload = json.dumps({"a": [1.0], "idTag": tag, "z": None}, ensure_ascii=is_ascii)
    told = with_fixed_card(payload, free_tag, fixed)
    is_own = tag.casefold() == free_tag.casefold()
    assert json.loads(told) == {"a": [1.0], "idTag": fixed if is_own else tag, "z": None}
    assert is_own or told == payload


IDLE = (Status.AVAILABLE, Status.RESERVED)
SESSION = (Status.CHARGING, Status.SUSPENDED_EV, Status.SUSPENDED_EVSE, Status.FINISHING)
OTHERS = (Status.UNKNOWN, Status.PREPARING, Status.UNAVAILABLE, Status.FAULTED)


def test_every_status_says_that_the_car_is_gone_or_had_its_session_or_nothing_r57() -> None:
    assert {*IDLE, *SESSION, *OTHERS} == set(Status)
    tried = FixedStart(attempts=1, tried_at=5.0)
    for status in IDLE:
        assert tried.over().reported(status) == FixedStart()
    for status in SESSION:
        assert tried.reported(status) == tried.over()
    for status in OTHERS:
        assert tried.reported(status) == tried
        assert tried.over().reported(status) == tried.over()


@pytest.mark.parametrize(
    ("start", "presented_at", "due_at"),
    [
        (FixedStart(), None, 100 + PATIENCE_S),
        (FixedStart(), 90.0, 90 + PRESENTED_S),
        (FixedStart(), 105.0, 105 + PRESENTED_S),
        (FixedStart(), -50.0, 100 + PATIENCE_S),
        (FixedStart(attempts=1, tried_at=110.0), None, 110 + RETRY_S),
        (FixedStart(attempts=1, tried_at=110.0), 130.0, 130 + PRESENTED_S),
        (FixedStart().over(), None, None),
        (FixedStart().over(), 90.0, None),
    ],
)
def test_the_wallbox_is_asked_when_nobody_came_with_a_card_r57(
    start: FixedStart, presented_at: float | None, due_at: float | None
) -> None:
    assert start.due_at(100.0, presented_at) == due_at


def test_a_wallbox_that_does_not_start_is_asked_again_a_few_times_r57() -> None:
    start, asked = FixedStart(), 0
    while (due_at := start.due_at(0.0, None)) is not None:
        start, asked = start.failed(due_at), asked + 1
    assert asked == ATTEMPTS
    assert start.tried_at == PATIENCE_S + (ATTEMPTS - 1) * RETRY_S


def test_where_nobody_can_show_a_card_nobody_is_waited_for_r57() -> None:
    assert FixedStart().due_at(100.0, None, 0.0) == 100.0
