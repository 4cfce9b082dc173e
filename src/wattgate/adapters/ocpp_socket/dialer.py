"""Outgoing OCPP-J connections: to a backend, or from the software wallbox."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiofastnet
from picows import (
    WSHandshakeError,
    WSInvalidURL,
    WSListener,
    WSProtocolError,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
)

from wattgate.adapters.ocpp_socket.client_protocol import (
    MAX_MESSAGE_BYTES,
    FirstRead,
    Plan,
    plan_of,
)
from wattgate.adapters.ocpp_socket.connection import Connection
from wattgate.adapters.ocpp_socket.dial_failures import (
    dns_failure,
    http_failure,
    is_worth_a_look,
    lost_failure,
    subprotocol_failure,
    tcp_failure,
    timeout_failure,
    tls_failure,
    url_failure,
)
from wattgate.adapters.ocpp_socket.pulse import KeepAlive
from wattgate.adapters.ocpp_socket.second_look import ReadFacts, look
from wattgate.adapters.sockets.accept import address_text
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.dial_faults import Seen
from wattgate.ports.links import DialStep, DialTarget, Link, Receiver, TlsTerms
from wattgate.runtime.supervisor import Supervisor

ClientContexts = Callable[[TlsTerms | None], tuple[ssl.SSLContext, LinkSecurity]]
"""Gives the TLS settings for these terms, and what a connection made with them proves.

