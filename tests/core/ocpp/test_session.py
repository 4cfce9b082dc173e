import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.session import (
    MAX_OPEN_CALLS,
    OVERTAKE_AFTER_S,
    Answered,
    Asked,
    Dropped,
    Event,
    Priority,
    Rejected,
    Request,
    Session,
    Superseded,
    TimedOut,
)

HEARTBEAT = Request("h", "Heartbeat", "{}", timeout_s=10)
STATUS = Request("s", "StatusNotification", '{"connectorId": 1}', timeout_s=10)


def profile(
    unique_id: str, priority: Priority, timeout_s: float = 30, key: str = "connector 1"
) -> Request:
    return Request(unique_id, "SetChargingProfile", "{}", timeout_s, priority, key)


def sent(session: Session) -> list[str]:
    """The ids of our CALLs that go out now."""
    return [json.loads(text)[1] for text in session.data_to_send()]


def test_a_second_request_waits_for_the_answer_to_the_first_r4() -> None:
    session = Session()
    assert session.deadline() is None
    assert session.ask(HEARTBEAT, now=0) == []
    assert session.ask(STATUS, now=1) == []
    assert session.data_to_send() == ['[2,"h","Heartbeat",{}]']
    assert session.deadline() == 10
    answered = session.receive('[3,"h",{ "t":1}]', now=2)
    assert answered == [Answered(HEARTBEAT, CallResult("h", '{ "t":1}'))]
    assert session.data_to_send() == ['[2,"s","StatusNotification",{"connectorId": 1}]']
    assert session.data_to_send() == []
    assert session.deadline() == 11


def test_a_refusal_answers_a_request_too_r4() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    answer = CallError("h", "NotImplemented", "")
    assert session.receive('[4,"h","NotImplemented","",""]', now=1) == [Answered(HEARTBEAT, answer)]
    assert session.deadline() is None


def test_the_peer_is_served_while_we_wait_for_it_r4() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    session.data_to_send()
    assert session.receive('[2,"p","Authorize",{}]', now=1) == [Asked(Call("p", "Authorize", "{}"))]
    session.answer("p", '{"idTagInfo":{}}')
    assert session.data_to_send() == ['[3,"p",{"idTagInfo":{}}]']


def test_a_refused_call_of_the_peer_is_no_longer_open_r4() -> None:
    session = Session()
    session.receive('[2,"p","Foo",{}]', now=0)
    session.refuse("p", "NotImplemented", "unknown action")
    assert session.data_to_send() == ['[4,"p","NotImplemented","unknown action",{}]']
    with pytest.raises(LocalUsageError, match="'p'"):
        session.answer("p", "{}")


def test_the_same_id_of_the_peer_may_come_again_once_it_was_answered_r6() -> None:
    session = Session()
    text = '[2,"p","Heartbeat",{}]'
    session.receive(text, now=0)
    assert session.receive(text, now=1) == [Rejected("Heartbeat 'p' came again while it is open")]
    session.answer("p", "{}")
    assert session.data_to_send() == ['[3,"p",{}]']
    assert session.receive(text, now=2) == [Asked(Call("p", "Heartbeat", "{}"))]


def test_an_id_of_the_peer_and_one_of_ours_are_different_things_r8() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    session.receive('[2,"h","Heartbeat",{}]', now=0)
    assert session.receive('[3,"h",{}]', now=1) == [Answered(HEARTBEAT, CallResult("h", "{}"))]
    session.answer("h", "{}")
    assert session.data_to_send() == ['[2,"h","Heartbeat",{}]', '[3,"h",{}]']


def test_a_late_answer_is_rejected_and_completes_no_newer_request_r9() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    session.ask(STATUS, now=5)
    assert session.tick(9.9) == []
    assert session.tick(10) == [TimedOut(HEARTBEAT, was_sent=True)]
    assert session.receive('[3,"h",{}]', now=11) == [Rejected("nobody waits for the answer 'h'")]
    assert session.receive('[3,"s",{}]', now=12) == [Answered(STATUS, CallResult("s", "{}"))]
    assert session.receive('[3,"s",{}]', now=13) == [Rejected("nobody waits for the answer 's'")]


