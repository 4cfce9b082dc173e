import json

import pytest
from tests.support.recordings import ACCEPTED, START, Tape, a_session, line

from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.replay.player import Difference, Player, Turn
from wattgate.core.replay.recording import read_recording


def player(tape: Tape) -> Player:
    return Player(read_recording(tape.text))


def turns(playing: Player) -> list[Turn]:
    found = []
    while (turn := playing.next()) is not None:
        found.append(turn)
    return found


def result(payload: object) -> CallResult:
    return CallResult("now", json.dumps(payload))


def test_the_calls_of_the_wallbox_come_in_order_when_they_were_recorded() -> None:
    playing = turns(player(a_session()))
    assert [turn.call.action for turn in playing] == [
        "BootNotification",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert [turn.after_s for turn in playing] == [0, 2, 4, 6]


def test_transaction_ids_are_those_that_the_answers_give_now_r60() -> None:
    playing = player(a_session(17))
    boot, start, values, stop = turns(playing)
    assert playing.payload_of(boot) == boot.call.payload_text
    assert json.loads(playing.payload_of(start)) == START
    assert playing.answered(start, result(ACCEPTED | {"transactionId": 3})) is None
    for turn in (values, stop):
        assert json.loads(playing.payload_of(turn))["transactionId"] == 3
        assert playing.payload_of(turn).replace("3", "17", 1) == turn.call.payload_text
    assert playing.outcome.strange == set()


def test_an_id_from_before_the_recording_is_sent_as_it_is_and_told() -> None:
    tape = Tape()
    tape.asks("StopTransaction", {"transactionId": 5})
    playing = player(tape)
    [stop] = turns(playing)
    assert json.loads(playing.payload_of(stop)) == {"transactionId": 5}
    assert playing.outcome.strange == {5}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"status": "Accepted"}, {"status": "Accepted", "interval": 7}),
        (ACCEPTED, ACCEPTED),
        ({}, {"currentTime": "now"}),
    ],
)
def test_answers_of_the_same_kind_and_status_are_the_same(before: object, now: object) -> None:
    tape = Tape()
    tape.answers(tape.asks("Authorize", {}), before)
    playing = player(tape)
    [turn] = turns(playing)
    assert playing.answered(turn, result(now)) is None
    assert (playing.outcome.compared, playing.outcome.differences) == (1, [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (result({"idTagInfo": {"status": "Invalid"}}), "Invalid"),
        (result({"status": 7}), "answered"),
        (CallError("now", "InternalError", ""), "refused with InternalError"),
        (None, "no answer"),
    ],
)
def test_another_status_kind_or_silence_is_a_difference(
    answer: CallResult | CallError | None, words: str
) -> None:
    tape = Tape()
    tape.answers(tape.asks("Authorize", {}), ACCEPTED)
    playing = player(tape)
    [turn] = turns(playing)
    difference = Difference(1, "Authorize", "Accepted", words)
    assert playing.answered(turn, answer) == difference
    assert playing.outcome.differences == [difference]


def test_a_refusal_that_was_recorded_is_expected_again() -> None:
    tape = Tape()
    tape.refuses(tape.asks("Authorize", {}), "InternalError")
    playing = player(tape)
    [turn] = turns(playing)
    assert playing.answered(turn, CallError("now", "InternalError", "x")) is None
    assert playing.answered(turn, result({})) is not None


def test_where_no_answer_was_recorded_none_is_compared() -> None:
    tape = Tape()
    tape.asks("Authorize", {})
    tape.lines.append(line(2, "out", '[3,"m0",{}]', "Heartbeat"))  # of a CALL before the recording
    playing = player(tape)
    [turn] = turns(playing)
    assert playing.answered(turn, None) is None
    assert playing.outcome.compared == 0


def test_commands_are_answered_as_recorded_for_their_action_the_last_again() -> None:
    tape = Tape()
    tape.asks("Heartbeat", {})
    for status in ("Accepted", "Rejected"):
        tape.answers(tape.asks("Reset", {}, direction="out"), {"status": status}, direction="in")
    tape.refuses(tape.asks("UnlockConnector", {}, direction="out"), "NotSupported", direction="in")
    playing = player(tape)
    said = [playing.answer_to(Call("now", "Reset", "{}")) for _ in range(3)]
    assert [getattr(each, "payload_text", "") for each in said] == [
        '{"status": "Accepted"}',
        '{"status": "Rejected"}',
        '{"status": "Rejected"}',
    ]
    refused = playing.answer_to(Call("now", "UnlockConnector", "{}"))
    assert isinstance(refused, CallError)
    assert refused.code == "NotSupported"
    assert playing.answer_to(Call("now", "ClearCache", "{}")) == CallResult(
        "now", '{"status":"Accepted"}'
    )


def test_masked_frames_are_sent_and_counted_and_cut_ones_are_not_sent() -> None:
    tape = Tape()
    tape.asks("DataTransfer", {"vendorId": "v", "data": "(masked: 3 characters, sha256 ab)"})
    tape.lines.append(
        line(2, "in", '[2,"m2","DataTransfer",{"a":"(cut: the frame had 40000 characters)"}]', "x")
    )
    tape.lines.append(line(3, "out", '[3,"m1",{"a":"(cut: the frame had 4)"}]', "x", answers=1))
    playing = player(tape)
    [turn] = turns(playing)
    playing.payload_of(turn)
    assert playing.answered(turn, None) is None
    outcome = playing.outcome
    assert (outcome.sent, outcome.masked, outcome.cut) == (1, 1, 1)


def test_a_start_whose_answer_names_no_transaction_maps_nothing() -> None:
    tape = Tape()
    tape.answers(tape.asks("StartTransaction", START), ACCEPTED | {"transactionId": 17})
    tape.asks("StopTransaction", {"transactionId": 17})
    playing = player(tape)
    start, stop = turns(playing)
    playing.answered(start, result({"idTagInfo": {"status": "Invalid"}}))
    playing.answered(start, CallError("now", "InternalError", ""))
    assert playing.payload_of(stop) == stop.call.payload_text
    assert playing.outcome.strange == {17}
