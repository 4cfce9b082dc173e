from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest

from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.gateway.traffic.traffic import (
    Direction,
    Entry,
    Handling,
    Kind,
    Ring,
    Verdict,
    merged,
)
from wattgate.core.gateway.traffic.traffic_line import (
    LATE_REMEMBERED,
    UNRECORDED,
    Copy,
    Line,
    Source,
)
from wattgate.core.ocpp.frames import Call, CallError, CallResult, Frame, decode, encode
from wattgate.core.ocpp.session import Answered, Asked, Rejected, Request

AT = datetime(2026, 5, 15, tzinfo=UTC)
MASK = Mask(b"salt")


class Links:
    """A wallbox and a backend, and what is remembered of their frames."""

    def __init__(self) -> None:
        numbers: Iterator[int] = count(1)
        self.wallbox = Line("wallbox CP1", Ring(), numbers, lambda: MASK)
        self.backend = Line("backend one", Ring(), numbers, lambda: MASK)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return merged((self.wallbox.ring, self.backend.ring), None, 1000)

    def told(self) -> list[tuple[str, str, str, str]]:
        """Link, direction, handling and reason of every frame."""
        return [
            (
                each.link.split()[0],
                each.direction.value,
                each.verdict.handling.value,
                each.verdict.reason,
            )
            for each in self.entries
        ]


def heard(line: Line, unique_id: str, action: str, payload: str) -> None:
    call = Call(unique_id, action, payload)
    line.heard(encode(call), Asked(call), AT)


def said(line: Line, frame: Frame) -> None:
    line.said(encode(frame), AT)


def asked(line: Line, unique_id: str, action: str, payload: str, source: Source = None) -> None:
    line.asking(unique_id, source)
    said(line, Call(unique_id, action, payload))


def heard_answer(line: Line, answer: CallResult | CallError, action: str = "") -> None:
    request = Request(answer.unique_id, action, "{}")
    line.heard(encode(answer), Answered(request, answer), AT)


def relayed(
    there: str, back: CallResult | CallError, answer: CallResult | CallError, here: str = "{}"
) -> Links:
    """A CALL that is passed on to the backend as `there`, and what it answers back as `answer`."""
    links = Links()
    heard(links.wallbox, "w1", "DataTransfer", here)
    asked(links.backend, "b1", "DataTransfer", there, links.wallbox.source("w1"))
    heard_answer(links.backend, back)
    said(links.wallbox, answer)
    return links


def test_what_is_passed_on_unchanged_is_forwarded_both_ways_r79() -> None:
    payload = '{"status":"Accepted"}'
    links = relayed("{}", CallResult("b1", payload), CallResult("w1", payload))
    assert links.told() == [
        ("wallbox", "in", "forwarded", ""),
        ("backend", "out", "forwarded", ""),
        ("backend", "in", "forwarded", ""),
        ("wallbox", "out", "forwarded", ""),
    ]


def test_an_answer_names_its_call_and_its_action_r121() -> None:
    links = relayed("{}", CallResult("b1", "{}"), CallResult("w1", "{}"))
    assert [each.answers for each in links.entries] == [None, None, 2, 1]
    assert {each.action for each in links.entries} == {"DataTransfer"}
    assert [each.unique_id for each in links.entries] == ["w1", "b1", "b1", "w1"]
    assert [each.kind for each in links.entries] == [Kind.CALL] * 2 + [Kind.RESULT] * 2
    assert {each.at for each in links.entries} == {AT}


def test_what_is_passed_on_with_another_id_is_rewritten_r101() -> None:
    links = relayed(
        '{"connectorId":1}',
        CallResult("b1", '{"connectorId":1}'),
        CallResult("w1", '{"connectorId":2}'),
        here='{"connectorId":2}',
    )
    assert links.told() == [
        ("wallbox", "in", "rewritten", "connectorId 2 → 1"),
        ("backend", "out", "rewritten", "connectorId 2 → 1"),
        ("backend", "in", "rewritten", "connectorId 1 → 2"),
        ("wallbox", "out", "rewritten", "connectorId 1 → 2"),
    ]


def test_a_refusal_that_is_passed_back_is_forwarded_r79() -> None:
    links = relayed("{}", CallError("b1", "GenericError", "x"), CallError("w1", "GenericError", ""))
    assert [told[2] for told in links.told()] == ["forwarded"] * 4


@pytest.mark.parametrize(
    ("back", "answer", "verdict"),
    [
        (
            CallError("b1", "A", ""),
            CallResult("w1", "{}"),
            ("answered", "by the gateway (R91, R114, R118)"),
        ),
        (CallError("b1", "A", ""), CallError("w1", "B", "so"), ("rejected", "so")),
        (CallResult("b1", "{}"), CallError("w1", "B", "so"), ("rejected", "so")),
    ],
)
def test_an_answer_in_place_of_the_one_that_came_is_the_gateways_own_r79(
    back: CallResult | CallError, answer: CallResult | CallError, verdict: tuple[str, str]
) -> None:
    links = relayed("{}", back, answer)
    assert links.told()[2:] == [
        ("backend", "in", "absorbed", "not passed back"),
        ("wallbox", "out", *verdict),
    ]


