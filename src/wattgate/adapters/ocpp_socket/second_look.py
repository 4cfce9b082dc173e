"""Looks at a server that was not accepted: what it speaks, and whose certificate it shows."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

from wattgate.core.security.certificates import CertificateFacts
from wattgate.core.security.dial_faults import Seen

LOOK_S: Final = 3.0
"""s that a second look may take: the failure itself is known, and is to be told."""

ReadFacts = Callable[[bytes], CertificateFacts | None]
"""Reads a certificate in DER; None where it cannot."""


async def look(
    family: int, address: tuple[object, ...], host: str, read_facts: ReadFacts | None
) -> Seen | None:
    """Make a TLS connection that trusts anybody, send nothing, and hang up; None in vain.

    `host` is the name in the URL, for servers that choose their certificate by it.
    """
    try:
        async with asyncio.timeout(LOOK_S):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.setblocking(False)
                await asyncio.get_running_loop().sock_connect(sock, address)
                return await _shake_hands(sock, host, read_facts)
            finally:
                sock.close()
    except OSError:  # a timeout, too
        return None


async def _shake_hands(sock: socket.socket, host: str, read_facts: ReadFacts | None) -> Seen:
    _, writer = await asyncio.open_connection(sock=sock, ssl=_trusting(), server_hostname=host)
    try:
        found: ssl.SSLObject = writer.get_extra_info("ssl_object")
        cipher = found.cipher()
        return Seen(
            version=found.version() or "an unknown version",
            cipher=cipher[0] if cipher is not None else "an unknown cipher suite",
            facts=_facts(found.getpeercert(binary_form=True), read_facts),
        )
    finally:
        writer.transport.abort()


def _facts(der: bytes | None, read_facts: ReadFacts | None) -> CertificateFacts | None:
    return None if der is None or read_facts is None else read_facts(der)


def _trusting() -> ssl.SSLContext:
    """For looking only: nothing is sent over it, and nothing that comes is believed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
