"""The manager's login at a backend, as the charge point of one EVSE or of several that share it.

It is kept up for as long as any of them needs it. Registration towards the backend is a state of
its own, apart from the wallboxes' (R42).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog

from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.gateway.link.link_status import Fault, LinkPhase, LinkStatus, LinkStep
from wattgate.core.gateway.link.registration import NotYet, Registered
from wattgate.core.gateway.traffic.traffic_line import Copy, Source
from wattgate.core.ocpp.frames import Call
from wattgate.ports.links import Dialer, DialFailed, DialTarget
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.gateway.link.announcement import Announcement
from wattgate.runtime.gateway.link.backend_clock import BackendClock
from wattgate.runtime.gateway.link.boot_outcomes import is_rejection, verdict
from wattgate.runtime.gateway.link.heartbeats import Heartbeats
from wattgate.runtime.gateway.link.link_state import LinkState
from wattgate.runtime.gateway.link.members import Members
from wattgate.runtime.gateway.link.status_reports import StatusReports
from wattgate.runtime.peer import NoAnswer, OnDone, Outcome, Peer, Tools
from wattgate.runtime.supervisor import Supervisor
from wattgate.runtime.traffic import Traffic
from wattgate.runtime.traffic import backend_link as link_name

log = structlog.get_logger()


class BackendCommands(Protocol):
    """Who carries out what a backend asks."""

    def backend_called(self, link: "BackendLink", ask: Ask) -> None:
        """Answer `ask`, now or later."""
        ...


@dataclass(frozen=True, slots=True)
class LinkIdentity:
    """Where a link goes, and as whom: `client_id`; `link_id` names it in the store for ever.

    `boot_on_reconnect` false: a backend that has accepted us gets no boot notification again only
    because the connection was lost (R45).
    """

    link_id: str
    client_id: str
    target: DialTarget
    boot_on_reconnect: bool = True


ABSENCE_S: Final = 60.0
"""s a wallbox may be gone before its login at the backend ends too (R50)."""

STABLE_S: Final = 60.0
"""s of a connection after which failures before it no longer count (R29)."""

_AWAY: Final = "the wallbox is away"


class BackendLink:
    """One login. `run` is its life; the rest is what others ask of it."""

    def __init__(
        self,
        identity: LinkIdentity,
        commands: BackendCommands,
        dialer: Dialer,
        pump: OutboxPump,
        tools: Tools,
        backoff: Backoff,
        traffic: Traffic,
    ) -> None:
        self.identity = identity
        self.pump = pump
        self.announcement = Announcement()
        self._commands = commands
        self._dialer = dialer
        self._tools = tools
        self._backoff = backoff
        self._traffic = traffic
        self._peer: Peer | None = None
        self._members = Members()
        self._reports = StatusReports()
        self._needed = asyncio.Event()
        self._boot_again = asyncio.Event()
        self._ended = asyncio.Event()
        self._absence: asyncio.TimerHandle | None = None
        self._is_trusted = False
        self._is_rejected = False
        self._at_once = False
        self._is_dialling = self._is_booting = False
        self._resumed = asyncio.Event()
        self.clock = BackendClock(identity.link_id, tools.clock)
        self.heartbeats = Heartbeats(tools.clock, self.clock)
        self.accepted_as: Callable[[], str] = _accepted
        """What to say while the backend accepts us."""
        self.on_accepted: Callable[[], None] = _nothing
        """Called after a login, when the states are told and before the queue is delivered."""
        self._state = LinkState(identity.link_id, "no boot data yet", tools.clock)

    @property
    def status(self) -> LinkStatus:
        """Where the login stands, and what last went wrong."""
        return self._state.status

    @property
    def peer_address(self) -> str:
        """Where the backend is, `192.0.2.7:443`; empty while there is no connection."""
        return self._peer.address if self._peer is not None else ""

    @property
    def is_online(self) -> bool:
        """Whether the backend has accepted us and can be asked."""
        return self.status.phase is LinkPhase.ONLINE and self._peer is not None

    # What the wallbox's side tells

    def wallbox_booted(self, boot_text: str, number: int = BACKEND_CONNECTOR) -> None:
        """Take over boot data; a connected backend hears of them at once (R45).

        Here and below `number` is the connector at the backend of the EVSE that it is about. Of
        wallboxes that share the login one boots for all of them; of another's boot the backend
        hears what follows from it, its states.
        """
        self._members.booted(number, boot_text)
        self._reports.outdated(number)
        if self._members.speaks(number):
            self._reports.outdated(0)
            self.announcement.wallbox_booted()
            self._boot_again.set()
        self.wallbox_came(number)

    def wallbox_came(self, number: int = BACKEND_CONNECTOR) -> None:
        """A wallbox is connected: the login is needed as soon as boot data exist."""
        self._members.came(number)
        self._log_in_for_the_wallboxes()

    def remember_boot(self, boot_text: str, number: int = BACKEND_CONNECTOR) -> None:
        """Boot data known from before; used when the wallbox reconnects without booting (R44).

        Messages left in the queue are reason enough to log in before the wallbox is back.
        """
        self._members.booted(number, boot_text)
        self._log_in_for_the_queue()

    def deliver(self) -> None:
        """Messages were queued out of turn: log in for them, also while the wallbox is away."""
        if self._members.boot_text is not None and not self._needed.is_set():
            self._log_in_for_the_queue()

    def wallbox_left(self, number: int = BACKEND_CONNECTOR) -> None:
        """A wallbox is gone; a minute after the last the login ends, unless messages wait (R50)."""
        self._members.left(number)
        self._begin_absence()

    def retires(self, number: int) -> None:
        """The site has an EVSE here no longer: nothing is said of it but what it owes."""
        self._members.retires(number)
        self._reports.forget(number)
        if self._members.are_retiring:
            self._reports.forget(0)

    def returns(self, number: int) -> None:
        """The site has an EVSE here again that was retiring."""
        self._members.returns(number)
        self._members.give_way = False
        self._log_in_for_the_wallboxes()

    def give_way(self) -> None:
        """Another login is the same charge point there now: this one is only to deliver.

        A backend closes the older of two connections, and both would come again and again (R27).
        """
        self._members.give_way = True
        if self._absence is None:
            self._end_if_idle()

    def leaves(self, number: int) -> None:
        """An EVSE that was retiring is done; the login is the others'."""
        self._members.leaves(number)
        self._begin_absence()

    def _log_in_for_the_wallboxes(self) -> None:
        if not self._members.anyone_here:
            return
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None
        if self._members.boot_text is not None:
            self._needed.set()

    def _log_in_for_the_queue(self) -> None:
        if self.pump.depth:
            self._needed.set()
            self._begin_absence()

    def _begin_absence(self) -> None:
        if self._absence is None and not self._members.anyone_here:
            loop = asyncio.get_running_loop()
            self._absence = loop.call_later(ABSENCE_S, self._end_if_idle)

    def _end_if_idle(self) -> None:
        self._absence = None
        if self.pump.depth:
            self._begin_absence()
            return
        self._needed.clear()
        if self._peer is not None:
            self._peer.close(1000, _AWAY)

    def reported(self, number: int, payload_text: str) -> None:
        """Pass a StatusNotification on, and keep it for the next login; not before a boot (R49)."""
        self._reports.note(number, payload_text)
        if self.is_online and not (self._is_booting or self._boot_again.is_set()):
            self.report_now(number)

    def whole_reported(self, payload_text: str, number: int = BACKEND_CONNECTOR) -> None:
        """As `reported`, of connector 0: the backend hears of one wallbox what all are (R102)."""
        if self._members.speaks(number):
            self.reported(0, payload_text)

    # What others send through it

    def ask(
        self,
        action: str,
        payload_text: str,
        on_done: OnDone,
        *,
        timeout_s: float = 60.0,
        source: Source = None,
    ) -> None:
        """Ask the backend; `on_done` is called exactly once, at once when it is away."""
        if self._peer is None or not self.is_online:
            on_done(NoAnswer("the backend is away", was_sent=False))
            return

        def heard(outcome: Outcome) -> None:
            self.pump.answers_late = isinstance(outcome, NoAnswer)
            on_done(outcome)

        self._peer.ask(action, payload_text, heard, timeout_s=timeout_s, source=source)

    def announce(self, payload_text: str) -> None:
        """Tell the backend the keys of the meters, now or with its next login (R114)."""
        self.announcement.payload_text = payload_text
        self.announcement.missed()
        if self.is_online:
            self._announce()

    # Out of turn, because the backend asks for it (TriggerMessage)

    def heartbeat_now(self) -> None:
        """Send a heartbeat."""
        if self._peer is not None:
            self.heartbeats.now(self._peer)

    def boot_now(self) -> None:
        """Send the boot notification without waiting for its time."""
        self._boot_again.set()

    def report_now(self, connector: object) -> None:
        """Send the last report of a connector, or of all where none is named."""
        if self._peer is not None:
            self._reports.send(self._peer, connector)

    def log_in_again(self, reason: str) -> None:
        """End the login and begin anew, without a pause."""
        if self._peer is not None:
            self._at_once = True
            self._peer.close(1000, reason)
            self._state.enter(LinkPhase.CONNECTING, reason)  # whoever needs it waits for the next

    def start_anew(self, reason: str) -> None:
        """As `log_in_again`, as a charge point that was reset: with a boot notification (R103)."""
        self.heartbeats.interval_s = None
        self.log_in_again(reason)

    def renew(self, reason: str) -> None:
        """As `log_in_again`; a login that is under way, or waits for its time, is begun anew, too.

        For what changes how a login is made.
        """
        self._at_once |= self._is_dialling
        self._resumed.set()
        self.log_in_again(reason)

    def end(self, reason: str) -> None:
        """Close what is open, for good; `run` is to be cancelled."""
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None
        if self._peer is not None:
            self._peer.close(1000, reason)

    # Its life

    async def run(self) -> None:
        """Log in whenever needed, for ever."""
        failures = 0
        while True:
            await self._needed.wait()
            host = urlsplit(self.identity.target.url).hostname  # the rest of a URL may be a key
            self._state.enter(LinkPhase.CONNECTING, f"connecting to {host}")
            fault = await self._one_login()
            if not self._needed.is_set():
                self._state.enter(LinkPhase.IDLE, _AWAY)
                failures = 0
                continue
            if self._at_once:
                self._at_once = False
                continue
            failures = 1 if self._is_trusted else failures + 1
            wait_s = self._backoff.wait_s(failures, self._tools.identifiers.fraction())
            self._state.enter(LinkPhase.WAITING, f"{_said(fault)}; next attempt in {wait_s:.0f} s")
            self._state.failed(fault, wait_s)
            await self._pause(wait_s)
            if not self._needed.is_set():
                self._state.enter(LinkPhase.IDLE, _AWAY)

    async def _pause(self, wait_s: float) -> None:
        self._resumed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._resumed.wait()

    async def _one_login(self) -> Fault:
        """Connect, register, serve until the link ends; says why it ended."""
        self._is_trusted = self._is_rejected = False
        name = link_name(self.identity.link_id)
        peer = Peer(name, self, self._tools, recorder=self._traffic.recorder(name))
        self._ended.clear()
        self._end_reason = ""
        self._is_dialling = True
        try:
            dialled = await self._dialer.dial(self.identity.target, peer)
        except DialFailed as exc:
            return Fault(LinkStep(exc.step), exc.reason, exc.http_status)
        finally:
            self._is_dialling = False
        self._state.connected(dialled.security)
        began = self._tools.clock.monotonic()
        if not self._needed.is_set():  # the wallbox left while we dialled
            peer.close(1000, _AWAY)
        elif self._at_once:
            peer.close(1000, "what the login goes by has changed meanwhile")
        async with Supervisor() as tasks:
            serving = tasks.start(self._serve(peer), name=f"backend {self.identity.link_id}")
            # Should it ever fail: better a new login than one that delivers nothing.
            serving.add_done_callback(lambda _: peer.close(1011, "internal error"))
            try:
                await self._ended.wait()
            finally:
                peer.close(1001, "Wattgate stops")
        self._is_trusted |= self._tools.clock.monotonic() - began >= STABLE_S
        return Fault(LinkStep.CONNECTION, self._end_reason)

    async def _serve(self, peer: Peer) -> None:
        """Register, then keep the backend supplied; again after each boot of the wallbox."""
        while True:
            self._is_booting = True
            self.heartbeats.interval_s = self._kept_registration() or await self._register(peer)
            self._is_booting = False
            if self.pump.is_attached:  # a boot in between, of one of those that are here
                self._reports.send_present(peer)
            else:
                await self._reports.send_all(peer)
                self._announce()
                if peer.is_open:
                    self.on_accepted()
                    self.pump.attach(peer)
            async with Supervisor() as tasks:
                tasks.spawn(self.heartbeats.beat(peer), name=f"heartbeat {self.identity.link_id}")
                await self._boot_again.wait()

    def _kept_registration(self) -> float | None:
        """The heartbeat interval, s, where the backend's last acceptance still counts (R45)."""
        if self.identity.boot_on_reconnect or self._boot_again.is_set():
            return None
        if self.heartbeats.interval_s is not None:
            self._state.enter(LinkPhase.ONLINE, "connected again; accepted by the backend before")
        return self.heartbeats.interval_s

    def _announce(self) -> None:
        """A wallbox tells the keys of its meters after its own boot only (R114)."""
        payload_text = self.announcement.taken_up()
        if payload_text is not None:
            source = Copy(payload_text, "as the wallbox announced it")
            self.ask("DataTransfer", payload_text, _ignore, source=source)

    async def _register(self, peer: Peer) -> float:
        """Send BootNotification until the backend accepts it; the heartbeat interval, s."""
        self.heartbeats.interval_s = None
        while True:
            self._boot_again.clear()
            if not self.is_online:
                self._state.enter(LinkPhase.REGISTERING, "boot notification sent")
            outcome = await peer.call(
                "BootNotification", self._members.boot_text or "{}", timeout_s=60.0
            )
            self.clock.heard(outcome)
            self._is_rejected = is_rejection(outcome)
            match verdict(outcome):
                case Registered(heartbeat_s):
                    self._is_trusted = True
                    self.pump.answers_late = False
                    self._state.enter(LinkPhase.ONLINE, self.accepted_as())
                    return heartbeat_s
                case NotYet(retry_s, pending, reason):
                    self.pump.detach()  # nothing queued goes to a backend that takes nobody (R43)
                    phase = LinkPhase.PENDING if pending else LinkPhase.REGISTERING
                    self._state.enter(phase, reason)
                    self._state.failed(Fault(LinkStep.REGISTRATION, reason), retry_s)
                    await self._boot_change(retry_s)

    async def _boot_change(self, at_most_s: float) -> None:
        try:
            async with asyncio.timeout(at_most_s):
                await self._boot_again.wait()
        except TimeoutError:
            return

    async def online_within(self, at_most_s: float) -> bool:
        """Wait for a login that is under way; False at once where none is."""
        await self._state.settle(at_most_s)
        return self.is_online

    # PeerOwner

    def peer_opened(self, peer: Peer) -> None:
        """Take the new connection into use."""
        self._peer = peer

    def peer_called(self, peer: Peer, call: Call) -> None:
        """Hand a command of the backend on; its answer belongs to this very connection.

        A backend that has rejected us gets no answer at all (OCPP 1.6 §4.2, R41).
        """
        ask = Ask(peer, call)
        if self._is_rejected:
            ask.absorbed("the backend has rejected us, and gets no answer")
        else:
            self._commands.backend_called(self, ask)

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """End the login; `run` decides what follows."""
        if peer is not self._peer:
            return
        self._peer = None
        self.pump.detach()
        self.announcement.missed()
        self._end_reason = f"connection closed ({code} {reason})".replace(" )", ")")
        self._ended.set()


def _said(fault: Fault) -> str:
    """A lost connection tells its step by itself."""
    if fault.step is LinkStep.CONNECTION:
        return fault.sentence
    return f"{fault.step}: {fault.sentence}"


def _accepted() -> str:
    return "accepted by the backend"


def _nothing() -> None:
    """Nobody waits for it."""


def _ignore(outcome: Outcome) -> None:
    """An answer that says nothing."""
