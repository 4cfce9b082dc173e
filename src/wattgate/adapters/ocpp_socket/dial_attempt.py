"""One dial: from a URL to a connected socket, and to what receives its messages."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse

from wattgate.adapters.ocpp_socket.client_protocol import MAX_MESSAGE_BYTES, Plan, plan_of
from wattgate.adapters.ocpp_socket.connection import Connection
from wattgate.adapters.ocpp_socket.dial_failures import (
    dns_failure,
    subprotocol_failure,
    tcp_failure,
    url_failure,
)
from wattgate.adapters.ocpp_socket.pulse import KeepAlive
from wattgate.adapters.sockets.accept import address_text
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import DialStep, DialTarget, Receiver


def check_url(url: str) -> None:
    """Refuse what picows would stumble over, or would send as a broken request."""
    if not url.isprintable() or " " in url:
        raise url_failure("it contains a blank or a control character")
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise url_failure("the port is not a number from 1 to 65535")


def _forget(_: Connection) -> None:
    """Nobody keeps a list of outgoing connections."""


@dataclass(eq=False, slots=True)
class Attempt:
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
