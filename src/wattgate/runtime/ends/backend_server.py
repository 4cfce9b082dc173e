"""Connects the test backend's mind with sockets, a state file and command lines."""

from collections.abc import Callable
from typing import Final, assert_never

from wattgate.core.backend.central_system import CentralSystem, Refusal, Reply
from wattgate.core.backend.commands import HELP, Misunderstood, read_command
from wattgate.core.backend.events import Answered, AnsweredError, Event, Requested, Unanswered
from wattgate.core.backend.memory import Memory
from wattgate.core.backend.notices import (
    AllListed,
    CommandRefused,
    Connected,
    ConnectionRefused,
    Disconnected,
    FrameReceived,
    FrameSent,
    Helped,
    MemoryNotKept,
)
from wattgate.core.backend.orders import (
    AskStation,
    Command,
    DropStation,
    ForgetTag,
    Help,
    InstallRoot,
    ListStations,
    ListTag,
    Quit,
    SetRegistration,
)
from wattgate.core.backend.requests import install_root
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.handshake import (
    Admission,
    Admitted,
    Directory,
    EmptyUpgrade,
    HandshakeRequest,
    Refused,
    admit,
)
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Link, Receiver
from wattgate.runtime.ends.backend_signing import BackendSigning
from wattgate.runtime.peer import NoAnswer, Outcome, Peer, Tools
from wattgate.runtime.supervisor import Supervisor

Report = Callable[[Event], None]
Save = Callable[[Memory], None]

_OVER: Final = {
    LinkSecurity.PLAIN: "plain",
    LinkSecurity.UNVERIFIED: "TLS",
    LinkSecurity.VERIFIED: "TLS with a client certificate",
}

REPLACED = 1008
"""Close code for a connection that a newer one of the same id replaces (R27)."""


