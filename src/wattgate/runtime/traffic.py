"""Records what goes over the links. A defect in here costs an entry of the view, never a frame."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final, Protocol, TypeGuard

import structlog

from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.gateway.traffic.traffic import Budget, Entry, Ring, Verdict, merged
from wattgate.core.gateway.traffic.traffic_line import UNRECORDED, Line, Origin, Source
from wattgate.core.ocpp.session import Answered, Asked, Event, Rejected
from wattgate.ports.clock import Clock

log = structlog.get_logger()


class Recorder(Protocol):
    """Who writes down the frames of one connection; no method ever raises."""

    def heard(self, text: str, events: list[Event]) -> None:
        """A text came; the first event says what it was."""
        ...

    def said(self, text: str) -> None:
        """A frame went out."""
        ...

    def asking(self, unique_id: str, source: Source) -> None:
        """A CALL of ours lines up."""
        ...

    def unanswered(self, unique_id: str, reason: str) -> None:
        """A CALL of ours ended without an answer."""
        ...

    def decided(self, unique_id: str, verdict: Verdict, payload_text: str | None = None) -> None:
        """What became of a CALL of theirs, where nothing that is sent shows it."""
        ...

    def because(self, unique_id: str, reason: str) -> None:
        """Why the gateway itself answers a CALL of theirs as it does in a moment."""
        ...

    def source(self, unique_id: str) -> Source:
        """What stands for a CALL of theirs when it is passed on."""
        ...


class NoRecorder:
    """Writes nothing down."""

    def heard(self, text: str, events: list[Event]) -> None:
        """Nothing."""

    def said(self, text: str) -> None:
        """Nothing."""

    def asking(self, unique_id: str, source: Source) -> None:
        """Nothing."""

    def unanswered(self, unique_id: str, reason: str) -> None:
        """Nothing."""

    def decided(self, unique_id: str, verdict: Verdict, payload_text: str | None = None) -> None:
        """Nothing."""

    def because(self, unique_id: str, reason: str) -> None:
        """Nothing."""

    def source(self, unique_id: str) -> Source:
        """Nothing."""
        return None


NOT_RECORDED: Final = NoRecorder()


@dataclass(slots=True)
class Budgets:
    """What is recorded of one link at most, of both directions."""

    theirs: Budget = field(default_factory=Budget)
    ours: Budget = field(default_factory=Budget)


class LineRecorder:
    """Writes down the frames of one connection, with the time."""

    def __init__(self, line: Line, clock: Clock, budgets: Budgets) -> None:
        self._line = line
        self._clock = clock
        self._budgets = budgets

    def heard(self, text: str, events: list[Event]) -> None:
        """A text came; the first event says what it was."""
        try:
            event = events[0] if events else None
            if self._is_recorded(event):
                self._line.heard(text, event, self._clock.wall())
            else:
                self._line.left_out()
        except Exception:
            log.exception("frame not recorded", link=self._line.link)

    def said(self, text: str) -> None:
        """A frame went out."""
        if self._line.is_idle:
            self._line.left_out()
            return
        try:
            self._line.said(text, self._clock.wall())
        except Exception:
            log.exception("frame not recorded", link=self._line.link)

    def asking(self, unique_id: str, source: Source) -> None:
        """A CALL of ours lines up."""
        if source is UNRECORDED:
            return
        if isinstance(source, Origin) or self._budgets.ours.take(self._clock.monotonic()):
            self._line.asking(unique_id, source)

    def unanswered(self, unique_id: str, reason: str) -> None:
        """A CALL of ours ended without an answer."""
        self._line.unanswered(unique_id, reason)

    def decided(self, unique_id: str, verdict: Verdict, payload_text: str | None = None) -> None:
        """What became of a CALL of theirs, where nothing that is sent shows it."""
        try:
            self._line.decided(unique_id, verdict, payload_text)
        except Exception:
            log.exception("frame not recorded", link=self._line.link)

    def because(self, unique_id: str, reason: str) -> None:
        """Why the gateway itself answers a CALL of theirs as it does in a moment."""
        self._line.because(unique_id, reason)

    def source(self, unique_id: str) -> Source:
        """What stands for a CALL of theirs when it is passed on."""
        return self._line.source(unique_id)

    def _is_recorded(self, event: Event | None) -> TypeGuard[Asked | Answered | Rejected]:
        """Answers with their CALLs; CALLs and what is of no use while there are not too many."""
        match event:
            case Answered(request):
                return self._line.asked_for(request.unique_id)
            case Asked() | Rejected():
                return self._budgets.theirs.take(self._clock.monotonic())
            case _:  # the link was closed already: nobody took it
                return False


@dataclass(slots=True)
class Traffic:
    """The last frames of every link of a site; `mask` says what is hidden at this moment."""

    clock: Clock
    mask: Callable[[], Mask]
    _rings: dict[str, Ring] = field(default_factory=dict)
    _budgets: dict[str, Budgets] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=partial(count, 1))

    def recorder(self, link: str) -> LineRecorder:
        """Who records one connection of a link."""
        ring = self._rings.setdefault(link, Ring())
        budgets = self._budgets.setdefault(link, Budgets())
        line = Line(link, ring, self._numbers, self.mask)
        return LineRecorder(line, self.clock, budgets)

    def entries(
        self, links: Iterable[str], *, after: int | None = None, limit: int
    ) -> tuple[Entry, ...]:
        """The frames of these links together, see `merged`."""
        rings = [self._rings[link] for link in links if link in self._rings]
        return merged(rings, after, limit)


def wallbox_link(station_id: str) -> str:
    """How the link of a wallbox is called in the view."""
    return f"wallbox {station_id}"


def backend_link(link_id: str) -> str:
    """How the link to a backend is called in the view."""
    return f"backend {link_id}"
