"""TLS on the OCPP port: the handshake with one accepted socket, and what it told of the peer."""

import asyncio
import contextlib
import logging
import socket
import ssl
from asyncio import BaseTransport
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

import aiofastnet
import structlog

from wattgate.adapters.ocpp_socket.protocol_factory import ProtocolFactory, ServerProtocol
from wattgate.core.errors import LocalUsageError
from wattgate.core.security.attempts import Attempts
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.core.security.tls_failures import HUNG_UP, TlsFailure, alert_record, sentence
from wattgate.core.security.tls_mode import TlsMode

log = structlog.get_logger()

# At DEBUG, on a loop in debug mode, it stumbles over its own account of a failed handshake.
logging.getLogger("aiofastnet").setLevel(logging.WARNING)

NOT_READY: Final = "TLS is on, but our certificates cannot be used; the log says why"

LOGGED: Final = 3
"""Tracebacks in a row that the log takes; a flood must not fill the disk."""

LOGGED_AGAIN_S: Final = 60.0
"""s until it takes one more."""

_CLOSING_S: Final = 2.0
"""s that a peer may take to confirm the end of TLS, after which the connection just ends."""

_BUFFER_BYTES: Final = 16 * 1024 + 64
"""Per connection and direction: one TLS record. The library's own choice is sixteen."""


class SecuringFailed(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """The TLS handshake did not succeed; says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def no_contexts() -> ssl.SSLContext:
    """Nobody needs one while TLS is off."""
    raise LocalUsageError("TLS is not off, and yet there are no certificates for it")


def no_names(_der: bytes) -> ClientCertificate | None:
    """Nobody reads client certificates where none is asked for."""
    raise LocalUsageError("a client certificate came, but nobody can read it")


@dataclass(frozen=True, slots=True)
class SecurePort:
    """How the port speaks TLS.

    `contexts` is asked for each new connection, so that a renewed certificate counts at once.
    `read_certificate` makes facts of a client's certificate, given in DER; None where it cannot.
    `lines` says how often the log tells at length why there are no contexts.
    """

    mode: TlsMode = TlsMode.OFF
    contexts: Callable[[], ssl.SSLContext] = no_contexts
    read_certificate: Callable[[bytes], ClientCertificate | None] = no_names
    lines: Attempts = field(default_factory=lambda: Attempts(LOGGED, LOGGED_AGAIN_S))

    async def secured(self, sock: socket.socket, factory: ProtocolFactory) -> ServerProtocol:
        """Shake hands, and give the connection to a protocol of `factory`.

        Raises:
            SecuringFailed: it was not made; `sock` is still the caller's to close.
        """
        try:
            context = self.contexts()
        except Exception as error:  # ours to mend, and no reason to stop serving the port
            if self.lines.take("", asyncio.get_running_loop().time()):
                log.exception("no TLS for a connection")
            raise SecuringFailed(NOT_READY) from error
        # The library closes the socket without a word when it refuses a client.
        with contextlib.closing(sock.dup()) as last_words:
            try:
                return await _shaken(sock, factory, context)
            except ssl.SSLError as error:
                failure = _failure(error)
                _say(alert_record(failure), last_words)
                raise SecuringFailed(sentence(failure)) from error
            except ConnectionError as error:
                raise SecuringFailed(HUNG_UP) from error

    def certificate_behind(self, transport: BaseTransport) -> ClientCertificate | None:
        """The certificate that the client showed; None where it showed none, or without TLS."""
        ssl_object = transport.get_extra_info("ssl_object")
        der = None if ssl_object is None else ssl_object.getpeercert(binary_form=True)
        return None if der is None else self.read_certificate(der)


async def unsecured(sock: socket.socket, factory: ProtocolFactory) -> ServerProtocol:
    """Give a plain connection to a protocol of `factory`."""
    loop = asyncio.get_running_loop()
    _, protocol = await aiofastnet.connect_accepted_socket(loop, factory, sock)
    return cast(ServerProtocol, protocol)


async def _shaken(
    sock: socket.socket, factory: ProtocolFactory, context: ssl.SSLContext
) -> ServerProtocol:
    _, protocol = await aiofastnet.connect_accepted_socket(
        asyncio.get_running_loop(),
        factory,
        sock,
        ssl=context,
        ssl_shutdown_timeout=_CLOSING_S,
        ssl_incoming_bio_size=_BUFFER_BYTES,
        ssl_outgoing_bio_size=_BUFFER_BYTES,
    )
    return cast(ServerProtocol, protocol)


def _failure(error: ssl.SSLError) -> TlsFailure:
    code = getattr(error, "verify_code", None)
    return TlsFailure(error.reason, code if isinstance(code, int) else None)


def _say(alert: bytes | None, sock: socket.socket) -> None:
    if alert is not None:
        with contextlib.suppress(OSError):  # nobody listens any more
            sock.send(alert)
