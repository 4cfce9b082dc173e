"""OCPP-J sockets as the runtime sees them: text in, text out, and who may come in."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from wattgate.core.ocpp.handshake import Admission, Admitted, HandshakeRequest
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.dial_faults import TlsFault
from wattgate.core.site.choices import NameCheck


class Link(Protocol):
    """One open OCPP-J socket."""

    @property
    def peer_address(self) -> str:
        """Address of the other end, `192.0.2.7:49152`."""
        ...

    @property
    def security(self) -> LinkSecurity:
        """What TLS proves of the other end."""
        ...

    def send(self, text: str) -> None:
        """Send one text message; on a closed link this does nothing."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake (RFC 6455 §7.4.1 codes); safe to repeat."""
        ...


class Receiver(Protocol):
    """Who listens to a link. Methods are called in order, from the event loop."""

    def opened(self, link: Link) -> None:
        """The link is open; called once, first."""
        ...

    def received(self, text: str) -> None:
        """One complete, valid UTF-8 text message arrived."""
        ...

    def closed(self, code: int, reason: str) -> None:
        """The link is gone; called once, last. 1006 when the peer vanished."""
        ...


class Gatekeeper(Protocol):
    """Decides who may connect; the listener asks it before the upgrade."""

    def admit(self, request: HandshakeRequest) -> Admission:
        """Answer with an admission, a refusal with its HTTP status, or an empty upgrade."""
        ...

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        """Name the receiver of an admitted connection."""
        ...

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        """Note a connection that never became one, for the list of refused attempts (P9)."""
        ...


class DialStep(StrEnum):
    """How far an outgoing connection came before it failed."""

    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    SUBPROTOCOL = "subprotocol"


class DialFailed(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """An outgoing connection was not made; says at which step, and why in plain words.

    `fault` is known where TLS failed for something that OCPP has an event for.
    """

    def __init__(
        self,
        step: DialStep,
        reason: str,
        http_status: int | None = None,
        fault: TlsFault | None = None,
    ) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason
        self.http_status = http_status
        self.fault = fault


@dataclass(frozen=True, slots=True)
class TlsTerms:
    """By what a server is verified, and what we show it.

    `certificates` names the set that holds our own certificate and the authorities that may vouch
    for the server; with `system_roots` those of this machine may as well. Where neither vouches
    the connection is made all the same, unverified (P23).
    """

    certificates: str
    system_roots: bool = False
    check_name: NameCheck = NameCheck.AUTO


@dataclass(frozen=True, slots=True)
class DialTarget:
    """Where to connect and as whom.

    `url` is complete (client id appended, R26); `authorization` is the ready Basic header value
    or None; exactly one `subprotocol` is offered (R23). `tls` counts for `wss://` only.
    """

    url: str
    authorization: str | None = field(repr=False)
    subprotocol: str = "ocpp1.6"
    tls: TlsTerms | None = None


class Dialer(Protocol):
    """Makes outgoing OCPP-J connections."""

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        """Connect; `receiver.opened` has been called when this returns.

        Raises:
            DialFailed: the connection was not made.
        """
        ...
