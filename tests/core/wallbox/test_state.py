import pytest
from tests.support.wallboxes import CARD, online, set_limit

from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.wallbox.actions import Plug, PresentCard
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


def test_the_central_system_may_know_the_connector_by_another_number_p28() -> None:
    wallbox = online(first_connector=3)
    wallbox.act(Plug(), PresentCard(CARD, 1))
    assert wallbox.sent("StartTransaction")[0]["connectorId"] == 3
    assert wallbox.statuses(3) == ["Available", "Preparing", "Charging"]
    assert set_limit(wallbox, 9.0, 3) == "Accepted"
    assert set_limit(wallbox, 9.0, 1) == "PropertyConstraintViolation"
    assert wallbox.state(3)["limit_a"] == 9.0
    number = wallbox.command("GetConfiguration", {"key": ["NumberOfConnectors"]})
    assert number["configurationKey"][0]["value"] == "3"
