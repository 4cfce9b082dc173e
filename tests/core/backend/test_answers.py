from datetime import UTC, datetime
from typing import Final

import pytest

from wattgate.core.backend.answers import ANSWERS
from wattgate.core.backend.central_system import CentralSystem, Refusal, Reply
from wattgate.core.backend.events import (
    Anomaly,
    Event,
    TransactionRepeated,
    TransactionStarted,
    TransactionStopped,
)
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.tags import Tags
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16.actions import ACTIONS, Sender

WALL: Final = datetime(2026, 1, 1, 10, 0, 0, 123_456, tzinfo=UTC)
AT: Final = "2026-01-01T09:59:58+01:00"
START: Final = f'{{"connectorId":1,"idTag":"04A1","meterStart":100,"timestamp":"{AT}"}}'
METER: Final = (
    '{"connectorId":1,%s"meterValue":[{"timestamp":"t","sampledValue":[{"value":"1.10"}]}]}'
)


def say(central: CentralSystem, action: str, payload_text: str) -> tuple[str, tuple[Event, ...]]:
    """What is answered, and what happened between the call and its answer."""
    reaction = central.received("CP1", Call("m", action, payload_text), WALL)
    assert isinstance(reaction.answer, Reply)
    return reaction.answer.payload_text, reaction.events[1:-1]


def stop_text(transaction_id: int, more: str = "") -> str:
    return f'{{"transactionId":{transaction_id},"meterStop":900,"timestamp":"t"{more}}}'


def test_every_call_of_a_charge_point_has_an_answer() -> None:
    asked = {name for name, row in ACTIONS.items() if row.sender is not Sender.CENTRAL_SYSTEM}
    assert set(ANSWERS) == asked


@pytest.mark.parametrize(
    ("action", "payload_text", "answer_text"),
    [
        (
            "BootNotification",
            '{"chargePointVendor":"V","chargePointModel":"M"}',
            '{"status":"Accepted","currentTime":"2026-01-01T10:00:00.123Z","interval":300}',
        ),
        ("Heartbeat", "{}", '{"currentTime":"2026-01-01T10:00:00.123Z"}'),
        ("Authorize", '{"idTag":"04A1"}', '{"idTagInfo":{"status":"Accepted"}}'),
        ("StatusNotification", '{"connectorId":1,"errorCode":"NoError","status":"Charging"}', "{}"),
        ("DiagnosticsStatusNotification", '{"status":"Idle"}', "{}"),
        ("FirmwareStatusNotification", '{"status":"Idle"}', "{}"),
        ("LogStatusNotification", '{"status":"Idle"}', "{}"),
        ("SignedFirmwareStatusNotification", '{"status":"Idle"}', "{}"),
        ("SecurityEventNotification", '{"type":"x","timestamp":"t"}', "{}"),
        ("SignCertificate", '{"csr":"x"}', '{"status":"Rejected"}'),
        ("DataTransfer", '{"vendorId":"giro-e","data":"x"}', '{"status":"Accepted"}'),
        ("MeterValues", METER % "", "{}"),
    ],
)
def test_a_friendly_backend_answers(action: str, payload_text: str, answer_text: str) -> None:
    assert say(CentralSystem(Manners(), Tags()), action, payload_text) == (answer_text, ())


@pytest.mark.parametrize(
    ("vendor", "answer_text"),
    [
        ("giro-e", '{"status":"Accepted","data":"{\\"ok\\": 1.10}"}'),
        ("mute", '{"status":"Accepted"}'),
        ("stranger", '{"status":"UnknownVendorId"}'),
    ],
)
def test_data_transfer_is_accepted_from_the_vendors_named_r91(
    vendor: str, answer_text: str
) -> None:
    central = CentralSystem(Manners(vendors={"giro-e": '{"ok": 1.10}', "mute": None}), Tags())
    assert say(central, "DataTransfer", f'{{"vendorId":"{vendor}"}}') == (answer_text, ())


def test_a_transaction_runs_from_start_to_stop() -> None:
    central = CentralSystem(Manners(), Tags())
    assert say(central, "StartTransaction", START) == (
        '{"transactionId":5000,"idTagInfo":{"status":"Accepted"}}',
        (TransactionStarted("CP1", 5000, 1, "04A1", 100, AT, "Accepted"),),
    )
    assert say(central, "MeterValues", METER % '"transactionId":5000,') == ("{}", ())
    assert say(central, "StopTransaction", stop_text(5000)) == (
        "{}",
        (TransactionStopped("CP1", 5000, 900, "t", "Local"),),
    )


def test_the_reason_and_the_card_of_a_stop_count_r70() -> None:
    central = CentralSystem(Manners(), Tags(accept_all=False))
    say(central, "StartTransaction", START)
    assert say(
        central, "StopTransaction", stop_text(5000, ',"reason":"Remote","idTag":"04A1"')
    ) == (
        '{"idTagInfo":{"status":"Invalid"}}',
        (TransactionStopped("CP1", 5000, 900, "t", "Remote"),),
    )


def test_a_refused_card_still_gets_a_transaction() -> None:
    central = CentralSystem(Manners(), Tags(accept_all=False))
    assert say(central, "StartTransaction", START) == (
        '{"transactionId":5000,"idTagInfo":{"status":"Invalid"}}',
        (TransactionStarted("CP1", 5000, 1, "04A1", 100, AT, "Invalid"),),
    )


def test_repetitions_are_answered_alike_and_change_nothing_r67_r68() -> None:
    central = CentralSystem(Manners(), Tags())
    first, _ = say(central, "StartTransaction", START)
    changes = central.changes
    assert say(central, "StartTransaction", START) == (
        first,
        (TransactionRepeated("CP1", "StartTransaction", 5000),),
    )
    assert central.changes == changes
    say(central, "StopTransaction", stop_text(5000))
    assert say(central, "StopTransaction", stop_text(5000)) == (
        "{}",
        (TransactionRepeated("CP1", "StopTransaction", 5000),),
    )


@pytest.mark.parametrize(
    ("action", "payload_text", "what", "transaction_id"),
    [
        ("StopTransaction", stop_text(77), "unknown-transaction", 77),
        ("StopTransaction", stop_text(-1), "start-was-never-delivered", -1),
        ("MeterValues", METER % '"transactionId":77,', "unknown-transaction", 77),
        ("MeterValues", METER % '"transactionId":-1,', "start-was-never-delivered", -1),
    ],
)
def test_nonsense_is_answered_and_noted_r59_r64(
    action: str, payload_text: str, what: str, transaction_id: int
) -> None:
    assert say(CentralSystem(Manners(), Tags()), action, payload_text) == (
        "{}",
        (Anomaly("CP1", what, action, transaction_id),),
    )


def test_what_comes_after_the_stop_is_noted() -> None:
    central = CentralSystem(Manners(dedupe=False), Tags())
    say(central, "StartTransaction", START)
    say(central, "StopTransaction", stop_text(5000))
    assert say(central, "StopTransaction", stop_text(5000)) == (
        "{}",
        (Anomaly("CP1", "stop-of-a-closed-transaction", "StopTransaction", 5000),),
    )
    assert say(central, "MeterValues", METER % '"transactionId":5000,') == (
        "{}",
        (Anomaly("CP1", "meter-values-after-stop", "MeterValues", 5000),),
    )


def test_a_payload_that_does_not_fit_is_refused_by_its_code_r11() -> None:
    central = CentralSystem(Manners(), Tags())
    reaction = central.received("CP1", Call("m", "Authorize", "{}"), WALL)
    assert isinstance(reaction.answer, Refusal)
    assert reaction.answer.code == "OccurenceConstraintViolation"
