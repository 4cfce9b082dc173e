import pytest
from tests.support.wallboxes import online

from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.wallbox.answers import HeartbeatAnswer
from wattgate.core.wallbox.state import NoAnswer, Outcome, json_text, read_answer


@pytest.mark.parametrize(
    ("outcome", "time"),
    [
        (CallResult("1", '{"currentTime":"t"}'), "t"),
        (CallResult("1", '{"currentTime":5}'), None),
        (CallResult("1", "[]"), None),
        (CallError("1", "InternalError", ""), None),
        (NoAnswer(link_lost=True), None),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_none(
    outcome: Outcome, time: str | None
) -> None:
    answer = read_answer(outcome, HeartbeatAnswer)
    assert (None if answer is None else answer.current_time) == time


def test_payloads_are_compact_json() -> None:
    assert json_text({"a": 1, "b": "\u00e4"}) == '{"a":1,"b":"\u00e4"}'


@pytest.mark.parametrize(("number", "status"), [(0, "Rejected"), (2, "Accepted"), (3, "Rejected")])
def test_connectors_are_numbered_from_one(number: int, status: str) -> None:
    wallbox = online(connectors=2)
    answer = wallbox.command(
        "ReserveNow",
        {
            "connectorId": number,
            "expiryDate": "2026-05-15T13:00:00Z",
            "idTag": "A",
            "reservationId": 1,
        },
    )
    assert answer == {"status": status}
    wallbox.later(1)
    assert wallbox.machine.deadline() is not None
