"""Drives the software wallbox: dials its central system, keeps its timers, carries out effects."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, assert_never

from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.modbus.requests import ModbusReply, ModbusRequest
from wattgate.core.ocpp.frames import Call
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.link_words import BACKEND_SECURITY
from wattgate.core.wallbox.actions import Action
from wattgate.core.wallbox.effects import (
    Answer,
    Happened,
    Reboot,
    Reconnect,
    Refuse,
    SendCall,
)
from wattgate.core.wallbox.state import NoAnswer
from wattgate.ports.links import Dialer, DialFailed, DialTarget, Link
from wattgate.runtime import peer as peers
from wattgate.runtime.ends.machine import Machine, Outward, Wallbox
from wattgate.runtime.ends.wallbox_certificates import WallboxCertificates
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.supervisor import Supervisor

Report = Callable[[Happened], None]

RECONNECT: Final = Backoff(minimum_s=1.0, range_s=1.0, doublings=5)
"""How a wallbox comes back; shorter than a product would, since it is for trying things out."""

REKEY_PAUSE_S: Final = 1.0
"""s after which the wallbox connects anew with a new certificate: its answer was read by then."""

GOODBYE_S: Final = 1.0
"""How long the end waits for the other end's goodbye."""

_GOING_AWAY: Final = 1001


@dataclass(frozen=True, slots=True)
class Account:
    """Where the wallbox connects, and as whom.

    `url` is complete; `authorization` the header for the password it was set up with, None
    without one. A password that the central system sets later replaces it.
    """

    station_id: str
    url: str
    authorization: str | None = field(repr=False)


