"""The way to a backend that is there exactly while its wallbox is (mode T, protocol-rules §1)."""

from typing import Final
from urllib.parse import urlsplit

import structlog

from wattgate.core.gateway.commands.access import Standing
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.gateway.link.link_status import Fault, LinkPhase, LinkStatus, LinkStep
from wattgate.core.gateway.link.registration import NotYet, read_boot_answer
from wattgate.core.ocpp.frames import CallResult
from wattgate.ports.links import DialFailed
from wattgate.runtime.gateway.link.backend_link import LinkIdentity
from wattgate.runtime.gateway.link.link_state import LinkState
from wattgate.runtime.gateway.link.own_side import OwnSide
from wattgate.runtime.peer import Outcome, Peer, PeerOwner, Tools
from wattgate.runtime.traffic import Traffic
from wattgate.runtime.traffic import backend_link as link_name

log = structlog.get_logger()

AWAY: Final = "the wallbox is away"


class RelayLink:
    """Where a relayed login stands, over all its connections, and how the next one is made.

    The wallbox sets the pace: it is dialled when it comes, but after a failure not before the
    first pause of `backoff` is over (R29).
    """

    def __init__(
        self,
        identity: LinkIdentity,
        own: OwnSide,
        tools: Tools,
        backoff: Backoff,
        traffic: Traffic,
    ) -> None:
        self.identity = identity
        self.rights, self.standing = Rights.NONE, Standing.PRESENT
        """What its backend may command; both may be replaced at any time."""
        self._state = LinkState(identity.link_id, AWAY, tools.clock)
        self.own = own
        self._tools = tools
        self._backoff = backoff
        self._traffic = traffic
        self._pause_ends = tools.clock.monotonic()

    @property
    def status(self) -> LinkStatus:
        """Where the login stands, and what last went wrong."""
        return self._state.status

    @property
    def is_online(self) -> bool:
        """Whether the backend has accepted the wallbox, as far as was heard."""
        return self.status.phase is LinkPhase.ONLINE

    async def dial(self, owner: PeerOwner) -> bool:
        """Connect for a wallbox that has come; false where the backend is not there now."""
        if self._tools.clock.monotonic() < self._pause_ends:
            return False
        host = urlsplit(self.identity.target.url).hostname  # the rest of a URL may be a key
        self._state.enter(LinkPhase.CONNECTING, f"connecting to {host}")
        name = link_name(self.identity.link_id)
        peer = Peer(name, owner, self._tools, recorder=self._traffic.recorder(name))
        try:
            dialled = await self.own.login.dial(self.identity.target, peer)
        except DialFailed as exc:
            self._failed(Fault(LinkStep(exc.step), exc.reason, exc.http_status))
            return False
        self._state.connected(dialled.security)
        self._state.enter(LinkPhase.REGISTERING, "connected; what the wallbox sends passes on")
        return True

    def heard(self, action: str, outcome: Outcome) -> None:
        """Learn from an answer of the backend whether it has accepted the wallbox (R41)."""
        if not isinstance(outcome, CallResult):
            return
        verdict = read_boot_answer(outcome.payload_text) if action == "BootNotification" else None
        if not isinstance(verdict, NotYet):
            self._state.enter(LinkPhase.ONLINE, "the backend answers the wallbox")
            return
        phase = LinkPhase.PENDING if verdict.pending else LinkPhase.REGISTERING
        self._state.enter(phase, verdict.reason)
        self._state.failed(Fault(LinkStep.REGISTRATION, verdict.reason), verdict.retry_s)

    def lost(self, code: int, reason: str) -> None:
        """The backend's side has ended; whoever was accepted may come back at once."""
        words = f"connection closed ({code} {reason})".replace(" )", ")")
        self._failed(Fault(LinkStep.CONNECTION, words), pauses=not self.is_online)

    def wallbox_left(self) -> None:
        """Nothing is wanted of the backend; a failure stays in sight."""
        if self.status.phase is not LinkPhase.WAITING:
            self._state.enter(LinkPhase.IDLE, AWAY)

    def _failed(self, fault: Fault, *, pauses: bool = True) -> None:
        wait_s = self._backoff.wait_s(1, self._tools.identifiers.fraction()) if pauses else 0.0
        self._pause_ends = self._tools.clock.monotonic() + wait_s
        self._state.enter(LinkPhase.WAITING, f"{fault.sentence}; the wallbox is to come again")
        self._state.failed(fault, wait_s)