def test_the_same_payload_is_masked_alike_on_both_links_r118() -> None:
    payload = '{"vendorId":"v","data":"s3cret"}'
    back = '{"status":"Accepted","data":"s3cret"}'
    links = relayed(payload, CallResult("b1", back), CallResult("w1", back), here=payload)
    texts = [each.text for each in links.entries]
    assert not any("s3cret" in text for text in texts)
    assert texts[0].replace("w1", "b1") == texts[1]
    assert texts[2].replace("b1", "w1") == texts[3]


def test_what_the_gateway_answers_itself_is_answered_r79() -> None:
    links = Links()
    heard(links.wallbox, "w1", "Heartbeat", "{}")
    assert links.told() == [("wallbox", "in", "open", "")]
    said(links.wallbox, CallResult("w1", "{}"))
    assert links.told() == [
        ("wallbox", "in", "answered", "by the gateway (R46)"),
        ("wallbox", "out", "answered", "by the gateway (R46)"),
    ]


def test_what_the_gateway_refuses_is_rejected_with_the_reason_it_gives_r79() -> None:
    links = Links()
    heard(links.wallbox, "w1", "Nonsense", "{}")
    said(links.wallbox, CallError("w1", "NotImplemented", "nobody knows it"))
    assert {told[2:] for told in links.told()} == {("rejected", "nobody knows it")}


def test_a_handler_may_say_why_it_answers_so_r79() -> None:
    links = Links()
    heard(links.wallbox, "w1", "DataTransfer", "{}")
    links.wallbox.because("w1", "the backend is away")
    links.wallbox.because("unknown", "nobody asked")
    said(links.wallbox, CallResult("w1", "{}"))
    assert {told[2:] for told in links.told()} == {("answered", "the backend is away")}


def test_what_is_stored_says_what_was_rewritten_and_so_does_its_copy_r63() -> None:
    links = Links()
    heard(links.wallbox, "w1", "MeterValues", '{"connectorId":2,"transactionId":1}')
    stored = '{"connectorId":1,"transactionId":1}'
    links.wallbox.decided("w1", Verdict(Handling.STORED, "for later"), stored)
    links.wallbox.decided("unknown", Verdict(Handling.STORED))
    said(links.wallbox, CallResult("w1", "{}"))
    sent = '{"connectorId":1,"transactionId":9001}'
    asked(links.backend, "b1", "MeterValues", sent, Copy(stored, "from the queue"))
    heard_answer(links.backend, CallResult("b1", "{}"))
    assert links.told() == [
        ("wallbox", "in", "stored", "for later; connectorId 2 → 1"),
        ("wallbox", "out", "answered", "by the gateway (R58, R63, R76, R113)"),
        ("backend", "out", "rewritten", "from the queue; transactionId 1 → 9001"),
        ("backend", "in", "absorbed", "ends what was passed on"),
    ]


def test_a_line_is_idle_until_something_is_owed_or_lines_up_and_again_afterwards() -> None:
    line = Links().wallbox
    idle = [line.is_idle]
    heard(line, "s1", "Heartbeat", "{}")
    idle.append(line.is_idle)
    said(line, CallResult("s1", "{}"))
    idle.append(line.is_idle)
    line.asking("g1", None)
    idle.append(line.is_idle)
    said(line, Call("g1", "GetConfiguration", "{}"))
    assert [*idle, line.is_idle] == [True, False, True, False, True]


def test_what_goes_no_further_is_absorbed_r88() -> None:
    links = Links()
    heard(links.wallbox, "w1", "MeterValues", "{}")
    links.wallbox.decided("w1", Verdict(Handling.ABSORBED, "only asked for by the manager"), "{}")
    assert links.told() == [("wallbox", "in", "absorbed", "only asked for by the manager")]


def test_a_call_of_the_manager_is_its_own_and_so_is_the_answer() -> None:
    links = Links()
    asked(links.wallbox, "m1", "GetConfiguration", "{}")
    heard_answer(links.wallbox, CallResult("m1", '{"configurationKey":[]}'))
    assert links.told() == [
        ("wallbox", "out", "own", ""),
        ("wallbox", "in", "absorbed", "the manager had asked"),
    ]


def test_an_answer_that_does_not_come_is_told_on_both_links_r16() -> None:
    links = Links()
    heard(links.wallbox, "w1", "DataTransfer", "{}")
    asked(links.backend, "b1", "DataTransfer", "{}", links.wallbox.source("w1"))
    links.backend.unanswered("b1", "no answer in time")
    said(links.wallbox, CallResult("w1", '{"status":"Rejected"}'))
    assert links.told() == [
        ("wallbox", "in", "forwarded", ""),
        ("backend", "out", "forwarded", "no answer in time"),
        ("wallbox", "out", "answered", "no answer in time"),
    ]