class BackendServer:
    """Implements ports.links.Gatekeeper, and owns one peer per charge point; the newest wins.

    `report` gets every event; `save` keeps the memory before an answer that depends on it goes
    out, and may raise OSError: then the call is refused with InternalError, to be tried again.
    Without `signing` nobody gets a certificate.
    """

    def __init__(
        self,
        central: CentralSystem,
        guests: Directory,
        tools: Tools,
        report: Report,
        *,
        save: Save | None = None,
        frames: bool = False,
        signing: BackendSigning | None = None,
    ) -> None:
        self._signing = signing
        self._tasks = Supervisor()
        self._central = central
        self._guests = guests
        self._tools = tools
        self._report = report
        self._save = save
        self._frames = frames
        self._peers: dict[str, Peer] = {}
        self._kept_changes = central.changes
        self._asked = 0

    # Who may come in

    def admit(self, request: HandshakeRequest) -> Admission:
        """Decide by id, password and subprotocol; whom it keeps out is reported."""
        admission = admit(request, self._guests)
        match admission:
            case Refused(reason=reason, claimed_id=claimed_id):
                self.turned_away(request.peer_address, reason, claimed_id)
            case EmptyUpgrade(station_id, reason):
                self.turned_away(request.peer_address, reason, station_id)
            case Admitted():
                pass
            case _:
                assert_never(admission)
        return admission

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        """Name the receiver of an admitted connection."""
        peer = Peer(admitted.station_id, self, self._tools)
        return _Tap(peer, admitted.station_id, self._report) if self._frames else peer

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        """Report a connection that never became one."""
        self._report(ConnectionRefused(claimed_id, peer_address, reason))

    # What charge points do

    def peer_opened(self, peer: Peer) -> None:
        """Take the newest connection of a charge point into use, and close the older one (R27)."""
        older = self._peers.get(peer.name)
        self._peers[peer.name] = peer
        if older is not None:
            reason = "a newer connection of the same charge point"
            self._report(Disconnected(peer.name, REPLACED, reason))
            older.close(REPLACED, reason)
        self._central.connected(peer.name)
        self._report(Connected(peer.name, peer.address, _OVER[peer.security]))
        self._keep()

    def peer_called(self, peer: Peer, call: Call) -> None:
        """Answer a charge point, when what it said is kept."""
        if self._signing is not None and call.action == "SignCertificate":
            work = self._sign(self._signing, peer, call)
            self._tasks.spawn(work, name=f"{peer.name} {call.action}")
            return
        reaction = self._central.received(peer.name, call, self._tools.clock.wall())
        if not self._keep():
            peer.refuse(call.unique_id, "InternalError", "the backend could not store this")
            return
        for event in reaction.events:
            self._report(event)
        match reaction.answer:
            case Reply(payload_text):
                peer.answer(call.unique_id, payload_text)
            case Refusal(code, description):
                peer.refuse(call.unique_id, code, description)
            case _:
                assert_never(reaction.answer)

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """Forget a connection; that of a replaced one has been reported already."""
        if self._peers.get(peer.name) is peer:
            del self._peers[peer.name]
            self._report(Disconnected(peer.name, code, reason))

    # What the person at the keyboard wants

    def order(self, line: str) -> bool:
        """Carry out one command line; False when it was `quit`."""
        command = read_command(line, self._tools.clock.wall())
        if isinstance(command, Misunderstood):
            self._report(CommandRefused(line, command.reason))
        elif command is not None:
            return self._obey(command, line)
        return True

    def close(self) -> None:
        """Close every connection."""
        for peer in tuple(self._peers.values()):
            peer.close(1001, "the backend stops")

    async def _sign(self, signing: BackendSigning, peer: Peer, call: Call) -> None:
        payload_text = await signing.sign(peer, call)
        if payload_text is not None:
            self._ask(peer, AskStation(peer.name, "CertificateSigned", payload_text))

    def _install_root(self, station_id: str, line: str) -> None:
        pem = self._signing.root_pem if self._signing is not None else None
        if pem is None:
            self._report(CommandRefused(line, "the backend has no authority (--authority)"))
        else:
            wish = install_root(station_id, pem)
            self._with_peer(station_id, line, lambda peer: self._ask(peer, wish))

    def _obey(self, command: Command, line: str) -> bool:
        match command:
            case Quit():
                return False
            case Help():
                self._report(Helped(HELP))
            case ListStations():
                self._list()
            case DropStation(station_id):
                self._with_peer(station_id, line, lambda peer: peer.close(1000, "dropped"))
            case AskStation(station_id):
                self._with_peer(station_id, line, lambda peer: self._ask(peer, command))
            case InstallRoot(station_id):
                self._install_root(station_id, line)
            case ListTag() | ForgetTag() | SetRegistration():
                self._report(self._central.change(command))
                self._keep()
            case _:
                assert_never(command)
        return True

    def _list(self) -> None:
        listed = self._central.listed(self._peers)
        for event in listed:
            self._report(event)
        self._report(AllListed(len(listed)))

    def _with_peer(self, station_id: str, line: str, do: Callable[[Peer], None]) -> None:
        peer = self._peers.get(station_id)
        if peer is None:
            self._report(CommandRefused(line, f"{station_id} is not connected"))
        else:
            do(peer)

    def _ask(self, peer: Peer, wish: AskStation) -> None:
        self._asked += 1
        number = self._asked
        self._report(Requested(peer.name, number, wish.action, wish.payload_text))

        def done(outcome: Outcome) -> None:
            self._report(_ending(peer.name, number, wish.action, outcome))

        peer.ask(wish.action, wish.payload_text, done)

    def _keep(self) -> bool:
        """Save what has changed; whether nothing is left unsaved."""
        changes = self._central.changes
        if self._save is not None and changes != self._kept_changes:
            try:
                self._save(self._central.memory())
            except OSError as error:
                self._report(MemoryNotKept(str(error)))
                return False
        self._kept_changes = changes
        return True


def _ending(station_id: str, number: int, action: str, outcome: Outcome) -> Event:
    match outcome:
        case CallResult(payload_text=text):
            return Answered(station_id, number, action, text)
        case CallError(code=code, description=description):
            return AnsweredError(station_id, number, action, code, description)
        case NoAnswer(reason=reason):
            return Unanswered(station_id, number, action, reason)
        case _:
            assert_never(outcome)


class _Tap:
    """A receiver that reports every frame on its way to another one."""

    def __init__(self, receiver: Receiver, station_id: str, report: Report) -> None:
        self._receiver = receiver
        self._station_id = station_id
        self._report = report

    def opened(self, link: Link) -> None:
        self._receiver.opened(_TappedLink(link, self._station_id, self._report))

    def received(self, text: str) -> None:
        self._report(FrameReceived(self._station_id, text))
        self._receiver.received(text)

    def closed(self, code: int, reason: str) -> None:
        self._receiver.closed(code, reason)


class _TappedLink:
    """A link that reports every frame it sends."""

    def __init__(self, link: Link, station_id: str, report: Report) -> None:
        self._link = link
        self._station_id = station_id
        self._report = report

    @property
    def peer_address(self) -> str:
        return self._link.peer_address

    @property
    def security(self) -> LinkSecurity:
        return self._link.security

    def send(self, text: str) -> None:
        self._report(FrameSent(self._station_id, text))
        self._link.send(text)

    def close(self, code: int, reason: str) -> None:
        self._link.close(code, reason)
