"""Connections to the file servers that backends name: the address is judged that is connected to.

A name is looked up once, so that it cannot lead to a public address while it is judged and into
the house afterwards.
"""

import socket
import ssl
from collections.abc import Callable
from typing import Final

from wattgate.adapters.files.threads import Stop
from wattgate.adapters.sockets.accept import host_of
from wattgate.core.files.locations import Location
from wattgate.ports.files import Reach, TransferFailed
from wattgate.ports.links import TlsTerms

TIMEOUT_S: Final = 30.0
"""s that a server may be silent."""

BLOCK_BYTES: Final = 64 * 1024

ContextSource = Callable[[TlsTerms], ssl.SSLContext]
"""Makes TLS settings for an outgoing connection."""

_Address = tuple[socket.AddressFamily, tuple[str, int]]


def addresses_of(location: Location, reach: Reach) -> list[_Address]:
    """Where the server is.

    Raises:
        OSError: nobody knows a host of this name.
        TransferFailed: it is in the house, and is not to be gone to.
    """
    found = socket.getaddrinfo(location.host, location.port, type=socket.SOCK_STREAM)
    addresses: list[_Address] = [(family, place) for family, _, _, _, place in found]  # type: ignore[misc]  # - of IP sockets
    covered = [each for each in addresses if reach.covers(each[1][0], _ours_towards(*each))]
    if not covered:
        raise TransferFailed(
            f"{location.host} is in the local network; `private_targets` of [file_relay] allows it",
            is_final=not reach.awaits(location.host),
        )
    return covered


def _ours_towards(family: socket.AddressFamily, place: tuple[str, int]) -> str:
    """Our own address on the way to that one; empty where there is no way to it."""
    try:
        return own_address_towards(family, place)
    except OSError:
        return ""


def own_address_towards(family: socket.AddressFamily, place: tuple[str, int]) -> str:
    """Our own address in the network in which that place is; nothing is sent for it.

    Raises OSError where there is no way to it.
    """
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(place)
        return host_of(probe.getsockname())


def connected(location: Location, reach: Reach, stop: Stop) -> socket.socket:
    """Connect to the server, in plain; the connection ends with `stop`.

    Raises:
        OSError: none of its addresses answers.
        TransferFailed: as `addresses_of`.
    """
    error: OSError = OSError("it has no address")
    for family, place in addresses_of(location, reach):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.settimeout(TIMEOUT_S)
        try:
            sock.connect(place)
        except OSError as exc:
            sock.close()
            error = exc
        else:
            stop.ends(sock)
            return sock
    raise error


def secured(
    sock: socket.socket,
    context: ssl.SSLContext,
    host: str,
    stop: Stop,
    session: ssl.SSLSession | None = None,
) -> ssl.SSLSocket:
    """Speak TLS from now on; raises OSError."""
    secure = context.wrap_socket(
        sock, do_handshake_on_connect=False, server_hostname=host, session=session
    )
    stop.ends(secure)
    try:
        secure.do_handshake()
    except BaseException:
        secure.close()
        raise
    return secure


def failure(error: Exception) -> TransferFailed:
    """Put into words why a connection came to nothing."""
    match error:
        case TransferFailed():
            return error
        case ssl.SSLCertVerificationError():
            words = f"its certificate is not to be trusted: {error.verify_message}"
            return TransferFailed(words, is_final=True)
        case TimeoutError():
            return TransferFailed(f"the server has been silent for {TIMEOUT_S:g} s")
        case UnicodeError():
            return TransferFailed("its host name cannot be looked up", is_final=True)
        case ssl.SSLError():
            return TransferFailed(f"TLS failed: {(error.reason or 'closed').lower()}")
        case OSError():
            return TransferFailed(error.strerror or "the connection was lost")
        case ValueError():
            return TransferFailed("what the server or the wallbox has said cannot be read")
        case _:
            return TransferFailed("the server broke off")
