"""One OCPP-J connection as seen from one end: who asked what, who still owes an answer (R4-R9)."""

from bisect import insort
from math import inf
from typing import Final, NamedTuple, assert_never

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.frames import Call, CallError, CallResult, Junk, decode, encode
from wattgate.core.ocpp.session_events import (
    Answered,
    Asked,
    Dropped,
    Event,
    Priority,
    Rejected,
    Request,
    Superseded,
    TimedOut,
)

__all__ = [
    "MAX_OPEN_CALLS",
    "OVERTAKE_AFTER_S",
    "Answered",
    "Asked",
    "Dropped",
    "Event",
    "Priority",
    "Rejected",
    "Request",
    "Session",
    "Superseded",
    "TimedOut",
]

MAX_OPEN_CALLS: Final = 64
"""CALLs of a peer that may wait for our answer at once.

OCPP-J 1.6 §4.1.1 allows one; some peers send several. The bound keeps one that never waits from
filling the memory and the queue of the other side.
"""

OVERTAKE_AFTER_S: Final = 2.0
"""s for which a CALL must have been unanswered before a reduction may pass it (R89)."""


class _Sent(NamedTuple):
    """A CALL of ours that the peer has not answered; its priority is the one it waited with."""

    priority: Priority
    sent_at: float
    deadline: float
    request: Request


class _Waiting(NamedTuple):
    """Sorts as a queue must: by priority, then by order of asking (which no two share)."""

    priority: Priority
    order: int
    deadline: float
    request: Request


