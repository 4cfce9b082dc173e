"""One OCPP-J connection as seen from one end: who asked what, who still owes an answer (R4-R9)."""

from bisect import insort
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, assert_never

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.frames import Call, CallError, CallResult, Junk, decode, encode


class Priority(IntEnum):
    """What goes out first when several requests wait; the lowest number wins (R89)."""

    REDUCTION = 0
    STOP = 1
    BACKEND = 2
    INCREASE = 3
    POLL = 4


@dataclass(frozen=True, slots=True)
class Request:
    """A CALL that we want to send.

    `timeout_s` counts from asking, waiting included (R16). A request with a `coalesce_key` takes
    the place of a waiting one with the same key, which is then never sent (R89).
    """

    unique_id: str
    action: str
    payload_text: str
    timeout_s: float = 30.0
    priority: Priority = Priority.BACKEND
    coalesce_key: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The peer sent a CALL; it waits for `Session.answer` or `Session.refuse`."""

    call: Call


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer answered our request, with a result or with a refusal."""

    request: Request
    answer: CallResult | CallError


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer in time. Where `was_sent`, the peer may have done what it was asked."""

    request: Request
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer request with the same `coalesce_key` took its place; it was never sent."""

    request: Request


@dataclass(frozen=True, slots=True)
class Dropped:
    """The link closed first. Where `was_sent`, the peer may have done what it was asked."""

    request: Request
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Junk, an answer nobody waits for, or a CALL sent twice.

    For the log only: what had to be said to the peer is already in `Session.data_to_send`.
    """

    reason: str


MAX_OPEN_CALLS: Final = 64
"""CALLs of a peer that may wait for our answer at once.

OCPP-J 1.6 §4.1.1 allows one; some peers send several. The bound keeps one that never waits from
filling the memory and the queue of the other side.
"""

Event = Asked | Answered | TimedOut | Superseded | Dropped | Rejected


class _Waiting(NamedTuple):
    """Sorts as a queue must: by priority, then by order of asking (which no two share)."""

    priority: Priority
    order: int
    deadline: float
    request: Request


class Session:
    """Correlates requests and answers of one connection; text in, events and text out.

    At most one CALL of ours is unanswered at any time (OCPP-J 1.6 §4.1.1, R4); the peer's CALLs
    are independent of ours. Every request ends in exactly one of `Answered`, `TimedOut`,
    `Superseded` and `Dropped`. Every `now` is in monotonic seconds and never runs backwards.
    """

    __slots__ = ("_closed", "_order", "_out", "_outstanding", "_owed", "_sent_deadline", "_waiting")

    def __init__(self) -> None:
        self._outstanding: Request | None = None
        self._sent_deadline = 0.0
        self._waiting: list[_Waiting] = []  # not empty only while a CALL is outstanding
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
        deadline = now + request.timeout_s
        if self._outstanding is None:
            self._send(request, deadline)
            return []
        self._require_unused(request.unique_id, self._outstanding)
        self._order += 1
        place = _Waiting(request.priority, self._order, deadline, request)
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
        events: list[Event] = []
        if self._outstanding is not None and now >= self._sent_deadline:
            events.append(TimedOut(self._outstanding, was_sent=True))
            self._outstanding = None
        if self._waiting:
            events += self._advance(now)
        return events

    def deadline(self) -> float | None:
        """When `tick` is next due, in seconds of `now`; None while nothing is open."""
        if self._outstanding is None:
            return None
        if not self._waiting:
            return self._sent_deadline
        return min(self._sent_deadline, *(place.deadline for place in self._waiting))

    def data_to_send(self) -> list[str]:
        """The messages to put on the wire now, in order; each is handed out once."""
        out, self._out = self._out, []
        return out

    def close(self) -> list[Event]:
        """The link is gone: everything open is `Dropped`, and so is every later request."""
        events: list[Event] = []
        if self._outstanding is not None:
            events.append(Dropped(self._outstanding, was_sent=True))
        events += [Dropped(place.request, was_sent=False) for place in self._waiting]
        self._outstanding = None
        self._closed = True
        for open_thing in (self._waiting, self._owed, self._out):
            open_thing.clear()
        return events

    def _send(self, request: Request, deadline: float) -> None:
        self._outstanding = request
        self._sent_deadline = deadline
        self._out.append(encode(Call(request.unique_id, request.action, request.payload_text)))

    def _require_unused(self, unique_id: str, outstanding: Request) -> None:
        in_use = [outstanding.unique_id, *(place.request.unique_id for place in self._waiting)]
        if unique_id in in_use:
            raise LocalUsageError(f"the message id {unique_id!r} is still in use")

    def _replaced_by(self, request: Request) -> _Waiting | None:
        key = request.coalesce_key
        if key is None:
            return None
        return next((place for place in self._waiting if place.request.coalesce_key == key), None)

    def _advance(self, now: float) -> list[Event]:
        """Never sends what is overdue: nobody waits for its answer any more."""
        overdue = [place for place in self._waiting if now >= place.deadline]
        if overdue:
            self._waiting = [place for place in self._waiting if now < place.deadline]
        if self._outstanding is None and self._waiting:
            place = self._waiting.pop(0)
            self._send(place.request, place.deadline)
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
        request = self._outstanding
        if request is None or request.unique_id != answer.unique_id:
            return [Rejected(f"nobody waits for the answer {answer.unique_id!r}")]  # R9
        self._outstanding = None
        events: list[Event] = [Answered(request, answer)]
        if self._waiting:
            events += self._advance(now)
        return events

    def _rejected(self, junk: Junk) -> Rejected:
        if junk.reply is not None and junk.reply.unique_id not in self._owed:
            self._out.append(encode(junk.reply))
        return Rejected(junk.reason)
