"""One command of a backend that several EVSEs carry out, and the one answer that it gets."""

from collections.abc import Callable
from dataclasses import dataclass

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.commands.shared_answers import Answer
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.runtime.ask import Ask


@dataclass(frozen=True, slots=True)
class Part(Ask):
    """A backend's CALL as one EVSE gets it; its answer goes to `on_answer`, once."""

    on_answer: Callable[[Answer], None]

    def answer(self, payload_text: str, because: str = "") -> None:
        """See Ask."""
        if because:
            self.peer.recorder.because(self.call.unique_id, because)
        self.on_answer(CallResult(self.call.unique_id, payload_text))

    def fail(self, code: str, description: str, details_text: str = "{}") -> None:
        """See Ask."""
        self.on_answer(CallError(self.call.unique_id, code, description, details_text))


class Gathering:
    """Waits for the answers of `count` EVSEs, and answers the backend when all are there."""

    def __init__(self, ask: Ask, count: int, combine: Callable[[list[Answer]], Answer]) -> None:
        self._ask = ask
        self._count = count
        self._combine = combine
        self._answers: dict[int, Answer] = {}

    def part(self, number: int, payload_text: str) -> Part:
        """What the EVSE gets that the backend knows by that number."""
        call = Call(
            self._ask.call.unique_id, self._ask.call.action, payload_text, self._ask.call.frame_text
        )
        return Part(self._ask.peer, call, lambda answer: self._heard(number, answer))

    def _heard(self, number: int, answer: Answer) -> None:
        if number in self._answers:
            msg = f"connector {number} has answered {self._ask.call.action} already"
            raise LocalUsageError(msg)
        self._answers[number] = answer
        if len(self._answers) == self._count:
            in_order = [each for _, each in sorted(self._answers.items())]
            self._ask.pass_on(self._combine(in_order))
