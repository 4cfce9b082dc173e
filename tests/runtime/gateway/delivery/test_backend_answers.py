"""What the gateway reads in a backend's answers."""

import asyncio

import pytest
from tests.support.virtual_time import in_virtual_time

from wattgate.runtime.gateway.delivery.backend_answers import (
    in_time,
    is_transaction_id,
    refusal,
    settles_start,
    tag_info_text,
    tag_of,
    under_our_id,
)


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (9001, True),
        (0, True),
        (-1, True),
        (2**63 - 1, True),
        (2**63, False),
        (-(2**63) - 1, False),
        (True, False),
        (1.0, False),
        ("1", False),
        (None, False),
    ],
)
def test_a_transaction_id_is_an_integer_that_a_store_can_keep(
    number: str | float | None, verdict: bool
) -> None:
    assert is_transaction_id(number) is verdict


@pytest.mark.parametrize(
    ("answer", "info"),
    [
        ('{"idTagInfo": {"status":"Accepted", "x": 1.10}}', '{"status":"Accepted", "x": 1.10}'),
        ('{"idTagInfo":{"status":"Blocked"}}', '{"status":"Blocked"}'),
        ('{"idTagInfo":{"status":"ConcurrentTx"}}', None),
        ("{}", None),
        ('{"x":1}', None),
    ],
)
def test_what_an_answer_says_about_a_card_is_kept_unless_it_is_of_the_moment_r52(
    answer: str, info: str | None
) -> None:
    assert tag_info_text(answer) == info


@pytest.mark.parametrize(
    ("payload", "tag"), [('{"idTag":"04A1"}', "04A1"), ('{"idTag":4}', None), ("{}", None)]
)
def test_a_card_is_a_text(payload: str, tag: str | None) -> None:
    assert tag_of(payload) == tag


@in_virtual_time()
async def test_in_time_is_the_answer_or_none_and_leaves_the_future_to_others() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    assert await in_time(answer, 5.0) is None
    assert not answer.done()
    answer.set_result("x")
    assert await in_time(answer, 5.0) == "x"
    given_up: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    given_up.cancel()
    assert await in_time(given_up, 5.0) is None


@pytest.mark.parametrize(
    ("text", "settles"),
    [
        ('{"idTagInfo":{"status":"Accepted"},"transactionId":9}', True),
        ('{"idTagInfo":{"status":"Blocked"}}', True),
        ('{"idTagInfo":{"status":"Invalid"},"transactionId":null}', True),
        ('{"idTagInfo":{"status":"Accepted"}}', False),
        ('{"idTagInfo":{"status":"Maybe"}}', False),
        ("{}", False),
    ],
)
def test_a_start_is_settled_by_an_id_or_by_a_clear_no(text: str, settles: bool) -> None:
    assert settles_start(text) is settles


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"transactionId": 9001,"x":1}', '{"transactionId": 7,"x":1}'),
        (
            '{"idTagInfo":{"status":"Blocked"}}',
            '{"transactionId":7,"idTagInfo":{"status":"Blocked"}}',
        ),
        (
            '{"transactionId":null,"idTagInfo":{"status":"Blocked"}}',
            '{"transactionId":7,"idTagInfo":{"status":"Blocked"}}',
        ),
    ],
)
def test_the_wallbox_always_gets_an_id_of_ours_r60(text: str, told: str) -> None:
    assert under_our_id(text, 7) == told


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"idTagInfo":{"status":"Blocked"}}', "Blocked"),
        ('{"idTagInfo":{"status":"ConcurrentTx"},"transactionId":9}', "ConcurrentTx"),
        ('{"idTagInfo":{"status":"Accepted"},"transactionId":9}', None),
        ('{"idTagInfo":{"status":"Maybe"}}', None),
        ('{"idTagInfo":{"status":7}}', None),
    ],
)
def test_a_card_is_refused_by_a_word_of_the_specification_only_r65(
    text: str, verdict: str | None
) -> None:
    assert refusal(text) == verdict
