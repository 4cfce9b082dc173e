"""One command that several EVSEs carry out, and the one answer that the backend gets."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time
from tests.support.world import Scripted, connect

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.commands.shared_answers import Answer
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.gathering import Gathering, Part
from wattgate.runtime.peer import NoAnswer, Peer, Tools


@dataclass
class Spread:
    """Asks EVSE 7 and EVSE 2, by `script`; the last answer in the order of numbers is the one."""

    script: Callable[[Part, Part], None]
    seen: list[list[Answer]] = field(default_factory=list)

    def peer_opened(self, peer: Peer) -> None:
        """Nothing to do."""

    def peer_called(self, peer: Peer, call: Call) -> None:
        gathering = Gathering(Ask(peer, call), 2, self._combine)
        self.script(gathering.part(7, '{"for":7}'), gathering.part(2, '{"for":2}'))

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """Nothing to do."""

    def _combine(self, answers: list[Answer]) -> Answer:
        self.seen.append(answers)
        return answers[-1]


def spread_by(script: Callable[[Part, Part], None]) -> tuple[Spread, Scripted]:
    spread, backend = Spread(script), Scripted()
    connect(Peer("backend", spread, Tools(FakeClock(), ScriptedIdentifiers())), backend)
    return spread, backend


@in_virtual_time()
async def test_the_backend_hears_one_answer_when_the_last_evse_has_answered() -> None:
    def answer(seven: Part, two: Part) -> None:
        assert (seven.call.payload_text, two.call.payload_text) == ('{"for":7}', '{"for":2}')
        seven.answer('{"status":"Accepted"}', "because")
        assert spread.seen == []
        two.answer('{"status":"Rejected"}')

    spread, backend = spread_by(answer)
    assert (await backend.ask("Reset", {}))[2] == {"status": "Accepted"}
    assert spread.seen == [
        [
            CallResult("own-1", '{"status":"Rejected"}'),
            CallResult("own-1", '{"status":"Accepted"}'),
        ]
    ]


@in_virtual_time()
async def test_an_error_of_one_is_passed_on_with_all_that_it_says() -> None:
    def answer(seven: Part, two: Part) -> None:
        two.pass_on(NoAnswer("no answer in time", was_sent=True))
        seven.pass_on(CallError("x", "NotSupported", "not here", '{"more":1}'))

    spread, backend = spread_by(answer)
    assert (await backend.ask("Reset", {}))[2:] == ["NotSupported", "not here", {"more": 1}]
    assert spread.seen[0][0] == CallError(
        "own-1", "GenericError", "the wallbox: no answer in time", "{}"
    )


@in_virtual_time()
async def test_an_evse_that_answers_twice_is_a_bug_of_ours() -> None:
    def answer(seven: Part, two: Part) -> None:
        seven.refuse("GenericError", "first")
        with pytest.raises(LocalUsageError, match="connector 7 has answered Reset already"):
            seven.answer("{}")
        two.answer("{}")

    _, backend = spread_by(answer)
    assert (await backend.ask("Reset", {}))[2] == "GenericError"
