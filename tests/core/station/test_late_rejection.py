from dataclasses import replace

import pytest

from wattgate.core.station.late_rejection import (
    ASKED,
    Duty,
    is_rejected_late,
    read_duty,
    stop_for_backend,
)
from wattgate.core.station.transactions import TransactionRecord, TransactionStart

START = TransactionStart("CP1", 1, "stall-1", "B", "04A1", 1000, "2026-05-15T14:25:12Z", "k")
TOLD = '{"idTagInfo":{"status":"Accepted"},"transactionId":1}'
LATE = TransactionRecord(1, START, 9001, TOLD, late_verdict="Blocked")


def keys(**values: str) -> str:
    pairs = (f'{{"key":"{key}","readonly":false,"value":"{v}"}}' for key, v in values.items())
    return f'{{"configurationKey":[{",".join(pairs)}]}}'


@pytest.mark.parametrize(
    ("answer", "duty"),
    [
        (keys(StopTransactionOnInvalidId="true"), Duty(True, 0)),
        (keys(StopTransactionOnInvalidId="false"), Duty(False, 0)),
        (keys(stoptransactiononinvalidid=" FALSE "), Duty(False, 0)),
        (keys(StopTransactionOnInvalidId="maybe"), Duty(True, 0)),
        (keys(MaxEnergyOnInvalidId="500"), Duty(True, 500)),
        (keys(MaxEnergyOnInvalidId="-1"), Duty(True, 0)),
        (keys(MaxEnergyOnInvalidId="much"), Duty(True, 0)),
        (keys(StopTransactionOnInvalidId="false", MaxEnergyOnInvalidId="7"), Duty(False, 7)),
        ('{"configurationKey":[{"key":"StopTransactionOnInvalidId"}]}', Duty(True, 0)),
        ('{"unknownKey":["StopTransactionOnInvalidId","MaxEnergyOnInvalidId"]}', Duty(True, 0)),
        ('{"configurationKey":7}', Duty(True, 0)),
        ("{}", Duty(True, 0)),
    ],
)
def test_the_duty_is_what_the_wallbox_says_else_the_default_r65(answer: str, duty: Duty) -> None:
    assert read_duty(answer) == duty


def test_both_keys_are_asked_for_at_once() -> None:
    assert ASKED == '{"key":["StopTransactionOnInvalidId","MaxEnergyOnInvalidId"]}'


@pytest.mark.parametrize(
    ("energy_wh", "drawn_wh", "due"),
    [
        (0, None, True),
        (0, 0.0, True),
        (500, None, False),
        (500, 499.9, False),
        (500, 500.0, True),
    ],
)
def test_the_energy_that_is_allowed_may_be_drawn_first_r65(
    energy_wh: int, drawn_wh: float | None, due: bool
) -> None:
    assert Duty(energy_wh=energy_wh).is_due(drawn_wh) is due


@pytest.mark.parametrize(
    ("record", "late"),
    [
        (LATE, True),
        (replace(LATE, late_verdict=None), False),
        (replace(LATE, answer_text=None), False),
        (replace(LATE, answer_text=TOLD.replace("Accepted", "Blocked")), False),
    ],
)
def test_a_rejection_is_late_where_the_wallbox_was_told_otherwise_r65(
    record: TransactionRecord, late: bool
) -> None:
    assert is_rejected_late(record) is late


@pytest.mark.parametrize(
    ("record", "reason", "told"),
    [
        (LATE, '"Remote"', '"DeAuthorized"'),
        (LATE, '"Local"', '"Local"'),
        (LATE, '"remote"', '"remote"'),
        (replace(LATE, late_verdict=None), '"Remote"', '"Remote"'),
    ],
)
def test_only_our_own_remote_stop_is_told_as_deauthorized_r65(
    record: TransactionRecord, reason: str, told: str
) -> None:
    text = f'{{ "transactionId":1 , "meterStop":1E3,"reason" : {reason} }}'
    assert stop_for_backend(text, record) == text.replace(reason, told)


def test_an_omitted_reason_stays_omitted_r70() -> None:
    assert stop_for_backend('{"transactionId":1}', LATE) == '{"transactionId":1}'


@pytest.mark.parametrize(
    ("record", "reason", "told"),
    [
        (replace(LATE, late_verdict=None), "Remote", "SoftReset"),
        (replace(LATE, late_verdict=None), "EVDisconnected", "EVDisconnected"),
        (LATE, "Remote", "DeAuthorized"),
    ],
)
def test_the_stop_of_a_virtual_reset_is_told_as_one_r103(
    record: TransactionRecord, reason: str, told: str
) -> None:
    text = f'{{"transactionId":1,"reason":"{reason}"}}'
    assert stop_for_backend(text, record, "SoftReset") == text.replace(reason, told)