def test_what_never_left_is_told_to_who_asked_r16() -> None:
    links = Links()
    heard(links.wallbox, "w1", "DataTransfer", "{}")
    links.backend.asking("b1", links.wallbox.source("w1"))
    links.backend.unanswered("b1", "the link was lost")
    links.backend.unanswered("unknown", "the link was lost")
    said(links.wallbox, CallResult("w1", "{}"))
    assert {told[2:] for told in links.told()} == {("answered", "the link was lost")}


def test_a_late_answer_still_names_its_call_r9() -> None:
    links = Links()
    asked(links.wallbox, "m1", "GetConfiguration", "{}")
    links.wallbox.unanswered("m1", "no answer in time")
    late = CallResult("m1", "{}")
    links.wallbox.heard(encode(late), Rejected("nobody waits for it"), AT)
    assert links.entries[-1].answers == 1
    assert links.told()[-1] == ("wallbox", "in", "rejected", "nobody waits for it")


def test_only_so_many_late_answers_can_be_named_r9() -> None:
    links = Links()
    for number in range(LATE_REMEMBERED + 1):
        asked(links.wallbox, f"m{number}", "GetConfiguration", "{}")
        links.wallbox.unanswered(f"m{number}", "no answer in time")
    for unique_id in ("m0", "m1"):
        late = CallResult(unique_id, '{"data":"s3cret"}')
        links.wallbox.heard(encode(late), Rejected("nobody waits for it"), AT)
    first, second = links.entries[-2:]
    assert (first.answers, first.action) == (None, "")
    assert (second.answers, second.action) == (2, "GetConfiguration")
    assert "s3cret" not in first.text


def test_a_call_passed_on_after_its_answer_is_forwarded_all_the_same() -> None:
    links = Links()
    heard(links.wallbox, "w1", "DataTransfer", "{}")
    links.backend.asking("b1", links.wallbox.source("w1"))
    said(links.wallbox, CallResult("w1", "{}"))
    said(links.backend, Call("b1", "DataTransfer", "{}"))
    heard_answer(links.backend, CallResult("b1", "{}"))
    assert links.told()[2:] == [
        ("backend", "out", "forwarded", "who asked has an answer already"),
        ("backend", "in", "absorbed", "not passed back"),
    ]


def test_junk_and_its_refusal_are_rejected_r11() -> None:
    links = Links()
    text = '[2,"w1","Heartbeat",]'
    links.wallbox.heard(text, Rejected("no valid JSON"), AT)
    said(links.wallbox, CallError("w1", "FormationViolation", "no valid JSON"))
    links.wallbox.heard("s3cret", Rejected("no array"), AT)
    assert {told[2:] for told in links.told()} == {
        ("rejected", "no valid JSON"),
        ("rejected", "no array"),
    }
    assert [each.kind for each in links.entries] == [Kind.JUNK, Kind.ERROR, Kind.JUNK]
    assert "s3cret" not in links.entries[-1].text


def test_a_call_too_many_and_its_refusal_are_rejected_r5() -> None:
    links = Links()
    call = Call("w1", "DataTransfer", '{"vendorId":"v","data":"s3cret"}')
    links.wallbox.heard(encode(call), Rejected("64 are open"), AT)
    said(links.wallbox, CallError("w1", "GenericError", "64 are open"))
    assert [told[2:] for told in links.told()] == [("rejected", "64 are open")] * 2
    assert "s3cret" not in links.entries[0].text


def test_what_belongs_to_an_unrecorded_call_is_counted_and_nothing_more() -> None:
    links = Links()
    wallbox = links.wallbox
    assert wallbox.source("w1") is UNRECORDED
    wallbox.left_out()
    said(wallbox, CallResult("w1", "{}"))  # nothing is open
    heard(wallbox, "w2", "Heartbeat", "{}")
    said(wallbox, CallResult("w1", "{}"))
    said(wallbox, Call("m1", "GetConfiguration", "{}"))
    wallbox.said("no frame", AT)
    assert not wallbox.asked_for("m1")
    said(wallbox, CallResult("w2", "{}"))
    assert [each.left_out for each in links.entries] == [2, 3]


def test_an_unrecorded_call_that_is_recorded_elsewhere_counts_as_our_own() -> None:
    links = Links()
    asked(links.backend, "b1", "DataTransfer", "{}", UNRECORDED)
    assert links.backend.asked_for("b1")
    heard_answer(links.backend, CallResult("b1", "{}"))
    assert links.told() == [
        ("backend", "out", "own", ""),
        ("backend", "in", "absorbed", "the manager had asked"),
    ]


def test_frames_are_recorded_on_their_link_in_their_direction() -> None:
    links = relayed("{}", CallResult("b1", "{}"), CallResult("w1", "{}"))
    assert [(each.link, each.direction) for each in links.entries] == [
        ("wallbox CP1", Direction.IN),
        ("backend one", Direction.OUT),
        ("backend one", Direction.IN),
        ("wallbox CP1", Direction.OUT),
    ]
    assert all(decode(each.text) for each in links.entries)
