"""Follows the frames of one connection: which answer belongs to which CALL, who passed on what.

Nothing here decides about a message. It is told what came and went, compares, and writes down.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, assert_never

from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.gateway.traffic.rewriting import differences
from wattgate.core.gateway.traffic.traffic import (
    OPEN,
    Direction,
    Entry,
    Handling,
    Kind,
    Ring,
    Verdict,
    by_the_table,
)
from wattgate.core.gateway.traffic.traffic_text import (
    Shown,
    shown_again,
    shown_answer,
    shown_call,
    shown_junk,
)
from wattgate.core.ocpp.frames import Call, CallError, CallResult, Frame, Junk, decode
from wattgate.core.ocpp.session import Answered, Asked, Rejected

Answer = CallResult | CallError

LATE_REMEMBERED: Final = 16
"""CALLs of ours that were given up, and whose late answers can still be named."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A CALL that came on some connection, and is passed on as one of ours."""

    line: "Line"
    unique_id: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A payload that came earlier, and is passed on now; `reason` says from where."""

    payload_text: str
    reason: str


class Unrecorded(Enum):
    """A CALL that came, but was not recorded, and is passed on."""

    IT = "it"


UNRECORDED: Final = Unrecorded.IT

Source = Origin | Copy | Unrecorded | None
"""Where a CALL that we send comes from; None: it is our own."""


@dataclass(slots=True)
class _Open:
    """A CALL without its answer.

    `back` is the answer from where it was passed on to, `lost` why there is none, `because` what
    the gateway says about its own answer.
    """

    entry: Entry
    call: Call
    shown: Shown
    source: Source = None
    back: "_Back | None" = None
    lost: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class _Back:
    entry: Entry
    answer: Answer
    shown: Shown


@dataclass(slots=True)
class Line:
    """One connection of one link; `ring` is that of the link, `numbers` that of all links.

    What belongs to a CALL that was not recorded is not recorded either, but counted.
    """

    link: str
    ring: Ring
    numbers: Iterator[int]
    mask: Callable[[], Mask]
    _theirs: dict[str, _Open] = field(default_factory=dict)
    _ours: dict[str, _Open] = field(default_factory=dict)
    _late: dict[str, _Open] = field(default_factory=dict)
    _sources: dict[str, Source] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)

    # What came and went

    def heard(self, text: str, event: Asked | Answered | Rejected, at: datetime) -> None:
        """A text came, and this is what it turned out to be; an answer must be asked for."""
        match event:
            case Asked(call):
                shown = shown_call(call, text, self.mask())
                entry = self._enter(Direction.IN, call, shown, at)
                self._theirs[call.unique_id] = _Open(entry, call, shown)
            case Answered(request, answer):
                self._heard_answer(self._ours.pop(request.unique_id), answer, text, at)
            case Rejected(reason):
                self._heard_useless(text, at).verdict = Verdict(Handling.REJECTED, reason)
            case _:
                assert_never(event)

    def said(self, text: str, at: datetime) -> None:
        """One of our frames went out."""
        frame = decode(text)
        match frame:
            case Call():
                self._said_call(frame, text, at)
            case CallResult() | CallError():
                self._said_answer(frame, text, at)
            case Junk():
                self.left_out()  # nothing of ours is
            case _:
                assert_never(frame)

    @property
    def is_idle(self) -> bool:
        """Whether nothing that could go out now is to be recorded."""
        return not (self._theirs or self._sources or self._refused)

    def left_out(self) -> None:
        """A frame came or went that is not recorded."""
        self.ring.left_out += 1

    # What is told about them

    def asking(self, unique_id: str, source: Source) -> None:
        """A CALL of ours lines up, and is to be recorded."""
        self._sources[unique_id] = source

    def unanswered(self, unique_id: str, reason: str) -> None:
        """A CALL of ours ended without an answer, whether it went out or not."""
        source = self._sources.pop(unique_id, None)
        opened = self._ours.pop(unique_id, None)
        if opened is not None:
            source = opened.source
            opened.entry.verdict = _with(opened.entry.verdict, reason)
            self._late[unique_id] = opened
            if len(self._late) > LATE_REMEMBERED:
                del self._late[next(iter(self._late))]
        waiting = _waiting_at(source)
        if waiting is not None:
            waiting.lost = reason

    def decided(self, unique_id: str, verdict: Verdict, payload_text: str | None = None) -> None:
        """What became of a CALL of theirs, where nothing that is sent shows it.

        `payload_text` is the payload that goes on in its place.
        """
        opened = self._theirs.get(unique_id)
        if opened is None:
            return
        if payload_text is not None and payload_text != opened.call.payload_text:
            verdict = _with(verdict, differences(opened.call.payload_text, payload_text))
        opened.entry.verdict = verdict

    def because(self, unique_id: str, reason: str) -> None:
        """Why the gateway itself answers a CALL of theirs as it does in a moment."""
        if unique_id in self._theirs:
            self._theirs[unique_id].because = reason

    def source(self, unique_id: str) -> Source:
        """What stands for a CALL of theirs where it is passed on."""
        return Origin(self, unique_id) if unique_id in self._theirs else UNRECORDED

    def asked_for(self, unique_id: str) -> bool:
        """Whether an answer of this id is to be recorded."""
        return unique_id in self._ours

    def waiting(self, unique_id: str) -> "_Open | None":
        """A CALL of theirs that has no answer yet."""
        return self._theirs.get(unique_id)

    # Inside

    def _heard_answer(self, opened: _Open, answer: Answer, text: str, at: datetime) -> None:
        shown = shown_answer(answer, text, self.mask(), opened.shown)
        entry = self._enter(Direction.IN, answer, shown, at, opened)
        entry.verdict = _TAKEN[type(opened.source)]
        waiting = _waiting_at(opened.source)
        if waiting is not None:
            waiting.back = _Back(entry, answer, shown)

    def _heard_useless(self, text: str, at: datetime) -> Entry:
        frame = decode(text)
        match frame:
            case Call():
                self._refused.add(frame.unique_id)
                shown = shown_call(frame, text, self.mask())
                return self._enter(Direction.IN, frame, shown, at)
            case CallResult() | CallError():
                late = self._late.pop(frame.unique_id, None)
                shown = shown_answer(frame, text, self.mask(), late.shown if late else None)
                return self._enter(Direction.IN, frame, shown, at, late)
            case Junk(_, reply):
                if reply is not None:
                    self._refused.add(reply.unique_id)
                return self._enter(Direction.IN, None, shown_junk(text), at)
            case _:
                assert_never(frame)

    def _said_call(self, call: Call, text: str, at: datetime) -> None:
        if call.unique_id not in self._sources:
            self.left_out()
            return
        source = self._sources.pop(call.unique_id)
        waiting = _waiting_at(source)
        known = waiting is not None and waiting.call.payload_text == call.payload_text
        shown = (
            shown_again(waiting.shown, call, text)
            if waiting is not None and known
            else shown_call(call, text, self.mask())
        )
        entry = self._enter(Direction.OUT, call, shown, at)
        entry.verdict = _passed_on(call, source, waiting)
        if waiting is not None and waiting.entry.verdict is OPEN:
            waiting.entry.verdict = entry.verdict
        self._ours[call.unique_id] = _Open(entry, call, shown, source)

    def _said_answer(self, answer: Answer, text: str, at: datetime) -> None:
        opened = self._theirs.pop(answer.unique_id, None)
        if opened is None and answer.unique_id not in self._refused:
            self.left_out()
            return
        self._refused.discard(answer.unique_id)
        back = opened.back if opened is not None else None
        verdict = _passed_back(back.answer, answer) if back is not None else None
        if back is not None and isinstance(answer, CallResult) and _is_the_same(verdict):
            shown = shown_again(back.shown, answer, text)
        else:
            shown = shown_answer(answer, text, self.mask(), opened.shown if opened else None)
        entry = self._enter(Direction.OUT, answer, shown, at, opened)
        entry.verdict = verdict or _own_answer(answer, opened)
        if back is not None and verdict is not None:
            back.entry.verdict = verdict
        if opened is not None and opened.entry.verdict is OPEN:
            opened.entry.verdict = entry.verdict

    def _enter(
        self,
        direction: Direction,
        frame: Frame | None,
        shown: Shown,
        at: datetime,
        opened: _Open | None = None,
    ) -> Entry:
        call = frame if isinstance(frame, Call) else opened.call if opened is not None else None
        entry = Entry(
            next(self.numbers),
            at,
            self.link,
            direction,
            _KINDS[type(frame)],
            frame.unique_id if frame is not None else "",
            call.action if call is not None else "",
            shown.text,
            shown.chars,
            opened.entry.number if opened is not None else None,
        )
        self.ring.add(entry)
        return entry


_KINDS: Final[dict[type, Kind]] = {
    Call: Kind.CALL,
    CallResult: Kind.RESULT,
    CallError: Kind.ERROR,
    type(None): Kind.JUNK,
}

_FORWARDED: Final = Verdict(Handling.FORWARDED)

_TAKEN: Final[dict[type, Verdict]] = {
    type(None): Verdict(Handling.ABSORBED, "the manager had asked"),
    Unrecorded: Verdict(Handling.ABSORBED, "the manager had asked"),
    Copy: Verdict(Handling.ABSORBED, "ends what was passed on"),
    Origin: Verdict(Handling.ABSORBED, "not passed back"),
}
"""What becomes of an answer, by where its CALL came from; passing it back overrules the last."""


def _waiting_at(source: Source) -> _Open | None:
    return source.line.waiting(source.unique_id) if isinstance(source, Origin) else None


def _with(verdict: Verdict, reason: str) -> Verdict:
    return Verdict(verdict.handling, "; ".join(filter(None, (verdict.reason, reason))))


def _passed_on(call: Call, source: Source, waiting: _Open | None) -> Verdict:
    match source:
        case None | Unrecorded():
            return Verdict(Handling.OWN)
        case Copy(payload_text, reason):
            return _with_first(reason, _compared(payload_text, call.payload_text))
        case Origin():
            if waiting is None:
                return Verdict(Handling.FORWARDED, "who asked has an answer already")
            return _compared(waiting.call.payload_text, call.payload_text)
        case _:
            assert_never(source)


def _with_first(reason: str, verdict: Verdict) -> Verdict:
    return Verdict(verdict.handling, "; ".join(filter(None, (reason, verdict.reason))))


def _compared(before_text: str, after_text: str) -> Verdict:
    if before_text == after_text:
        return _FORWARDED
    return Verdict(Handling.REWRITTEN, differences(before_text, after_text))


def _passed_back(came: Answer, went: Answer) -> Verdict | None:
    """How an answer was passed back; None where another was given in its place."""
    match came, went:
        case CallResult(), CallResult():
            return _compared(came.payload_text, went.payload_text)
        case CallError(), CallError() if came.code == went.code:
            return _FORWARDED
        case _:
            return None


def _is_the_same(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.handling is Handling.FORWARDED


def _own_answer(answer: Answer, opened: _Open | None) -> Verdict:
    """What the gateway answers by itself; why, as far as somebody has said."""
    if isinstance(answer, CallError):
        return Verdict(Handling.REJECTED, answer.description[:200])
    action = opened.call.action if opened is not None else ""
    reasons = [opened.because, opened.lost] if opened is not None else []
    words = "; ".join(filter(None, reasons))
    return Verdict(Handling.ANSWERED, words or by_the_table(action))