def test_a_time_out_counts_from_asking_so_that_nothing_overdue_is_sent_r16() -> None:
    session = Session()
    session.ask(Request("slow", "Reset", "{}", timeout_s=60), now=0)
    session.ask(HEARTBEAT, now=0)
    session.ask(STATUS, now=5)
    assert sent(session) == ["slow"]
    assert session.deadline() == 10
    assert session.tick(10) == [TimedOut(HEARTBEAT, was_sent=False)]
    assert session.deadline() == 15
    late = session.receive('[3,"slow",{}]', now=20)
    assert late[1:] == [TimedOut(STATUS, was_sent=False)]
    assert sent(session) == []
    assert session.deadline() is None


def test_what_waits_its_turn_has_all_its_time_once_it_is_sent_r16_r66() -> None:
    session, bill = Session(), Request("b", "StopTransaction", "{}", 10, waits_its_turn=True)
    session.ask(Request("slow", "DataTransfer", "{}", timeout_s=60), now=0)
    assert (session.ask(bill, now=0), sent(session), session.deadline()) == ([], ["slow"], 60)
    session.receive('[3,"slow",{}]', now=50)
    assert (sent(session), session.tick(59.9)) == (["b"], [])
    assert session.tick(60) == [TimedOut(bill, was_sent=True)]


def test_a_time_out_frees_the_line_for_the_next_request_r4() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    session.ask(STATUS, now=5)
    session.data_to_send()
    session.tick(10)
    assert sent(session) == ["s"]
    assert session.tick(15) == [TimedOut(STATUS, was_sent=True)]
    assert session.tick(16) == []


def test_what_waits_goes_out_by_priority_then_in_the_order_of_asking_r89() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    for number, priority in enumerate([4, 3, 2, 1, 0, 2, 0]):
        session.ask(Request(str(number), "X", "{}", priority=Priority(priority)), now=0)
    order = []
    while ids := sent(session):
        order += ids
        session.receive(f'[3,"{ids[0]}",{{}}]', now=1)
    assert order == ["h", "4", "6", "3", "2", "5", "1", "0"]


def test_only_the_newest_of_the_requests_that_mean_the_same_is_sent_r89() -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    older, newer = profile("a", Priority.INCREASE), profile("b", Priority.INCREASE)
    session.ask(older, now=0)
    session.ask(profile("other", Priority.INCREASE, key="connector 2"), now=0)
    assert session.ask(newer, now=1) == [Superseded(older)]
    session.receive('[3,"h",{}]', now=2)
    assert sent(session) == ["h", "b"]  # it took the older one's turn
    assert session.ask(profile("c", Priority.INCREASE), now=3) == []  # "b" is on its way


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (Priority.REDUCTION, Priority.INCREASE),  # the wallbox never saw the reduction
        (Priority.INCREASE, Priority.REDUCTION),
    ],
)
def test_the_newer_request_keeps_the_more_urgent_of_the_two_priorities_r89(
    older: Priority, newer: Priority
) -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    session.ask(profile("a", older), now=0)
    session.ask(Request("stop", "RemoteStopTransaction", "{}", priority=Priority.STOP), now=0)
    session.ask(profile("b", newer), now=0)
    session.receive('[3,"h",{}]', now=1)
    assert sent(session) == ["h", "b"]


RESET = Request("reset", "Reset", '{"type":"Soft"}', timeout_s=60)


def a_reduction(unique_id: str, key: str | None = "connector 1", timeout_s: float = 6) -> Request:
    return Request(unique_id, "SetChargingProfile", "{}", timeout_s, Priority.REDUCTION, key)


