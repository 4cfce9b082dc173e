"""Why a connection was not made, in words that a user can act on."""

import errno
import os
import re
import socket
import ssl
from http import HTTPStatus
from typing import Final

from picows import WSHandshakeError

from wattgate.core.security.dial_faults import (
    HUNG_UP_AFTER_HANDSHAKE,
    HUNG_UP_IN_HANDSHAKE,
    Seen,
    a_look_helps,
    broken_handshake,
    refused_certificate,
)
from wattgate.ports.links import DialFailed, DialStep

_DNS: Final = {
    socket.EAI_NONAME: "host name not found",
    socket.EAI_NODATA: "host name has no address",
    socket.EAI_AGAIN: "the name server does not answer (is the network up?)",
}

_TCP: Final = {
    errno.ECONNREFUSED: "connection refused: nothing listens at that port",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network is unreachable",
    errno.ETIMEDOUT: "the host does not answer",
    errno.ECONNRESET: "the connection was reset",
}

_HTTP: Final = {
    400: "it did not understand the request",
    401: "user or password wrong",
    403: "access is not allowed",
    404: "it does not know this ChargeBox ID, or the path is wrong",
    426: "it wants another version of the protocol",
    429: "too many attempts",
    500: "it has an internal problem",
    502: "its gateway does not reach it",
    503: "it is not available now",
    504: "its gateway does not reach it",
}

_SILENCE: Final = {
    DialStep.DNS: "the name server did not answer",
    DialStep.TCP: "the host did not answer",
    DialStep.TLS: "the backend did not finish the TLS handshake",
    DialStep.HTTP: "the backend did not answer the WebSocket request",
    DialStep.SUBPROTOCOL: "the backend did not answer the WebSocket request",
}

_PLACE: Final = re.compile(r"((?:ws|http)s?://)(?:[^/?#]*@)?([\w.:\[\]-]{1,255})(?=[/?#]|$)", re.I)
_STATUS_LINE: Final = re.compile(rb"HTTP/\d\.\d (\d{3})(?!\d)")


def url_failure(reason: str) -> DialFailed:
    """Describe a URL that cannot be dialled at all; `reason` must not repeat it (S4)."""
    return DialFailed(DialStep.DNS, f"not a ws:// or wss:// address: {reason}")


def dns_failure(error: OSError | UnicodeError) -> DialFailed:
    """Describe a host name without addresses."""
    if isinstance(error, UnicodeError):
        return DialFailed(DialStep.DNS, "host name not valid")
    known = _DNS.get(error.errno or 0)
    return DialFailed(DialStep.DNS, known or f"host name not resolved: {error.strerror}")


def tcp_failure(error: OSError) -> DialFailed:
    """Describe a TCP connection that was not made, or was lost."""
    if isinstance(error, TimeoutError):
        return DialFailed(DialStep.TCP, _TCP[errno.ETIMEDOUT])
    number = error.errno or 0
    # asyncio's own message repeats the address in Python's spelling.
    return DialFailed(DialStep.TCP, _TCP.get(number) or os.strerror(number))


def timeout_failure(step: DialStep, timeout_s: float) -> DialFailed:
    """Describe a dial that took too long, by the step it was in."""
    return DialFailed(step, f"{_SILENCE[step]} within {timeout_s:g} s")


def tls_failure(error: ssl.SSLError, host: str, seen: Seen | None) -> DialFailed:
    """Describe TLS that was refused by either end; `host` is the name in the URL."""
    match error:
        case ssl.SSLCertVerificationError(verify_code=code, verify_message=message):
            verdict = refused_certificate(code, message, host, seen)
        case _:
            verdict = broken_handshake(_reason(error), seen)
    return DialFailed(DialStep.TLS, verdict.sentence, fault=verdict.fault)


def is_worth_a_look(error: ssl.SSLError) -> bool:
    """Whether what the other end shows tells more about the failure."""
    return isinstance(error, ssl.SSLCertVerificationError) or a_look_helps(_reason(error))


def own_failure() -> DialFailed:
    """Describe certificates of ours that TLS cannot be set up with."""
    return DialFailed(DialStep.TLS, "our certificates cannot be used; the log says why")


def lost_failure(step: DialStep, tls_version: str | None) -> DialFailed:
    """Describe a backend that hung up without a word; `tls_version` None before TLS is done."""
    if step is DialStep.TLS:
        return DialFailed(DialStep.TLS, HUNG_UP_IN_HANDSHAKE)
    if tls_version == "TLSv1.3":
        return DialFailed(DialStep.TLS, HUNG_UP_AFTER_HANDSHAKE)
    return DialFailed(step, "the backend closed the connection without an answer")


def _reason(error: ssl.SSLError) -> str:
    # An error that OpenSSL did not make has none.
    return getattr(error, "reason", None) or str(error)


def subprotocol_failure(offered: str, chosen: str | None) -> DialFailed:
    """Describe a backend that does not speak what was offered (R23)."""
    said = "none" if chosen is None else repr(chosen)
    return DialFailed(
        DialStep.SUBPROTOCOL, f"the backend does not speak {offered}: it chose {said}"
    )


def _place(location: str) -> str:
    """Scheme and host of an address; its path and query may hold a key (S4). Empty without."""
    found = _PLACE.match(location)
    return f"{found[1]}{found[2]} (its path is not shown)" if found else ""


def http_failure(error: WSHandshakeError) -> DialFailed:
    """Describe an answer that is no upgrade to a WebSocket."""
    line = _STATUS_LINE.match(error.raw_header or b"")
    if line is None:
        return DialFailed(DialStep.HTTP, "what answers at that address is no web server")
    status = int(line[1])
    if status == HTTPStatus.SWITCHING_PROTOCOLS:
        return DialFailed(DialStep.HTTP, f"the backend's upgrade is not valid: {error}", status)
    if 300 <= status < 400:
        location = "" if error.response is None else error.response.headers.get("Location", "")
        words = f"it redirects to {_place(location) or 'another address'}; enter that one"
    else:
        words = _HTTP.get(status, "")
    reason = f"the backend answered HTTP {status}"
    return DialFailed(DialStep.HTTP, f"{reason}: {words}" if words else reason, status)
