import json

import pytest
from tests.support.recordings import Tape, a_session, header, line

from wattgate.core.errors import ConfigError
from wattgate.core.gateway.traffic.traffic import Direction
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.replay.recording import read_recording

HEARTBEAT = line(1, "in", '[2,"m1","Heartbeat",{}]', "Heartbeat")


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read_recording(text)
    return [str(problem) for problem in refused.value.problems]


def test_the_frames_of_the_wallbox_are_read_in_order() -> None:
    recording = read_recording(a_session().text)
    assert recording.station_id == "CP1"
    assert [each.number for each in recording.frames] == [1, 2, 3, 4, 5, 6, 7, 8]
    first, second = recording.frames[:2]
    assert isinstance(first.frame, Call)
    assert (first.direction, first.action) == (Direction.IN, "BootNotification")
    assert isinstance(second.frame, CallResult)
    assert (second.direction, second.answers) == (Direction.OUT, 1)
    assert (second.at - first.at).total_seconds() == 1
    assert not any(each.is_masked or each.is_cut for each in recording.frames)


def test_what_was_masked_or_cut_is_known() -> None:
    tape = Tape()
    tape.asks("DataTransfer", {"vendorId": "v", "data": "(masked: 3 characters, sha256 ab)"})
    tape.asks("Authorize", {"idTag": "card-0123456789ab"})
    tape.asks("Heartbeat", "(cut: the frame had 40000 characters)")
    tape.lines[3] = line(
        3, "in", '[2,"m3","Heartbeat",{"a":"(cut: the frame had 9)"}]', "Heartbeat"
    )
    tape.refuses(tape.asks("Heartbeat", {}), "GenericError")
    frames = read_recording(tape.text).frames
    assert [each.is_masked for each in frames] == [True, True, False, False, False]
    assert [each.is_cut for each in frames] == [False, False, True, False, False]
    assert isinstance(frames[-1].frame, CallError)


def test_other_links_junk_and_empty_lines_are_passed_over() -> None:
    backend = line(2, "out", '[2,"m2","Heartbeat",{}]', "Heartbeat", link="backend one")
    junk = line(3, "in", '"(no frame: 3 characters, not kept)"', "")
    recording = read_recording("\n".join([header(), HEARTBEAT, "", backend, junk, ""]))
    assert [each.number for each in recording.frames] == [1]


def test_every_problem_is_told_with_its_line() -> None:
    bad = [
        header(),
        "no json",
        HEARTBEAT,
        json.dumps({"number": 1}),
        line(4, "sideways", '[2,"m","Heartbeat",{}]', "Heartbeat"),
        line(5, "in", "[7]", "Heartbeat", kind="call"),
        line(6, "in", '[2,"m","Heartbeat",{}]', "Heartbeat", kind="result"),
    ]
    told = problems_of("\n".join(bad))
    assert [each.split(":")[0] for each in told] == [
        "line 2",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "missing required field `at`" in told[1]
    assert "no OCPP-J frame" in told[3]
    assert told[4] == "line 7: `text` is no result"


def test_a_time_without_a_zone_is_a_problem_of_its_line() -> None:
    bad = json.loads(HEARTBEAT) | {"at": "2026-05-15T12:00:00"}
    [told] = problems_of("\n".join([header(), HEARTBEAT, json.dumps(bad)]))
    assert told.startswith("line 3: ")
    assert "timezone" in told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the file is empty"),
        ("\n \n", "line 1: the file is empty"),
        (f"\n[]\n{HEARTBEAT}", "line 2: not the header of a recording"),
        (f"{header(wattgate_traffic=2)}\n{HEARTBEAT}", "line 1: format 2; this version reads"),
        (header(), "line 1: the wallbox sends nothing in this recording"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(text: str, problem: str) -> None:
    [told] = problems_of(text)
    assert told.startswith(problem)


def test_a_recording_in_which_only_the_manager_speaks_plays_nothing() -> None:
    tape = Tape()
    tape.answers(tape.asks("GetConfiguration", {}, direction="out"), {}, direction="in")
    [told] = problems_of(tape.text)
    assert told == "line 3: the wallbox sends nothing in this recording"