Called for wss URLs only, for every dial, in a thread of its own.
"""


def _machine_context(_: TlsTerms | None) -> tuple[ssl.SSLContext, LinkSecurity]:
    """Trust the authorities of this machine."""
    return ssl.create_default_context(), LinkSecurity.VERIFIED


def _check_url(url: str) -> None:
    """Refuse what picows would stumble over, or would send as a broken request."""
    if not url.isprintable() or " " in url:
        raise url_failure("it contains a blank or a control character")
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise url_failure("the port is not a number from 1 to 65535")


async def _see_its_end(transport: WSTransport) -> None:
    """Take note of how picows ends a connection; it complains where nobody does.

    A peer that broke the protocol has been reported to the receiver already.
    """
    with contextlib.suppress(WSProtocolError):
        await transport.wait_disconnected()


def _forget(_: Connection) -> None:
    """Nobody keeps a list of outgoing connections."""


@dataclass(eq=False, slots=True)
class _Attempt:
    """One dial: how far it is, and whether somebody still waits for it."""

    target: DialTarget
    receiver: Receiver
    keepalive: KeepAlive
    timeout_s: float
    step: DialStep = DialStep.DNS
    security: LinkSecurity = LinkSecurity.PLAIN
    host: str = ""
    sock: socket.socket | None = None
    place: tuple[int, tuple[object, ...]] | None = None
    given_up: bool = False

    def plan(self) -> Plan:
        """Read the URL; takes a millisecond."""
        headers = {"Sec-WebSocket-Protocol": self.target.subprotocol}
        if self.target.authorization is not None:
            headers["Authorization"] = self.target.authorization
        plan = plan_of(self.target.url, self.answered, headers)
        self.host = plan.host
        return plan

    async def connected_socket(self, plan: Plan) -> socket.socket:
        """Find the host and connect to it, trying its addresses in turn."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(plan.host, plan.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise dns_failure(error) from error
        self.step = DialStep.TCP
        failure: OSError = TimeoutError()
        for family, kind, number, _, address in found:
            self.sock = socket.socket(family, kind, number)
            self.sock.setblocking(False)
            try:
                async with asyncio.timeout(self.timeout_s / len(found)):
                    await loop.sock_connect(self.sock, address)
            except OSError as error:
                self.sock.close()
                failure = error
            except asyncio.CancelledError:
                self.sock.close()
                raise
            else:
                self.place = family, address
                self.step = DialStep.TLS if plan.is_secure else DialStep.HTTP
                return self.sock
        raise tcp_failure(failure) from failure

    def connected(self) -> None:
        """TLS, if any, is done."""
        self.step = DialStep.HTTP

    def answered(self, _: WSUpgradeRequest, response: WSUpgradeResponse) -> WSListener:
        """Take the backend's 101 if it chose what was offered (R23)."""
        chosen = response.headers.get("Sec-WebSocket-Protocol")
        if self.given_up or self.sock is None or chosen != self.target.subprotocol:
            raise subprotocol_failure(self.target.subprotocol, chosen)
        return Connection(
            address_text(self.sock.getpeername()),
            self.receiver,
            security=self.security,
            keepalive=self.keepalive,
            max_message_bytes=MAX_MESSAGE_BYTES,
            ended=_forget,
        )

    def give_up(self) -> None:
        """Make sure that nothing comes of it: what was begun goes on by itself when cancelled."""
        self.given_up = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class PicowsDialer:
    """Dials with picows; implements ports.links.Dialer.

    `connect_timeout_s` bounds the whole dial. Redirects are not followed: credentials go where
    the user sent them, nowhere else. `contexts` None: the system's authorities, whatever the terms.
    With `read_facts` a failure tells what is in a certificate that was not accepted.
    """

    def __init__(
        self,
        contexts: ClientContexts | None = None,
        *,
        read_facts: ReadFacts | None = None,
        connect_timeout_s: float = 10.0,
        ping_interval_s: float = 30.0,
        ping_timeout_s: float = 30.0,
    ) -> None:
        self._contexts = contexts or _machine_context
        self._read_facts = read_facts
        self._connect_timeout_s = connect_timeout_s
        self._keepalive = KeepAlive(ping_interval_s, ping_timeout_s)
        self._ends = Supervisor()

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        """Connect; `receiver.opened` has been called when this returns.

        Raises:
            DialFailed: the connection was not made.
        """
        _check_url(target.url)
        attempt = _Attempt(target, receiver, self._keepalive, self._connect_timeout_s)
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                return await self._connect(attempt)
        except TimeoutError:
            attempt.give_up()
            raise timeout_failure(attempt.step, self._connect_timeout_s) from None
        except ssl.SSLError as error:
            seen = await self._look(attempt) if is_worth_a_look(error) else None
            raise tls_failure(error, attempt.host, seen) from error
        except asyncio.CancelledError:
            attempt.give_up()
            raise

    async def _look(self, attempt: _Attempt) -> Seen | None:
        if attempt.place is None:
            return None
        return await look(*attempt.place, attempt.host, self._read_facts)

    async def _connect(self, attempt: _Attempt) -> Connection:
        plan, context = await asyncio.to_thread(self._prepare, attempt)
        sock = await attempt.connected_socket(plan)
        first = FirstRead(plan.factory(), attempt.connected)
        try:
            await aiofastnet.create_connection(
                asyncio.get_running_loop(),
                lambda: first,
                sock=sock,
                ssl=context,
                server_hostname=plan.host if plan.is_secure else None,
            )
            await first.picows.wait_until_handshake_complete()
        except (TimeoutError, ssl.SSLError):
            raise
        except WSHandshakeError as error:
            raise http_failure(error) from error
        except OSError as error:
            raise lost_failure(attempt.step, first.tls_version) from error
        if isinstance(first.lost, ssl.SSLError):
            raise first.lost
        listener = first.picows.listener
        if not isinstance(listener, Connection):  # None when it hung up instead of answering
            raise lost_failure(attempt.step, None if first.has_read else first.tls_version)
        self._ends.spawn(_see_its_end(first.picows.transport), name="end of a dialled connection")
        return listener

    def _prepare(self, attempt: _Attempt) -> tuple[Plan, ssl.SSLContext | None]:
        """Reading certificates takes tens of milliseconds: not on the loop."""
        try:
            plan = attempt.plan()
        except WSInvalidURL as error:
            reason = str(error).removeprefix(error.url).strip()
            raise url_failure(reason) from None  # its text has the URL, which may have a password
        if not plan.is_secure:
            return plan, None
        context, attempt.security = self._contexts(attempt.target.tls)
        return plan, context
