"""Outgoing OCPP-J connections: to a backend, or from the software wallbox."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Final

import aiofastnet
import structlog
from picows import (
    WSHandshakeError,
    WSInvalidURL,
    WSProtocolError,
    WSTransport,
)

from wattgate.adapters.ocpp_socket.client_protocol import (
    FirstRead,
    Plan,
)
from wattgate.adapters.ocpp_socket.connection import Connection
from wattgate.adapters.ocpp_socket.dial_attempt import Attempt, check_url
from wattgate.adapters.ocpp_socket.dial_failures import (
    http_failure,
    is_worth_a_look,
    lost_failure,
    own_failure,
    timeout_failure,
    tls_failure,
    url_failure,
)
from wattgate.adapters.ocpp_socket.pulse import KeepAlive
from wattgate.adapters.ocpp_socket.second_look import ReadFacts, look
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.dial_faults import Seen
from wattgate.ports.links import DialTarget, Link, Receiver, TlsTerms
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

ClientContexts = Callable[[TlsTerms | None], tuple[ssl.SSLContext, LinkSecurity]]
"""Gives the TLS settings for these terms, and what a connection made with them proves.

Called for wss URLs only, for every dial, in a thread of its own.
"""


_BUFFER_BYTES: Final = 16 * 1024 + 64
"""Per connection and direction: one TLS record. The library's own choice is sixteen."""


def _machine_context(_: TlsTerms | None) -> tuple[ssl.SSLContext, LinkSecurity]:
    """Trust the authorities of this machine."""
    return ssl.create_default_context(), LinkSecurity.VERIFIED


async def _see_its_end(transport: WSTransport) -> None:
    """Take note of how picows ends a connection; it complains where nobody does.

    A peer that broke the protocol has been reported to the receiver already.
    """
    with contextlib.suppress(WSProtocolError):
        await transport.wait_disconnected()


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
        check_url(target.url)
        attempt = Attempt(target, receiver, self._keepalive, self._connect_timeout_s)
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

    async def _look(self, attempt: Attempt) -> Seen | None:
        if attempt.place is None:
            return None
        return await look(*attempt.place, attempt.host, self._read_facts)

    async def _connect(self, attempt: Attempt) -> Connection:
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
                ssl_incoming_bio_size=_BUFFER_BYTES if plan.is_secure else None,
                ssl_outgoing_bio_size=_BUFFER_BYTES if plan.is_secure else None,
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

    def _prepare(self, attempt: Attempt) -> tuple[Plan, ssl.SSLContext | None]:
        """Reading certificates takes tens of milliseconds: not on the loop."""
        try:
            plan = attempt.plan()
        except WSInvalidURL as error:
            reason = str(error).removeprefix(error.url).strip()
            raise url_failure(reason) from None  # its text has the URL, which may have a password
        if not plan.is_secure:
            return plan, None
        try:
            context, attempt.security = self._contexts(attempt.target.tls)
        except (OSError, ValueError) as error:
            log.exception("no TLS for a connection")
            raise own_failure() from error
        return plan, context
