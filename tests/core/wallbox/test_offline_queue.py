from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.wallbox.offline_queue import MAX_MESSAGES, OfflineQueue, TransactionMessage

START = TransactionMessage("StartTransaction", '{"connectorId":1}', 1)
VALUES = TransactionMessage("MeterValues", '{"connectorId":1}', 1, is_expendable=True)
STOP = TransactionMessage("StopTransaction", '{"meterStop":9}', 1)


def queue(*messages: TransactionMessage) -> OfflineQueue:
    made = OfflineQueue()
    for message in messages:
        made.add(message)
    return made


def text(made: OfflineQueue, now: float = 0.0) -> str | None:
    message = made.take(now)
    return None if message is None else message.payload_text


def test_messages_leave_in_order_one_at_a_time_r58() -> None:
    made = queue(START, STOP)
    assert made.take(0.0) == START
    assert made.take(0.0) is None
    assert made.deadline() is None
    made.bind(1, 77)
    made.delivered()
    assert text(made) == '{"transactionId":77,"meterStop":9}'
    made.delivered()
    assert made.take(0.0) is None
    assert len(made) == 0


def test_the_transaction_id_is_filled_in_when_it_is_sent() -> None:
    made = queue(START, VALUES)
    made.take(0.0)
    assert made.id_of(1) is None
    made.bind(1, 77)
    made.delivered()
    assert text(made) == '{"transactionId":77,"connectorId":1}'
    assert made.id_of(1) == 77


def test_a_revision_is_what_must_not_be_lost_at_once_and_samples_as_a_share() -> None:
    made = queue(START)
    seen = [made.revision]
    for message in (*[VALUES] * 40, STOP):
        made.add(message)
        seen.append(made.revision)
    steps = [after - before for before, after in pairwise(seen)]
    assert steps[:15] == [1] * 15
    assert steps[15:33] == [0, 1] * 8 + [0, 0]
    assert steps[40] == 1
    before = made.revision
    made.take(0.0)
    made.delivered()
    assert made.revision == before + 1
    for _ in range(2):
        made.take(0.0)
        made.delivered()
    assert made.revision == before + 1


def test_a_lost_link_is_no_attempt_r66() -> None:
    made = queue(START)
    for _ in range(10):
        assert made.take(0.0) == START
        made.lost()
        assert made.deadline() == 0.0


def test_each_repetition_waits_longer_and_the_last_failure_gives_up_r66() -> None:
    made = queue(START)
    made.take(100.0)
    assert made.failed(100.0, attempts=3, interval_s=60) is None
    assert made.take(159.0) is None
    assert made.deadline() == 160.0
    assert made.take(160.0) == START
    assert made.failed(160.0, attempts=3, interval_s=60) is None
    assert made.take(279.0) is None
    assert made.take(280.0) == START
    assert made.failed(280.0, attempts=3, interval_s=60) == START
    assert len(made) == 0


def test_after_a_start_that_was_given_up_its_messages_say_minus_one_r64() -> None:
    made = queue(START, VALUES, STOP)
    made.take(0.0)
    made.failed(0.0, attempts=1, interval_s=60)
    assert text(made) == '{"transactionId":-1,"connectorId":1}'
    made.failed(0.0, attempts=1, interval_s=60)
    assert text(made) == '{"transactionId":-1,"meterStop":9}'


def test_a_link_loss_ends_the_wait_for_a_repetition() -> None:
    made = queue(START)
    made.take(0.0)
    made.failed(0.0, attempts=3, interval_s=60)
    made.lost()
    assert made.take(0.0) == START


@given(st.integers(1, 3))
def test_an_overfull_queue_gives_up_samples_only_and_every_second_r72(rounds: int) -> None:
    signed = TransactionMessage("MeterValues", '{"s":1}', 1)
    made = queue(START)
    made.take(0.0)
    for _ in range(rounds * MAX_MESSAGES):
        made.add(VALUES)
    made.add(signed)
    made.add(STOP)
    assert len(made) <= MAX_MESSAGES + 1
    left = []
    made.bind(1, 7)
    made.delivered()
    while (message := made.take(0.0)) is not None:
        left.append((message.action, "s" in message.payload_text))
        made.delivered()
    assert left[-2:] == [("MeterValues", True), ("StopTransaction", True)]
    assert len(left) >= MAX_MESSAGES // 2


@pytest.mark.parametrize("now", [0.0, 5.0])
def test_an_empty_queue_has_nothing_due(now: float) -> None:
    assert queue().take(now) is None
    assert queue().deadline() is None