def test_a_reduction_passes_a_call_that_is_unanswered_for_two_seconds_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a"), now=0.5)
    assert session.deadline() == OVERTAKE_AFTER_S == 2.0
    assert session.tick(1.9) == []
    assert sent(session) == ["reset"]
    assert session.tick(2) == []
    assert sent(session) == ["a"]
    assert session.deadline() == 6.5


def test_a_reduction_is_sent_at_once_where_the_call_before_it_is_slow_already_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(HEARTBEAT, now=1)
    session.ask(a_reduction("a"), now=7)
    assert sent(session) == ["reset", "a"]
    assert session.deadline() == 11


@pytest.mark.parametrize("first", ["reset", "a"])
def test_the_answers_of_both_are_told_apart_in_whatever_order_they_come_r89_r9(first: str) -> None:
    session = Session()
    requests = {"reset": RESET, "a": a_reduction("a")}
    session.ask(RESET, now=0)
    session.ask(requests["a"], now=3)
    second = "a" if first == "reset" else "reset"
    for unique_id in (first, second):
        text = f'[3,"{unique_id}",{{}}]'
        answered = Answered(requests[unique_id], CallResult(unique_id, "{}"))
        assert session.receive(text, now=4) == [answered]
        again = session.receive(text, now=4)
        assert again == [Rejected(f"nobody waits for the answer '{unique_id}'")]
    assert session.deadline() is None


def test_each_of_both_has_its_own_deadline_r89_r16() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a"), now=3)
    assert session.tick(9) == [TimedOut(a_reduction("a"), was_sent=True)]
    assert session.deadline() == 60
    late = session.receive('[3,"a",{}]', now=10)
    assert late == [Rejected("nobody waits for the answer 'a'")]
    assert session.tick(60) == [TimedOut(RESET, was_sent=True)]


def test_only_one_passes_at_a_time_and_the_next_one_after_its_answer_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a"), now=3)
    session.ask(a_reduction("b", "connector 2"), now=3)
    session.tick(6)
    assert sent(session) == ["reset", "a"]
    session.receive('[3,"a",{}]', now=7)
    assert sent(session) == ["b"]


def test_a_reduction_left_alone_on_the_line_is_passed_by_nothing_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a", timeout_s=60), now=3)
    session.ask(a_reduction("b", "connector 2", timeout_s=60), now=3)
    session.ask(HEARTBEAT, now=3)
    session.receive('[3,"reset",{}]', now=4)
    session.tick(12.9)
    assert sent(session) == ["reset", "a"]


@pytest.mark.parametrize("priority", set(Priority) - {Priority.REDUCTION})
def test_nothing_but_a_reduction_passes_r89_r4(priority: Priority) -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(Request("x", "X", "{}", priority=priority), now=5)
    session.tick(20)
    assert sent(session) == ["reset"]
    assert session.deadline() == 35


def test_a_reduction_does_not_pass_what_means_the_same_it_could_be_undone_r89() -> None:
    session = Session()
    session.ask(profile("raise", Priority.INCREASE, timeout_s=6), now=0)
    session.ask(a_reduction("lower"), now=3)
    assert sent(session) == ["raise"]
    assert session.deadline() == 6
    session.tick(6)
    assert sent(session) == ["lower"]


def test_what_took_the_turn_of_a_reduction_may_pass_as_the_reduction_might_have_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a"), now=0)
    session.ask(profile("b", Priority.INCREASE), now=1)
    session.tick(2)
    assert sent(session) == ["reset", "b"]
    session.ask(a_reduction("c", "connector 2"), now=5)
    session.tick(10)
    assert sent(session) == []  # it stands for a reduction, and there is one at a time


def test_an_overdue_reduction_is_not_sent_by_the_next_one_r16_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a", None, timeout_s=1), now=0)
    late = session.ask(a_reduction("b", None), now=3)
    assert late == [TimedOut(a_reduction("a", None, timeout_s=1), was_sent=False)]
    assert sent(session) == ["reset", "b"]


