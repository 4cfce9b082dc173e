import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.outbox import Draft, GiveUp, OutboxMessage, Resend, RetryPolicy


@pytest.mark.parametrize(
    ("policy", "transmissions", "verdict"),
    [
        (RetryPolicy(3, 60.0), 1, Resend(60.0)),  # the example of OCPP 1.6 §3.7.1
        (RetryPolicy(3, 60.0), 2, Resend(120.0)),
        (RetryPolicy(3, 60.0), 3, GiveUp()),
        (RetryPolicy(3, 60.0), 4, GiveUp()),
        (RetryPolicy(), 1, Resend(30.0)),
        (RetryPolicy(), 9, Resend(270.0)),
        (RetryPolicy(), 10, GiveUp()),
        (RetryPolicy(1, 60.0), 1, GiveUp()),
    ],
)
def test_each_wait_is_the_interval_times_the_transmissions_so_far_r66(
    policy: RetryPolicy, transmissions: int, verdict: Resend | GiveUp
) -> None:
    assert policy.after_failure(transmissions) == verdict


@given(st.integers(1, 50), st.floats(0, 3600))
def test_a_message_is_sent_as_often_as_the_policy_says_and_no_more_r66(
    attempts: int, interval_s: float
) -> None:
    policy = RetryPolicy(attempts, interval_s)
    verdicts = [policy.after_failure(transmissions) for transmissions in range(1, attempts + 1)]
    assert verdicts[:-1] == [Resend(interval_s * sent) for sent in range(1, attempts)]
    assert verdicts[-1] == GiveUp()


def test_a_queued_message_has_not_been_sent_and_belongs_to_no_transaction_unless_said() -> None:
    message = OutboxMessage(7, Draft("stall-1", "SecurityEventNotification", "{}"))
    assert message.attempts == 0
    assert message.draft.transaction_id is None


STOP = '{"transactionId":7,"meterStop":9,"timestamp":"2026-05-15T15:00:00Z"}'
START = '{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-05-15T14:25:12Z"}'


@pytest.mark.parametrize(
    ("action", "payload_text", "code", "verdict"),
    [
        ("MeterValues", "{}", "NotSupported", GiveUp()),
        ("MeterValues", "{}", "NotImplemented", GiveUp()),
        ("MeterValues", "{}", "OccurrenceConstraintViolation", GiveUp()),
        ("MeterValues", "{}", "PropertyConstraintViolation", GiveUp()),
        ("MeterValues", "{}", "InternalError", Resend(30.0)),
        ("MeterValues", "{}", "WhateverError", Resend(30.0)),
        ("MeterValues", "{}", "", Resend(30.0)),
        ("StartTransaction", START, "NotSupported", Resend(30.0)),
        ("StartTransaction", "{}", "NotSupported", GiveUp()),
        ("StartTransaction", "{}", "InternalError", Resend(30.0)),
        ("StopTransaction", "{}", "FormationViolation", GiveUp()),
        ("StopTransaction", STOP, "FormationViolation", Resend(30.0)),
        ("SecurityEventNotification", "{}", "NotImplemented", Resend(30.0)),
    ],
)
def test_only_what_will_never_be_taken_and_bills_nothing_is_given_up_at_once_r66(
    action: str, payload_text: str, code: str, verdict: Resend | GiveUp
) -> None:
    assert RetryPolicy().after_refusal(Draft("B", action, payload_text), code, 1) == verdict
