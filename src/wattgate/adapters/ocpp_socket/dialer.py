"""Outgoing OCPP-J connections: to a backend, or from the software wallbox."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from picows import (
    WSHandshakeError,
    WSInvalidURL,
    WSListener,
    WSParsedURL,
    WSProtocolError,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    ws_connect,
)

from wattgate.adapters.ocpp_socket.connection import Connection
from wattgate.adapters.ocpp_socket.dial_failures import (
    dns_failure,
    opening_failure,
    silent_end,
    subprotocol_failure,
    tcp_failure,
    timeout_failure,
    url_failure,
)
from wattgate.adapters.ocpp_socket.protocol_factory import picows_log
from wattgate.adapters.ocpp_socket.pulse import KeepAlive
from wattgate.adapters.sockets.accept import address_text
from wattgate.ports.links import DialStep, DialTarget, Link, Receiver
from wattgate.runtime.supervisor import Supervisor

MAX_MESSAGE_BYTES: Final = 16 * 2**20
"""The same limit as for wallboxes (R15)."""

SslContextFactory = Callable[[], ssl.SSLContext]
"""Makes the TLS settings; called for wss URLs only, in a thread of its own."""


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
    sock: socket.socket | None = None
    given_up: bool = False

    async def connected_socket(self, url: WSParsedURL) -> socket.socket:
        """Find the host and connect to it, trying its addresses in turn."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
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
                self.step = DialStep.TLS if url.is_secure else DialStep.HTTP
                return self.sock
        raise tcp_failure(failure) from failure

    def headers(self) -> Iterator[tuple[str, str]]:
        """Give the HTTP headers; they are asked for when TLS, if any, is done."""
        self.step = DialStep.HTTP
        yield "Sec-WebSocket-Protocol", self.target.subprotocol
        if self.target.authorization is not None:
            yield "Authorization", self.target.authorization

    def answered(self, _: WSUpgradeRequest, response: WSUpgradeResponse) -> WSListener:
        """Take the backend's 101 if it chose what was offered (R23)."""
        chosen = response.headers.get("Sec-WebSocket-Protocol")
        if self.given_up or self.sock is None or chosen != self.target.subprotocol:
            raise subprotocol_failure(self.target.subprotocol, chosen)
        return Connection(
            address_text(self.sock.getpeername()),
            self.receiver,
            keepalive=self.keepalive,
            max_message_bytes=MAX_MESSAGE_BYTES,
            ended=_forget,
        )

    def give_up(self) -> None:
        """Make sure that nothing comes of it: picows goes on by itself when it is cancelled."""
        self.given_up = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class PicowsDialer:
    """Dials with picows; implements ports.links.Dialer.

    `connect_timeout_s` bounds the whole dial. Redirects are not followed: credentials go where
    the user sent them, nowhere else. `ssl_context_factory` None: the system's authorities.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float = 10.0,
        ping_interval_s: float = 30.0,
        ping_timeout_s: float = 30.0,
        ssl_context_factory: SslContextFactory | None = None,
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._keepalive = KeepAlive(ping_interval_s, ping_timeout_s)
        self._ssl_context_factory = ssl_context_factory or ssl.create_default_context
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
        except asyncio.CancelledError:
            attempt.give_up()
            raise

    async def _connect(self, attempt: _Attempt) -> Connection:
        secure = attempt.target.url.lower().startswith("wss:")
        # Reading the system's authorities takes tens of milliseconds: not on the loop.
        context = await asyncio.to_thread(self._ssl_context_factory) if secure else None
        try:
            transport, listener = await ws_connect(
                attempt.answered,
                attempt.target.url,
                ssl_context=context,
                socket_factory=attempt.connected_socket,
                extra_headers=attempt.headers(),
                websocket_handshake_timeout=None,  # dial() bounds it
                enable_auto_pong=False,  # a ping counts as a sign of life, so it must be seen
                max_frame_size=MAX_MESSAGE_BYTES,
                max_redirects=0,
                logger_name=picows_log,
            )
        except WSInvalidURL as error:
            reason = str(error).removeprefix(error.url).strip()
            raise url_failure(reason) from None  # its text has the URL, which may have a password
        except TimeoutError:
            raise
        except (WSHandshakeError, OSError) as error:
            raise opening_failure(attempt.step, error) from error
        self._ends.spawn(_see_its_end(transport), name="end of a dialled connection")
        if not isinstance(listener, Connection):  # None when it hung up instead of answering
            raise silent_end(attempt.step)
        return listener