class WallboxLoop:
    """Runs one wallbox; `report` gets every event, with `frames` also every frame.

    Without an `account` there is no central system. Without `certificates` it has none to talk
    about, and says that it does not support that.
    """

    def __init__(
        self,
        wallbox: Wallbox,
        account: Account | None,
        dialer: Dialer,
        tools: Tools,
        report: Report,
        *,
        frames: bool = False,
        certificates: WallboxCertificates | None = None,
    ) -> None:
        self._certificates = certificates
        self._tasks = Supervisor()
        self._account = account
        self._dialer = dialer
        self._tools = tools
        self._report = report
        self._frames = frames
        self._peer: Peer | None = None
        self._link: Link | None = None
        self._gone = asyncio.Event()
        self._failures = 0
        self._machine = Machine(wallbox, tools.clock, self._perform)
        self._brain = self._machine.brain

    async def run(self) -> None:
        """Connect, and connect again, until cancelled; then close the link.

        Raises:
            NotKept: what has to outlive a restart cannot be stored any more.
        """
        self._machine.tick()
        failed = self._tasks.start(self._machine.failed(), name="wallbox")
        ends: list[asyncio.Task[Any]] = [failed]
        if self._account is not None:
            link = self._keep_connected(self._account)
            ends.append(self._tasks.start(link, name=f"link of {self._account.station_id}"))
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if failed in done:
                raise failed.result()
            done.pop().result()
        finally:
            self._machine.stop()
            await self._say_goodbye()
            await self._tasks.stop()

    def handle(self, action: Action) -> None:
        """Let somebody do something at the wallbox."""
        self._machine.act(partial(self._brain.handle, action))

    def request(self, request: ModbusRequest) -> ModbusReply:
        """Answer a Modbus master (a `core.modbus.requests.ModbusHandler`)."""
        return self._machine.request(request)

    def look(self) -> None:
        """See what somebody has done to the hardware."""
        self._machine.tick()

    def send_raw(self, text: str) -> None:
        """Send a text as it is, past everything that keeps the protocol."""
        if self._link is None:
            self._report(Happened("problem", {"what": "not connected: nothing is sent"}))
        else:
            self._link.send(text)

    # What the line hears

    def line_opened(self, link: Link) -> None:
        """The link carries the wallbox's messages from now on; one with TLS says what it proves."""
        self._link = link
        if link.security is not LinkSecurity.PLAIN:
            words = BACKEND_SECURITY[link.security]
            self._report(Happened("secured", {"security": link.security.value, "what": words}))

    def line_heard(self) -> None:
        """Who was heard counts as reached (R29)."""
        self._failures = 0

    def line_lost(self, code: int, reason: str) -> None:
        """Tell the charge point first: it must not ask what nobody would answer."""
        self._link = self._peer = None
        words = f"{code} {reason}".strip()
        self._machine.act(lambda moment: self._brain.disconnected(moment, words))
        self._gone.set()

    def report_frame(self, kind: str, text: str) -> None:
        """Report a frame, where that is wanted."""
        if self._frames:
            self._report(Happened(kind, {"text": text}))

    # The peer's owner

    def peer_opened(self, peer: Peer) -> None:
        """The central system can be asked."""
        self._peer = peer
        self._machine.act(self._brain.connected)

    def peer_called(self, peer: Peer, call: Call) -> None:
        """The central system asks; on a link that was hung up nobody listens."""
        if peer is not self._peer:
            return
        if self._certificates is not None and self._certificates.concerns(call):
            work = self._about_certificates(self._certificates, peer, call)
            self._tasks.spawn(work, name=f"wallbox {call.action}")
        else:
            self._machine.act(partial(self._brain.called, call))

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """The charge point has been told by `line_lost`."""

    # Inside

    async def _about_certificates(
        self, certificates: WallboxCertificates, peer: Peer, call: Call
    ) -> None:
        if await certificates.answer(peer, call):
            await asyncio.sleep(REKEY_PAUSE_S)
            if peer is self._peer:
                self._hang_up("the wallbox has a new certificate")

    async def _keep_connected(self, account: Account) -> None:
        while True:
            await self._stay_connected(account)
            await asyncio.sleep(self._pause_s())

    async def _stay_connected(self, account: Account) -> None:
        """One connection, from dialling to its end."""
        self._gone.clear()
        peer = Peer(account.station_id, self, self._tools)
        try:
            await self._dialer.dial(self._target(account), _Line(peer, self))
        except DialFailed as failed:
            facts = {"step": failed.step.value, "reason": failed.reason}
            self._report(Happened("not-connected", facts))
            if self._certificates is not None:
                await self._certificates.not_connected(failed)
        else:
            if self._certificates is not None:
                await self._certificates.connected()
            await self._gone.wait()
        self._failures += 1

    async def _say_goodbye(self) -> None:
        """Hang up, and give the closing handshake a moment."""
        if self._peer is not None:
            self._hang_up("the wallbox is switched off")
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._gone.wait()

    def _pause_s(self) -> float:
        return RECONNECT.wait_s(self._failures, self._tools.identifiers.fraction())

    def _target(self, account: Account) -> DialTarget:
        password = self._brain.password
        if password is None:
            return DialTarget(account.url, account.authorization)
        credentials = b64encode(account.station_id.encode() + b":" + password).decode()
        return DialTarget(account.url, f"Basic {credentials}")

    def _perform(self, effect: Outward) -> None:
        match effect:
            case Happened():
                self._report(effect)
            case SendCall(number, action, payload_text):
                self._ask(number, action, payload_text)
            case Answer(unique_id, payload_text):
                if self._peer is not None:
                    self._peer.answer(unique_id, payload_text)
            case Refuse(unique_id, code, description):
                if self._peer is not None:
                    self._peer.refuse(unique_id, code, description)
            case Reboot():
                self._hang_up("the wallbox starts anew")
            case Reconnect():
                self._hang_up("the wallbox comes back with its new key")
            case _:
                assert_never(effect)

    def _hang_up(self, reason: str) -> None:
        """Close the link; what still arrives on it finds nobody."""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.close(_GOING_AWAY, reason)

    def _ask(self, number: int, action: str, payload_text: str) -> None:
        if self._peer is not None:
            self._peer.ask(action, payload_text, partial(self._ended, number))

    def _ended(self, number: int, outcome: peers.Outcome) -> None:
        answer = None if isinstance(outcome, peers.NoAnswer) else outcome
        ended = answer or NoAnswer(link_lost=self._peer is None)
        self._machine.act(lambda moment: self._brain.answered(number, ended, moment))


class _Line:
    """The receiver of one link: reports frames, and tells the loop of a loss before the peer."""

    def __init__(self, peer: Peer, loop: WallboxLoop) -> None:
        self._peer = peer
        self._loop = loop

    def opened(self, link: Link) -> None:
        reported = _ReportedLink(link, self._loop)
        self._loop.line_opened(reported)
        self._peer.opened(reported)

    def received(self, text: str) -> None:
        self._loop.line_heard()
        self._loop.report_frame("received", text)
        self._peer.received(text)

    def closed(self, code: int, reason: str) -> None:
        self._loop.line_lost(code, reason)
        self._peer.closed(code, reason)


class _ReportedLink:
    """A link that reports what it sends."""

    def __init__(self, link: Link, loop: WallboxLoop) -> None:
        self._link = link
        self._loop = loop

    @property
    def peer_address(self) -> str:
        return self._link.peer_address

    @property
    def security(self) -> LinkSecurity:
        return self._link.security

    def send(self, text: str) -> None:
        self._loop.report_frame("sent", text)
        self._link.send(text)

    def close(self, code: int, reason: str) -> None:
        self._link.close(code, reason)
