"""Plays the wallbox of a recording: what it says next, what it answers, and what is different now.

The transaction ids of the recording are those of another manager, or of another run: those that
the answers give now take their place.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final, assert_never

from wattgate.core.gateway.traffic.traffic import Direction
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar, replace_scalar
from wattgate.core.replay.plain_answers import plain_answer
from wattgate.core.replay.recording import Recorded, Recording

Answer = CallResult | CallError

SILENCE: Final = "no answer"
_TRANSACTION: Final = ("transactionId",)


@dataclass(frozen=True, slots=True)
class Turn:
    """A CALL to send; due `after_s` seconds after the first one, as it was recorded."""

    recorded: Recorded
    call: Call
    after_s: float


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that is another one than in the recording, each in a few words."""

    number: int
    action: str
    before: str
    now: str


@dataclass(slots=True)
class Outcome:
    """What came of it so far.

    `masked` frames were sent with what stands for their secrets, `cut` ones could not be sent;
    `strange` ids are those of transactions that began before the recording. `compared` answers
    stand in the recording and have come now.
    """

    sent: int = 0
    compared: int = 0
    masked: int = 0
    cut: int = 0
    strange: set[int] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)


class Player:
    """One recording that is being played."""

    def __init__(self, recording: Recording) -> None:
        self.outcome = Outcome()
        self._ids: dict[int, int] = {}
        self._answers: dict[int, Answer] = {}
        self._own: defaultdict[str, deque[Answer]] = defaultdict(deque)
        for each in recording.frames:
            self._remember(each)
        self._turns = deque(self._turns_of(recording))

    def _remember(self, each: Recorded) -> None:
        """Answers of the manager by their CALL, those of the wallbox by their action."""
        if isinstance(each.frame, Call) or each.is_cut:
            return
        if each.direction is Direction.IN:
            self._own[each.action].append(each.frame)
        elif each.answers is not None:
            self._answers[each.answers] = each.frame

    def _turns_of(self, recording: Recording) -> list[Turn]:
        calls = [
            (each, each.frame)
            for each in recording.frames
            if each.direction is Direction.IN and isinstance(each.frame, Call)
        ]
        self.outcome.cut = sum(each.is_cut for each, _ in calls)
        began = calls[0][0].at
        return [
            Turn(each, call, (each.at - began).total_seconds())
            for each, call in calls
            if not each.is_cut
        ]

    def next(self) -> Turn | None:
        """The CALL that comes next, taken off; None at the end."""
        return self._turns.popleft() if self._turns else None

    def payload_of(self, turn: Turn) -> str:
        """What to send: as recorded, but for a transaction id, which is that of now."""
        self.outcome.sent += 1
        self.outcome.masked += turn.recorded.is_masked
        text = turn.call.payload_text
        recorded_id = read_scalar(text, _TRANSACTION)
        if not isinstance(recorded_id, int):
            return text
        present_id = self._ids.get(recorded_id)
        if present_id is None:
            self.outcome.strange.add(recorded_id)
            return text
        return replace_scalar(text, _TRANSACTION, str(present_id))

    def answered(self, turn: Turn, answer: Answer | None) -> Difference | None:
        """Compare an answer with the recorded one; None for one that did not come."""
        recorded = self._answers.get(turn.recorded.number)
        if recorded is None:
            return None
        self._learn(recorded, answer)
        self.outcome.compared += 1
        before, now = _in_words(recorded), _in_words(answer)
        if before == now:
            return None
        difference = Difference(turn.recorded.number, turn.call.action, before, now)
        self.outcome.differences.append(difference)
        return difference

    def answer_to(self, call: Call) -> Answer:
        """What the wallbox answers to a command: as recorded for this action, the last again."""
        answers = self._own[call.action]
        if not answers:
            return plain_answer(call.unique_id, call.action)
        return answers.popleft() if len(answers) > 1 else answers[0]

    def _learn(self, recorded: Answer, answer: Answer | None) -> None:
        if not (isinstance(recorded, CallResult) and isinstance(answer, CallResult)):
            return
        before = read_scalar(recorded.payload_text, _TRANSACTION)
        now = read_scalar(answer.payload_text, _TRANSACTION)
        if isinstance(before, int) and isinstance(now, int):
            self._ids[before] = now


def _in_words(answer: Answer | None) -> str:
    """What an answer says, as far as it is compared: its kind, and its status or code."""
    match answer:
        case None:
            return SILENCE
        case CallError():
            return f"refused with {answer.code}"
        case CallResult():
            paths = (("status",), ("idTagInfo", "status"))
            statuses = (read_scalar(answer.payload_text, path) for path in paths)
            return next((status for status in statuses if isinstance(status, str)), "answered")
        case _:
            assert_never(answer)
