"""Drives one OCPP-J session over one link: text in, calls out, answers back, timers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.traffic.traffic_line import Source
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.session import (
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
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.clock import Clock
from wattgate.ports.identifiers import Identifiers
from wattgate.ports.links import Link
from wattgate.runtime.traffic import NOT_RECORDED, Recorder

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A call ended without an answer; `was_sent` tells whether the peer may have seen it."""

    reason: str
    was_sent: bool


Outcome = CallResult | CallError | NoAnswer
OnDone = Callable[[Outcome], None]


class PeerOwner(Protocol):
    """Whose peer it is."""

    def peer_opened(self, peer: "Peer") -> None:
        """The link is open."""
        ...

    def peer_called(self, peer: "Peer", call: Call) -> None:
        """The other end asks; answer with `peer.answer` or `peer.refuse`, now or later."""
        ...

    def peer_closed(self, peer: "Peer", code: int, reason: str) -> None:
        """The link is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What every driver needs from the outside."""

    clock: Clock
    identifiers: Identifiers


class Peer:
    """The other end of one link, as long as the link lives. Implements ports.links.Receiver.

    `overtakes` lets a reduction pass a CALL that the other end is slow to answer (R89): for
    wallboxes of OCPP 1.6 only, never towards a backend. `recorder` is told of every frame.
    `has_proved`: a wallbox that has shown with more than its id who it is; `shown`: fingerprint of
    the certificate with which it has come.
    """

    def __init__(
        self,
        name: str,
        owner: PeerOwner,
        tools: Tools,
        *,
        overtakes: bool = False,
        recorder: Recorder = NOT_RECORDED,
        has_proved: bool = False,
        shown: str = "",
    ) -> None:
        self.name = name
        self.has_proved = has_proved
        self.shown = shown
        self.recorder = recorder
        self._owner = owner
        self._tools = tools
        self._session = Session(overtakes=overtakes)
        self._link: Link | None = None
        self._pending: dict[str, OnDone] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self.last_heard_at = tools.clock.monotonic()
        self.last_sent_at = self.last_heard_at

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._link is not None

    @property
    def address(self) -> str:
        """Address of the other end; empty when closed."""
        return self._link.peer_address if self._link else ""

    @property
    def security(self) -> LinkSecurity:
        """What TLS proves of the other end; nothing when closed."""
        return self._link.security if self._link else LinkSecurity.PLAIN

    # The receiver's side

    def opened(self, link: Link) -> None:
        """Take the link into use."""
        self._link = link
        self._owner.peer_opened(self)

    def received(self, text: str) -> None:
        """Feed one message; whatever the peer sent, nothing is raised."""
        now = self._tools.clock.monotonic()
        self.last_heard_at = now
        events = self._session.receive(text, now)
        self.recorder.heard(text, events)
        self._carry_out(events)
        self._flush()

    def closed(self, code: int, reason: str) -> None:
        """Fail what is open, then tell the owner."""
        self._link = None
        self._fail_what_is_open()
        self._owner.peer_closed(self, code, reason)

    # The owner's side

    def ask(
        self,
        action: str,
        payload_text: str,
        on_done: OnDone,
        *,
        timeout_s: float = 30.0,
        priority: Priority = Priority.BACKEND,
        coalesce_key: str | None = None,
        waits_its_turn: bool = False,
        source: Source = None,
    ) -> None:
        """Send a CALL when its turn comes; `on_done` is called exactly once.

        The words are those of `Request`; `source` says for the traffic view what is passed on
        with it.
        """
        unique_id = self._tools.identifiers.message_id()
        request = Request(
            unique_id, action, payload_text, timeout_s, priority, coalesce_key, waits_its_turn
        )
        self._pending[unique_id] = on_done
        self.recorder.asking(unique_id, source)
        self._carry_out(self._session.ask(request, self._tools.clock.monotonic()))
        self._flush()

    async def call(
        self,
        action: str,
        payload_text: str,
        *,
        timeout_s: float = 30.0,
        priority: Priority = Priority.BACKEND,
        coalesce_key: str | None = None,
        waits_its_turn: bool = False,
        source: Source = None,
    ) -> Outcome:
        """Send a CALL and wait for how it ends."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(outcome: Outcome) -> None:
            if not done.done():
                done.set_result(outcome)

        self.ask(
            action,
            payload_text,
            settle,
            timeout_s=timeout_s,
            priority=priority,
            coalesce_key=coalesce_key,
            waits_its_turn=waits_its_turn,
            source=source,
        )
        return await done

    def answer(self, unique_id: str, payload_text: str) -> None:
        """Answer a CALL of the peer; on a closed link nothing happens."""
        if self._link is not None:
            self._session.answer(unique_id, payload_text)
            self._flush()

    def refuse(self, unique_id: str, code: str, description: str, details: str = "{}") -> None:
        """Answer a CALL of the peer with a CALLERROR; on a closed link nothing happens."""
        if self._link is not None:
            self._session.refuse(unique_id, code, description, details)
            self._flush()

    def close(self, code: int, reason: str) -> None:
        """Close the link; `closed` follows."""
        if self._link is not None:
            self._link.close(code, reason)

    def cut(self, code: int, reason: str) -> None:
        """Close the link, and let nothing more come of it: what is open fails now, not later.

        What the other end still sends is heard by nobody (R27). `closed` follows.
        """
        link, self._link = self._link, None
        if link is not None:
            link.close(code, reason)
            self._fail_what_is_open()

    # Inside

    def _fail_what_is_open(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._carry_out(self._session.close())

    def _carry_out(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Asked(call):
                    self._hand_over(call)
                case Answered(request, answer):
                    self._settle(request, answer)
                case TimedOut(request, was_sent):
                    self._settle(request, NoAnswer("no answer in time", was_sent))
                case Dropped(request, was_sent):
                    self._settle(request, NoAnswer("the link was lost", was_sent))
                case Superseded(request):
                    self._settle(request, NoAnswer("a newer one took its place", was_sent=False))
                case Rejected(reason):
                    log.warning("message not usable", link=self.name, reason=reason)

    def _hand_over(self, call: Call) -> None:
        """A bug in whoever handles the CALL costs its answer, never the link."""
        try:
            self._owner.peer_called(self, call)
        except Exception:
            log.exception("handler failed", link=self.name, action=call.action)
            with suppress(LocalUsageError):  # it may have been answered already
                self.refuse(call.unique_id, "InternalError", "internal error")

    def _settle(self, request: Request, outcome: Outcome) -> None:
        on_done = self._pending.pop(request.unique_id, None)
        if on_done is None:
            return
        if isinstance(outcome, NoAnswer):
            self.recorder.unanswered(request.unique_id, outcome.reason)
        try:
            on_done(outcome)
        except Exception:
            log.exception("answer not handled", link=self.name, action=request.action)

    def _flush(self) -> None:
        link = self._link
        if link is None:
            return
        texts = self._session.data_to_send()
        if texts:
            self.last_sent_at = self._tools.clock.monotonic()
            for text in texts:
                link.send(text)
                self.recorder.said(text)
        self._set_timer()

    def _set_timer(self) -> None:
        """Keep one timer: an earlier or equal one serves, since ticking early does no harm."""
        deadline = self._session.deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        delay_s = max(0.0, deadline - self._tools.clock.monotonic())
        self._timer_at = deadline
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self._session.tick(self._tools.clock.monotonic()))
        self._flush()