def test_a_switch_keeps_one_call_at_a_time_r4_r89() -> None:
    session = Session(overtakes=False)
    session.ask(RESET, now=0)
    session.ask(a_reduction("a", timeout_s=30), now=0)
    assert session.deadline() == 30
    session.tick(29)
    assert sent(session) == ["reset"]


def test_a_closed_link_drops_both_that_were_on_the_line_r89() -> None:
    session = Session()
    session.ask(RESET, now=0)
    session.ask(a_reduction("a"), now=3)
    assert session.close() == [
        Dropped(RESET, was_sent=True),
        Dropped(a_reduction("a"), was_sent=True),
    ]


@pytest.mark.parametrize("unique_id", ["h", "s"])
def test_an_id_of_ours_that_is_in_use_is_our_own_mistake_r5(unique_id: str) -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    session.ask(STATUS, now=0)
    with pytest.raises(LocalUsageError, match="still in use"):
        session.ask(Request(unique_id, "Heartbeat", "{}"), now=1)


@pytest.mark.parametrize("unique_id", ["p", ""])
def test_an_answer_to_what_nobody_asked_is_our_own_mistake_r9(unique_id: str) -> None:
    with pytest.raises(LocalUsageError):
        Session().answer(unique_id, "{}")


def test_junk_that_has_an_id_is_refused_at_once_r12() -> None:
    session = Session()
    reason = "a CALL has 4 elements, this one has 3"
    assert session.receive('[2,"p","Heartbeat"]', now=0) == [Rejected(reason)]
    (text,) = session.data_to_send()
    assert json.loads(text)[:3] == [4, "p", "FormationViolation"]


def test_junk_does_not_answer_a_call_that_is_open_r12() -> None:
    session = Session()
    session.receive('[2,"p","Heartbeat",{}]', now=0)
    session.receive('[2,"p","Heartbeat"]', now=0)
    assert session.data_to_send() == []


def test_a_closed_link_drops_everything_that_was_open() -> None:
    session = Session()
    session.receive('[2,"p","Authorize",{}]', now=0)
    session.ask(HEARTBEAT, now=0)
    session.ask(STATUS, now=0)
    assert session.close() == [Dropped(HEARTBEAT, was_sent=True), Dropped(STATUS, was_sent=False)]
    assert session.close() == []
    assert session.ask(HEARTBEAT, now=1) == [Dropped(HEARTBEAT, was_sent=False)]
    assert session.receive('[3,"h",{}]', now=1) == []
    assert session.tick(100) == []
    session.answer("p", "{}")
    session.refuse("p", "GenericError", "")
    assert session.data_to_send() == []
    assert session.deadline() is None


@given(st.lists(st.text() | st.text('[]{}234",:hs \\', max_size=20), max_size=5))
def test_no_text_of_a_peer_raises_out_of_a_session(texts: list[str]) -> None:
    session = Session()
    session.ask(HEARTBEAT, now=0)
    for text in texts:
        session.receive(text, now=1)
    session.tick(2)


