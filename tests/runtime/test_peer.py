"""One link, whatever its other end sends and whoever handles it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.frames import Literal, Refusal, settled
from tests.support.virtual_time import (
    FakeClock,
    ScriptedIdentifiers,
    in_virtual_time,
    run_virtual,
)
from tests.support.world import connect

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.runtime.peer import NoAnswer, Outcome, Peer, Tools


@dataclass
class Owner:
    """Answers every CALL with `{}` unless told otherwise, and remembers."""

    handle: Callable[[Peer, Call], None] | None = None
    calls: list[Call] = field(default_factory=list)
    ended: list[tuple[int, str]] = field(default_factory=list)

    def peer_opened(self, peer: Peer) -> None:
        pass

    def peer_called(self, peer: Peer, call: Call) -> None:
        self.calls.append(call)
        if self.handle is not None:
            self.handle(peer, call)
        else:
            peer.answer(call.unique_id, "{}")

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        self.ended.append((code, reason))


def a_peer(far: Literal, owner: Owner | None = None) -> Peer:
    peer = Peer("peer", owner or Owner(), Tools(FakeClock(), ScriptedIdentifiers()))
    connect(peer, far)
    return peer


async def lives(far: Literal) -> bool:
    """Whether a CALL is still answered."""
    return bool(await far.ask("Heartbeat", {}) == [3, f"own-{far._count}", {}])


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("", []),
        ("{bad", []),
        ('"x"', []),
        ("{}", []),
        ("[]", []),
        ('[2,"3"]', [[4, "3", "FormationViolation"]]),
        ('[2,"3","Foo",[]]', [[4, "3", "FormationViolation"]]),
        ('[2,"3","Foo",{]', [[4, "3", "FormationViolation"]]),
        ('[2,"3",7,{}]', [[4, "3", "FormationViolation"]]),
        ('[2,3,"Foo",{}]', []),
        ('[2,"","Foo",{}]', []),
        ('[7,"4",{}]', []),
        ('[3,"nobody",{}]', []),
        ('[4,"nobody","GenericError","",{}]', []),
        ('[3,"message-1"]', []),
        ('[2,"3","Foo",{"a":NaN}]', [[4, "3", "FormationViolation"]]),
        ("[" * 100_000, []),
        ('[2,"3","Foo",{"a":' + "[" * 100_000, [[4, "3", "FormationViolation"]]),
    ],
)
@in_virtual_time()
async def test_bad_input_gets_its_code_or_nothing_and_the_link_lives_r10_r12(
    text: str, answers: list[list[str]]
) -> None:
    far = Literal()
    a_peer(far)
    far.send(text)
    await settled()
    assert [json.loads(text)[:3] for text in far.texts] == answers
    assert await lives(far)


@given(st.lists(st.text() | st.sampled_from(['[2,"a","B",{}', "[3,", "]", '[4,"a"]']), max_size=8))
def test_no_text_ends_a_link_r12(texts: list[str]) -> None:
    async def scenario() -> None:
        far = Literal()
        a_peer(far)
        for text in texts:
            far._link.send(text)  # type: ignore[union-attr]  # just connected
        await settled()
        far.texts.clear()
        assert await lives(far)

    run_virtual(scenario())


@in_virtual_time()
async def test_a_bug_in_a_handler_is_answered_with_internal_error_and_the_link_lives() -> None:
    def bug(peer: Peer, call: Call) -> None:
        if call.action == "Bug":
            raise RuntimeError
        peer.answer(call.unique_id, "{}")
        if call.action == "LateBug":
            raise RuntimeError

    far = Literal()
    a_peer(far, Owner(bug))
    assert (await far.ask("Bug", {}))[:3] == [4, "own-1", "InternalError"]
    assert await far.ask("LateBug", {}) == [3, "own-2", {}]
    assert await lives(far)


@in_virtual_time()
async def test_a_bug_in_whoever_waits_for_an_answer_does_not_stop_the_next() -> None:
    def bug(_: Outcome) -> None:
        raise RuntimeError

    far = Literal()
    peer = a_peer(far)
    peer.ask("One", "{}", bug)
    assert await peer.call("Two", "{}") == CallResult("message-2", "{}")
    peer.ask("Three", "{}", bug)
    far.hang_up()
    await settled()
    assert not peer.is_open


@in_virtual_time()
async def test_one_call_at_a_time_while_the_other_direction_goes_on_r4() -> None:
    far = Literal({"One": lambda _: None})
    peer = a_peer(far)
    outcomes: list[Outcome] = []
    peer.ask("One", "{}", outcomes.append, timeout_s=10.0)
    peer.ask("Two", "{}", outcomes.append, timeout_s=30.0)
    peer.ask("Urgent", "{}", outcomes.append, timeout_s=30.0, priority=Priority.STOP)
    await settled()
    assert [action for action, _ in far.calls] == ["One"]
    assert await lives(far)
    await asyncio.sleep(10)
    assert [action for action, _ in far.calls] == ["One", "Urgent", "Two"]
    assert outcomes == [
        NoAnswer("no answer in time", was_sent=True),
        CallResult("message-3", "{}"),
        CallResult("message-2", "{}"),
    ]


@in_virtual_time()
async def test_a_late_answer_completes_nothing_r9() -> None:
    far = Literal({"One": lambda _: None, "Two": lambda _: None})
    peer = a_peer(far)
    outcomes: list[Outcome] = []
    peer.ask("One", "{}", outcomes.append, timeout_s=5.0)
    await asyncio.sleep(6)
    peer.ask("Two", "{}", outcomes.append, timeout_s=5.0)
    far.send('[3,"message-1",{}]')
    await asyncio.sleep(1)
    assert len(outcomes) == 1
    far.send('[3,"message-2",{}]')
    await settled()
    assert outcomes[1:] == [CallResult("message-2", "{}")]


@in_virtual_time()
async def test_a_lost_link_ends_every_call_once_and_says_what_may_have_arrived() -> None:
    far = Literal({"One": lambda _: None})
    owner = Owner()
    peer = a_peer(far, owner)
    outcomes: list[Outcome] = []
    peer.ask("One", "{}", outcomes.append)
    peer.ask("Two", "{}", outcomes.append)
    await settled()
    far.hang_up(1006)
    await asyncio.sleep(100)
    lost = "the link was lost"
    assert outcomes == [NoAnswer(lost, was_sent=True), NoAnswer(lost, was_sent=False)]
    assert owner.ended == [(1006, "")]
    assert await peer.call("Three", "{}") == NoAnswer(lost, was_sent=False)
    assert peer.address == ""


@in_virtual_time()
async def test_a_link_that_is_cut_fails_what_is_open_at_once_and_hears_nothing_more_r27() -> None:
    far, owner = Literal(answers={"Reset": lambda _: None}), Owner()
    peer, outcomes = a_peer(far, owner), list[Outcome]()
    peer.ask("Reset", "{}", outcomes.append)
    peer.ask("ClearCache", "{}", outcomes.append)
    far.send('[2,"late","Heartbeat",{}]')  # under way while the link is cut
    peer.cut(1008, "gone")
    assert outcomes == [
        NoAnswer("the link was lost", was_sent=True),
        NoAnswer("the link was lost", was_sent=False),
    ]
    peer.ask("Reset", "{}", outcomes.append)
    assert outcomes[2:] == [NoAnswer("the link was lost", was_sent=False)]
    peer.cut(1008, "again")
    await settled()
    assert owner.calls == []
    assert owner.ended == [(1008, "gone")]
    assert far.closed_with == (1008, "gone")


@in_virtual_time()
async def test_an_answer_to_a_closed_link_goes_nowhere() -> None:
    far = Literal()
    owner = Owner(lambda peer, call: None)
    peer = a_peer(far, owner)
    far.send('[2,"x","Foo",{}]')
    await settled()
    peer.close(1000, "")
    peer.close(1000, "")
    await settled()
    peer.answer("x", "{}")
    peer.refuse("x", "GenericError", "")
    peer.close(1000, "")
    assert far.texts == []


@in_virtual_time()
async def test_an_answer_to_what_was_not_asked_is_our_own_mistake() -> None:
    peer = a_peer(Literal())
    with pytest.raises(LocalUsageError):
        peer.answer("x", "{}")


@in_virtual_time()
async def test_a_newer_request_takes_the_place_of_a_waiting_one_r89() -> None:
    far = Literal({"One": lambda _: None})
    peer = a_peer(far)
    outcomes: list[Outcome] = []
    peer.ask("One", "{}", outcomes.append, timeout_s=5.0)
    peer.ask("Set", '{"v":1}', outcomes.append, coalesce_key="set")
    peer.ask("Set", '{"v":2}', outcomes.append, coalesce_key="set")
    assert outcomes == [NoAnswer("a newer one took its place", was_sent=False)]
    await asyncio.sleep(6)
    assert far.all_of("Set") == [{"v": 2}]


@in_virtual_time()
async def test_a_refusal_arrives_with_all_it_says() -> None:
    far = Literal({"One": lambda _: Refusal("OccurenceConstraintViolation", "why", '{"a":1.10}')})
    outcome = await a_peer(far).call("One", "{}")
    assert outcome == CallError("message-1", "OccurenceConstraintViolation", "why", '{"a":1.10}')


@in_virtual_time()
async def test_a_call_sent_twice_while_open_is_answered_once_r5() -> None:
    owner = Owner(lambda peer, call: None)
    far = Literal()
    peer = a_peer(far, owner)
    far.send('[2,"x","Foo",{}]')
    far.send('[2,"x","Foo",{}]')
    await settled()
    peer.answer("x", "{}")
    await settled()
    assert len(owner.calls) == 1
    assert far.texts == ['[3,"x",{}]']


@pytest.mark.parametrize(("overtakes", "sent_after_s"), [(True, 2.0), (False, 8.0)])
@in_virtual_time()
async def test_a_reduction_passes_a_slow_call_where_the_link_allows_it_r89(
    overtakes: bool, sent_after_s: float
) -> None:
    far = Literal({"Reset": lambda _: None})
    clock = FakeClock()
    peer = Peer("peer", Owner(), Tools(clock, ScriptedIdentifiers()), overtakes=overtakes)
    connect(peer, far)
    ended: list[tuple[str, Outcome]] = []
    peer.ask("Reset", "{}", lambda outcome: ended.append(("Reset", outcome)), timeout_s=8.0)
    peer.ask(
        "SetChargingProfile",
        "{}",
        lambda outcome: ended.append(("SetChargingProfile", outcome)),
        priority=Priority.REDUCTION,
    )
    await far.got("SetChargingProfile")
    assert clock.monotonic() == sent_after_s
    await asyncio.sleep(8)
    done = ("SetChargingProfile", CallResult("message-2", "{}"))
    slow = ("Reset", NoAnswer("no answer in time", was_sent=True))
    assert ended == ([done, slow] if overtakes else [slow, done])