class Session:
    """Correlates requests and answers of one connection; text in, events and text out.

    One CALL of ours is unanswered at any time (OCPP-J 1.6 §4.1.1, R4), with one exception where
    the session `overtakes`: a reduction may pass another CALL that the peer has not answered for
    OVERTAKE_AFTER_S, so that a slow command of a backend does not keep a fuse waiting (R89). Then
    two are unanswered, of which one is a reduction, and each has its own answer and deadline. It
    never passes one with its own `coalesce_key`: a peer that carries out two at once might end
    with what the older says.
    OCPP-J 1.6 says SHOULD NOT; later versions forbid it, and need `overtakes=False`.

    The peer's CALLs are independent of ours. Every request ends in exactly one of `Answered`,
    `TimedOut`, `Superseded` and `Dropped`. Every `now` is in monotonic seconds and never runs
    backwards.
    """

    __slots__ = ("_closed", "_order", "_out", "_overtakes", "_owed", "_sent", "_waiting")

    def __init__(self, *, overtakes: bool = True) -> None:
        self._overtakes = overtakes
        self._sent: list[_Sent] = []  # in the order of sending
        self._waiting: list[_Waiting] = []  # not empty only while a CALL is unanswered
        self._order = 0
        self._owed: set[str] = set()  # ids of the peer's CALLs that we have not answered
        self._out: list[str] = []
        self._closed = False

    def ask(self, request: Request, now: float) -> list[Event]:
        """Send the request, or queue it while another is unanswered.

        On a closed session it is `Dropped` at once. An id that is still in use on this connection
        is a LocalUsageError (R5).
        """
        if self._closed:
            return [Dropped(request, was_sent=False)]
        self._order += 1
        deadline = inf if request.waits_its_turn else now + request.timeout_s
        place = _Waiting(request.priority, self._order, deadline, request)
        if not self._sent:
            self._send(place, now)
            return []
        self._require_unused(request.unique_id)
        return self._line_up(place) + self._advance(now)

    def answer(self, unique_id: str, payload_text: str) -> None:
        """Answer the peer's CALL with a result.

        A CALL that is not open is a LocalUsageError; after `close` there is nobody to tell, and
        nothing happens.
        """
        self._settle(CallResult(unique_id, payload_text))

    def refuse(self, unique_id: str, code: str, description: str, details_text: str = "{}") -> None:
        """Answer the peer's CALL with a CALLERROR; the rules are those of `answer`."""
        self._settle(CallError(unique_id, code, description, details_text))

    def receive(self, text: str, now: float) -> list[Event]:
        """Take in one message of the peer. Never raises for what the peer sent."""
        if self._closed:
            return []
        frame = decode(text)
        match frame:
            case Call():
                return [self._asked(frame)]
            case CallResult() | CallError():
                return self._answered(frame, now)
            case Junk():
                return [self._rejected(frame)]
            case _:
                assert_never(frame)

    def tick(self, now: float) -> list[Event]:
        """Give up what is due, and send the next request where that frees the line."""
        late = [sent for sent in self._sent if now >= sent.deadline]
        events: list[Event] = [TimedOut(sent.request, was_sent=True) for sent in late]
        if late:
            self._sent = [sent for sent in self._sent if now < sent.deadline]
        if self._waiting:
            events += self._advance(now)
        return events

    def deadline(self) -> float | None:
        """When `tick` is next due, in seconds of `now`; None while nothing is open."""
        if not self._sent:
            return None
        due = self._sent[0].deadline
        if len(self._sent) > 1:
            due = min(sent.deadline for sent in self._sent)
        if not self._waiting:
            return due
        due = min(due, *(place.deadline for place in self._waiting))
        passes_at = self._may_go_at(self._waiting[0])
        return due if passes_at is None else min(due, passes_at)

    def data_to_send(self) -> list[str]:
        """The messages to put on the wire now, in order; each is handed out once."""
        out, self._out = self._out, []
        return out

    def close(self) -> list[Event]:
        """The link is gone: everything open is `Dropped`, and so is every later request."""
        events: list[Event] = [Dropped(sent.request, was_sent=True) for sent in self._sent]
        events += [Dropped(place.request, was_sent=False) for place in self._waiting]
        self._closed = True
        for open_thing in (self._sent, self._waiting, self._owed, self._out):
            open_thing.clear()
        return events

    def _send(self, place: _Waiting, now: float) -> None:
        request = place.request
        deadline = now + request.timeout_s if request.waits_its_turn else place.deadline
        self._sent.append(_Sent(place.priority, now, deadline, request))
        self._out.append(encode(Call(request.unique_id, request.action, request.payload_text)))

    def _line_up(self, place: _Waiting) -> list[Event]:
        request = place.request
        replaced = self._replaced_by(request)
        if replaced is None:
            insort(self._waiting, place)
            return []
        # The newer one keeps the turn of the older: what was replaced may have been a reduction
        # that the wallbox never saw, and a request renewed again and again must not starve.
        self._waiting.remove(replaced)
        urgent = min(replaced.priority, request.priority)
        insort(self._waiting, place._replace(priority=urgent, order=replaced.order))
        return [Superseded(replaced.request)]

    def _require_unused(self, unique_id: str) -> None:
        open_requests = [each.request for each in self._sent]
        open_requests += [each.request for each in self._waiting]
        if any(request.unique_id == unique_id for request in open_requests):
            raise LocalUsageError(f"the message id {unique_id!r} is still in use")

    def _replaced_by(self, request: Request) -> _Waiting | None:
        key = request.coalesce_key
        if key is None:
            return None
        return next((place for place in self._waiting if place.request.coalesce_key == key), None)

    def _may_go_at(self, place: _Waiting) -> float | None:
        """When it may be sent although a CALL is unanswered; None: not before an answer (R89)."""
        if not self._overtakes or place.priority is not Priority.REDUCTION or len(self._sent) > 1:
            return None
        [sent] = self._sent
        if sent.priority is Priority.REDUCTION or _mean_the_same(sent.request, place.request):
            return None
        return sent.sent_at + OVERTAKE_AFTER_S

    def _send_what_may_go(self, now: float) -> None:
        """Send the first in the queue, if it is its turn or if it may pass what is on the line."""
        if self._sent:
            passes_at = self._may_go_at(self._waiting[0])
            if passes_at is None or now < passes_at:
                return
        self._send(self._waiting.pop(0), now)

    def _advance(self, now: float) -> list[Event]:
        """Never sends what is overdue: nobody waits for its answer any more."""
        overdue = [place for place in self._waiting if now >= place.deadline]
        if overdue:
            self._waiting = [place for place in self._waiting if now < place.deadline]
        if self._waiting:
            self._send_what_may_go(now)
        return [TimedOut(place.request, was_sent=False) for place in overdue]

    def _settle(self, frame: CallResult | CallError) -> None:
        if self._closed:
            return
        if frame.unique_id not in self._owed:
            raise LocalUsageError(f"no CALL {frame.unique_id!r} of the peer is open")
        self._owed.discard(frame.unique_id)
        self._out.append(encode(frame))

    def _asked(self, call: Call) -> Asked | Rejected:
        if call.unique_id in self._owed:  # one answer must do: the id stands for one CALL (R5)
            return Rejected(f"{call.action} {call.unique_id!r} came again while it is open")
        if len(self._owed) >= MAX_OPEN_CALLS:
            reason = f"{MAX_OPEN_CALLS} of its CALLs are open already"
            self._out.append(encode(CallError(call.unique_id, ErrorCode.GENERIC_ERROR, reason)))
            return Rejected(f"{call.action} {call.unique_id!r}: {reason}")
        self._owed.add(call.unique_id)
        return Asked(call)

    def _answered(self, answer: CallResult | CallError, now: float) -> list[Event]:
        for place, sent in enumerate(self._sent):
            if sent.request.unique_id == answer.unique_id:
                del self._sent[place]
                break
        else:
            return [Rejected(f"nobody waits for the answer {answer.unique_id!r}")]  # R9
        events: list[Event] = [Answered(sent.request, answer)]
        if self._waiting:
            events += self._advance(now)
        return events

    def _rejected(self, junk: Junk) -> Rejected:
        if junk.reply is not None and junk.reply.unique_id not in self._owed:
            self._out.append(encode(junk.reply))
        return Rejected(junk.reason)


def _mean_the_same(one: Request, other: Request) -> bool:
    return one.coalesce_key is not None and one.coalesce_key == other.coalesce_key