class Conversation(RuleBasedStateMachine):
    """Any order of asking, answering, waiting and closing, with answers to ids old and new."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.overtakes = True
        self.now = 0.0
        self.asked: dict[str, Request] = {}
        self.sent_at: dict[str, float] = {}
        self.ended: Counter[str] = Counter()
        self.on_the_line: list[str] = []
        self.closed = False

    def take(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Answered(request, answer):
                    assert answer.unique_id == request.unique_id
                    self.on_the_line.remove(request.unique_id)
                    assert isinstance(answer, CallResult)
                    assert answer.payload_text == f'{{"to":"{request.unique_id}"}}'
                    self.ended[request.unique_id] += 1
                case TimedOut(request, was_sent) | Dropped(request, was_sent):
                    assert was_sent == (request.unique_id in self.on_the_line)
                    if was_sent:
                        self.on_the_line.remove(request.unique_id)
                    self.ended[request.unique_id] += 1
                case Superseded(request):
                    assert request.unique_id not in self.on_the_line
                    self.ended[request.unique_id] += 1
                case Asked() | Rejected():
                    pass
        for unique_id in sent(self.session):
            assert unique_id not in self.sent_at, "sent twice"
            self.sent_at[unique_id] = self.now
            self.on_the_line.append(unique_id)

    @precondition(lambda self: not self.asked)
    @rule()
    def forbid_overtaking(self) -> None:
        self.overtakes = False
        self.session = Session(overtakes=False)

    @rule(
        timeout_s=st.sampled_from([1.0, 5.0, 30.0]),
        priority=st.sampled_from(Priority),
        key=st.sampled_from([None, "a", "b"]),
    )
    def ask(self, timeout_s: float, priority: Priority, key: str | None) -> None:
        unique_id = f"id{len(self.asked)}"
        self.asked[unique_id] = Request(unique_id, "X", "{}", timeout_s, priority, key)
        self.take(self.session.ask(self.asked[unique_id], self.now))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def peer_answers(self, data: st.DataObject) -> None:
        unique_id = data.draw(st.sampled_from(sorted(self.asked)))
        text = f'[3,"{unique_id}",{{"to":"{unique_id}"}}]'
        self.take(self.session.receive(text, self.now))

    @rule(wait_s=st.sampled_from([0.5, 2.0, 29.0]), tick=st.booleans())
    def wait(self, wait_s: float, tick: bool) -> None:
        self.now += wait_s
        if tick:
            self.take(self.session.tick(self.now))

    @rule()
    def close(self) -> None:
        self.closed = True
        self.take(self.session.close())

    @invariant()
    def one_call_is_on_the_line_and_what_passes_it_came_two_seconds_later_r4_r89(self) -> None:
        assert len(self.on_the_line) <= 1 + self.overtakes
        if len(self.on_the_line) == 2:
            slow, fast = self.on_the_line
            assert self.sent_at[fast] - self.sent_at[slow] >= OVERTAKE_AFTER_S
            assert self.asked[slow].priority is not Priority.REDUCTION
            same = {self.asked[slow].coalesce_key, self.asked[fast].coalesce_key}
            assert same == {None} or len(same) == 2

    @invariant()
    def what_may_go_has_gone_by_its_deadline_r89(self) -> None:
        deadline = self.session.deadline()
        if deadline is not None and deadline > self.now:
            before = list(self.on_the_line)
            self.take(self.session.tick(self.now))
            assert self.on_the_line == before, "something could have gone before the deadline"

    @invariant()
    def every_request_ends_at_most_once(self) -> None:
        assert all(count == 1 for count in self.ended.values())

    @invariant()
    def there_is_a_deadline_exactly_while_something_is_open(self) -> None:
        still_open = len(self.asked) - len(self.ended)
        assert (self.session.deadline() is not None) == bool(still_open)

    def teardown(self) -> None:
        self.take(self.session.close())
        assert self.ended == Counter(self.asked.keys())


Conversation.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestEveryConversation = Conversation.TestCase


def test_a_peer_that_never_waits_is_refused_beyond_a_bound_and_goes_on_afterwards_r4() -> None:
    session = Session()
    for number in range(MAX_OPEN_CALLS):
        [event] = session.receive(f'[2,"c{number}","Heartbeat",{{}}]', 0)
        assert isinstance(event, Asked)
    [event] = session.receive('[2,"late","Heartbeat",{}]', 0)
    assert isinstance(event, Rejected)
    [refusal] = session.data_to_send()
    assert refusal.startswith('[4,"late","GenericError"')
    session.answer("c0", "{}")
    [event] = session.receive('[2,"again","Heartbeat",{}]', 0)
    assert isinstance(event, Asked)
