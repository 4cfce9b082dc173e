import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.link.registration import NotYet, Registered, read_boot_answer


@pytest.mark.parametrize(
    ("answer", "heartbeat_s"),
    [
        ('{"status":"Accepted","currentTime":"2026-05-15T12:00:00Z","interval":900}', 900.0),
        ('{"status":"Accepted","interval":1}', 1.0),
        ('{"status":"Accepted"}', 300.0),
        ('{"status":"Accepted","interval":null}', 300.0),
        ('{"status":"Accepted","interval":0}', 300.0),
        ('{"status":"Accepted","interval":-5}', 300.0),
        ('{"status":"Accepted","interval":0.001}', 1.0),
        ('{"status":"Accepted","interval":"900"}', 900.0),
        ('{"status":"Accepted","interval":"nan"}', 300.0),
        ('{"status":"Accepted","interval":"inf"}', 86400.0),
        ('{"status":"Accepted","interval":1e300}', 86400.0),
        ('{"status":"Accepted","interval":60,"vendor":{"x":[1]}}', 60.0),
    ],
)
def test_an_accepting_backend_says_how_often_it_wants_a_heartbeat_r46(
    answer: str, heartbeat_s: float
) -> None:
    assert read_boot_answer(answer) == Registered(heartbeat_s)


@pytest.mark.parametrize(
    ("answer", "retry_s", "pending"),
    [
        ('{"status":"Pending","interval":120}', 120.0, True),
        ('{"status":"Rejected","interval":3600}', 3600.0, False),
        ('{"status":"Pending","interval":0}', 60.0, True),
        ('{"status":"Rejected"}', 60.0, False),
        ('{"status":"Rejected","interval":1e300}', 86400.0, False),
    ],
)
def test_a_backend_that_does_not_accept_is_asked_again_after_its_interval_r41(
    answer: str, retry_s: float, pending: bool
) -> None:
    verdict = read_boot_answer(answer)
    assert isinstance(verdict, NotYet)
    assert (verdict.retry_s, verdict.pending) == (retry_s, pending)
    assert answer.split('"')[3] in verdict.reason


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        "null",
        "[]",
        "",
        "{bad",
        '{"status":"accepted"}',
        '{"status":"Maybe","interval":5}',
        f'{{"status":"{"x" * 5000}"}}',
        '{"status":null}',
        '{"status":"Accepted","interval":"soon"}',
        '{"status":"Accepted","interval":true}',
        '{"status":"Accepted","interval":1e999}',
        '{"status":"Accepted","interval":NaN}',
        '{"status":"\\ud800"}',
        '{"status":"\ud800"}',
        '{"status":"Accepted","x":' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_nonsense_is_a_rejection_that_says_why(answer: str) -> None:
    verdict = read_boot_answer(answer)
    assert isinstance(verdict, NotYet)
    assert (verdict.retry_s, verdict.pending) == (60.0, False)
    assert verdict.reason.startswith("unreadable boot answer: ")
    assert len(verdict.reason) < 300


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**62), 2**62))
def test_no_interval_makes_a_flood_or_a_silence(interval: float) -> None:
    verdict = read_boot_answer(f'{{"status":"Accepted","interval":{interval}}}')
    assert isinstance(verdict, Registered)
    assert 1.0 <= verdict.heartbeat_s <= 86400.0
