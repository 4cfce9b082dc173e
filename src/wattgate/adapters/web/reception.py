"""From an accepted socket to its HTTP protocol: plain or TLS, by the first byte (P6, R31)."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, assert_never

import structlog

from wattgate.adapters.sockets.accept import address_text, host_of, opening_of
from wattgate.adapters.web import porch
from wattgate.adapters.web.porch import Caller, Porch, cut
from wattgate.core.errors import LocalUsageError
from wattgate.core.security.attempts import Attempts
from wattgate.core.security.first_byte import Opening
from wattgate.core.security.tls_failures import HUNG_UP, TlsFailure, about_caller, sentence
from wattgate.core.security.tls_mode import Plain, Secure, TlsMode, TurnAway, decide
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

_CLOSING_S: Final = 3.0
"""s that a peer may take to end a TLS connection in good order."""

_NOT_READY: Final = "no HTTPS for a connection: our certificates cannot be used"

NewProtocol = Callable[[Caller, bool], asyncio.Protocol]
"""Makes the protocol of one connection; False where plain is not served."""


@dataclass(frozen=True, slots=True)
class Https:
    """How the HTTP port speaks TLS.

    `context` is asked for each new connection, so that a renewed certificate holds at once; an
    error of its is that connection's end only.
    """

    mode: TlsMode
    context: Callable[[], ssl.SSLContext]


def _no_context() -> ssl.SSLContext:
    raise LocalUsageError("TLS is off, and yet it was chosen")


NO_HTTPS: Final = Https(TlsMode.OFF, _no_context)


class Reception:
    """Sees every accepted socket to its protocol, or out again."""

    def __init__(self, https: Https, new_protocol: NewProtocol) -> None:
        self._https = https
        self._new_protocol = new_protocol
        self._supervisor = Supervisor()
        self._sayings = Attempts()
        self.porch: Final = Porch()

    def welcome(self, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket.accept gives it
        """Take an accepted, non-blocking socket."""
        caller = Caller(host_of(address), address_text(address), cut(sock))
        self.porch.enter(caller)
        self._supervisor.spawn(self._receive(sock, caller), name=f"HTTP from {caller.address}")

    async def close(self) -> None:
        """Send away whoever has not begun to speak HTTP; safe to repeat."""
        await self._supervisor.stop()

    async def _receive(self, sock: socket.socket, caller: Caller) -> None:
        taken_over = False
        try:
            taken_over = await self._open(sock, caller)
        except OSError:
            pass  # hung up before it said anything
        finally:
            if not taken_over:
                self.porch.leave(caller)
                sock.close()

    async def _open(self, sock: socket.socket, caller: Caller) -> bool:
        """Whether a protocol has taken over."""
        opening = await opening_of(sock)
        if opening is None or caller.is_gone:
            return False
        decision = decide(self._https.mode, opening)
        match decision:
            case Plain():
                return await self._serve(sock, lambda: self._new_protocol(caller, True))
            case Secure():
                return await self._serve_securely(sock, caller)
            case TurnAway(reason) if opening is Opening.PLAIN:
                self._say(caller, reason)
                return await self._serve(sock, lambda: self._new_protocol(caller, False))
            case TurnAway(reason):
                self._say(caller, reason)
                return False
            case _:
                assert_never(decision)

    async def _serve(self, sock: socket.socket, factory: Callable[[], asyncio.Protocol]) -> bool:
        await asyncio.get_running_loop().connect_accepted_socket(factory, sock)
        return True

    async def _serve_securely(self, sock: socket.socket, caller: Caller) -> bool:
        try:
            context = self._https.context()
        except Exception:  # ours to mend, and no reason to stop serving the port
            log.exception(_NOT_READY)
            return False
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._new_protocol(caller, True),
                sock,
                ssl=context,
                ssl_handshake_timeout=porch.REQUEST_S,
                ssl_shutdown_timeout=_CLOSING_S,
            )
        except ssl.SSLError as error:
            self._say(caller, about_caller(sentence(TlsFailure(error.reason))))
            return False
        except OSError:
            self._say(caller, about_caller(HUNG_UP))
            return False
        return True

    def _say(self, caller: Caller, reason: str) -> None:
        """Log it; under a flood only some."""
        if self._sayings.take("", asyncio.get_running_loop().time()):
            log.info("HTTP connection turned away", address=caller.address, reason=reason)
