"""The auditor notices what it is there for."""

import json

import pytest
from tests.support.audit import is_in_order, missing, strayed
from tests.support.processes import Program

START = '{"connectorId":1,"idTag":"T","meterStart":0,"timestamp":"t"}'
METER = '{"transactionId":%d,"connectorId":1,"meterValue":[]}'
STOP = '{"transactionId":%d,"meterStop":9,"timestamp":"u"}'


def a_wallbox(*, confirmed: bool = True) -> Program:
    """One that knows its transaction as 1; the last message may be unconfirmed."""
    calls = [("StartTransaction", START), ("MeterValues", METER % 1), ("StopTransaction", STOP % 1)]
    box = Program("CP1", lambda: None)
    for number, (action, text) in enumerate(calls):
        box.events.append({"event": "sent", "text": f'[2,"{number}","{action}",{text}]'})
        answer = '{"transactionId":1}' if action == "StartTransaction" else "{}"
        if confirmed or action != "StopTransaction":
            box.events.append({"event": "received", "text": f'[3,"{number}",{answer}]'})
    return box


def a_backend(*calls: tuple[str, str]) -> Program:
    """One that knows the transaction as 5000."""
    backend = Program("backend", lambda: None)
    for number, (action, text) in enumerate(calls):
        facts = {"id": "CP1", "action": action, "message_id": str(number)}
        backend.events.append({"event": "call", "payload_text": text, **facts})
        if action == "StartTransaction":
            answer = json.dumps({"transactionId": 5000})
            backend.events.append({"event": "replied", "payload_text": answer, **facts})
    return backend


ALL = (
    ("StartTransaction", START),
    ("MeterValues", METER % 5000),
    ("StopTransaction", STOP % 5000),
)


def test_a_complete_delivery_has_no_fault() -> None:
    box, backend = a_wallbox(), a_backend(ALL[0], *ALL)
    assert missing(box, backend, "CP1") == strayed(box, backend, "CP1") == []
    assert is_in_order(box, a_backend(*ALL), "CP1")


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_message_is_missed(lost: int) -> None:
    kept = [call for number, call in enumerate(ALL) if number != lost]
    (found,) = missing(a_wallbox(), a_backend(*kept), "CP1")
    assert found.action == ALL[lost][0]


def test_only_what_was_confirmed_is_missed() -> None:
    assert missing(a_wallbox(confirmed=False), a_backend(*ALL[:2]), "CP1") == []


def test_one_changed_character_is_missed() -> None:
    changed = ("StopTransaction", (STOP % 5000).replace(":9", ": 9"))
    assert len(missing(a_wallbox(), a_backend(*ALL[:2], changed), "CP1")) == 1


@pytest.mark.parametrize("wrong_id", [1, -1, 5001])
def test_a_message_under_a_wrong_transaction_has_strayed(wrong_id: int) -> None:
    backend = a_backend(*ALL[:2], ("StopTransaction", STOP % wrong_id))
    assert [each.action for each in strayed(a_wallbox(), backend, "CP1")] == ["StopTransaction"]


def test_a_swapped_order_is_noticed() -> None:
    assert not is_in_order(a_wallbox(), a_backend(ALL[0], ALL[2], ALL[1]), "CP1")
