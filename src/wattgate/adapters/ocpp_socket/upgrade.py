"""The HTTP side of the opening handshake: what was asked, and what is answered."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from picows import (
    WSListener,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)

from wattgate.core.ocpp.handshake import HandshakeRequest
from wattgate.core.security.client_identity import ClientCertificate

_VERSIONS: Final = frozenset({"13", "8", "7"})
"""Versions whose frames are those of RFC 6455."""


@dataclass(frozen=True, slots=True)
class NotAnUpgrade:
    """An HTTP request that does not ask for a WebSocket, or not rightly."""

    status: HTTPStatus
    reason: str


def _tokens(request: WSUpgradeRequest, header: str) -> list[str]:
    values = ",".join(request.headers.getall(header, [])).split(",")
    return [value.strip() for value in values if value.strip()]


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def target_of(request: WSUpgradeRequest) -> str:
    """Give the request target as it was sent: percent-encoding, `//` and absolute form stay."""
    return request.path.decode("utf-8", "surrogateescape")


def read_request(
    request: WSUpgradeRequest,
    peer_address: str,
    secure: bool,
    certificate: ClientCertificate | None = None,
) -> HandshakeRequest | NotAnUpgrade:
    """Check the upgrade (RFC 6455 §4.2.1) and extract what decides about the admission."""
    if "websocket" not in map(str.lower, _tokens(request, "Upgrade")):
        return NotAnUpgrade(
            HTTPStatus.UPGRADE_REQUIRED,
            "this is an OCPP port: connect with a WebSocket (ws://…), not with a browser",
        )
    if "upgrade" not in map(str.lower, _tokens(request, "Connection")):
        return NotAnUpgrade(HTTPStatus.BAD_REQUEST, "the header Connection: Upgrade is missing")
    if request.headers.get("Sec-WebSocket-Version") not in _VERSIONS:
        return NotAnUpgrade(HTTPStatus.UPGRADE_REQUIRED, "only WebSocket version 13 is spoken here")
    if not _is_key(request.headers.get("Sec-WebSocket-Key", "")):
        return NotAnUpgrade(HTTPStatus.BAD_REQUEST, "Sec-WebSocket-Key is missing or malformed")
    return HandshakeRequest(
        target=target_of(request),
        subprotocols=tuple(_tokens(request, "Sec-WebSocket-Protocol")),
        authorization=request.headers.get("Authorization"),
        peer_address=peer_address,
        secure=secure,
        certificate=certificate,
    )


def accept(
    request: WSUpgradeRequest, subprotocol: str | None, listener: WSListener
) -> WSUpgradeResponseWithListener:
    """Answer 101, with the chosen subprotocol; no extension is ever agreed to."""
    # picows compares the whole header value; `Connection: keep-alive, Upgrade` is as good.
    request.headers["Connection"] = "Upgrade"
    request.headers["Upgrade"] = "websocket"
    headers = {} if subprotocol is None else {"Sec-WebSocket-Protocol": subprotocol}
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), listener)


_EXTRA_HEADERS: Final = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Basic realm="OCPP"'},
    HTTPStatus.UPGRADE_REQUIRED: {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"},
}


_STATUSES: Final = frozenset(HTTPStatus)


def refuse(
    status: int, reason: str, retry_after_s: int | None = None
) -> WSUpgradeResponseWithListener:
    """Answer with an HTTP error, before any upgrade; the reason is the body.

    `retry_after_s`: whole s after which it may be tried again (RFC 9110 §10.2.3).
    """
    # A status that Python has no name for cannot be sent; any client error says the same.
    known = HTTPStatus(status) if status in _STATUSES else HTTPStatus.BAD_REQUEST
    headers = {"Content-Type": "text/plain; charset=utf-8", **_EXTRA_HEADERS.get(known, {})}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    body = f"{reason}\n".encode("utf-8", "replace")
    response = WSUpgradeResponse.create_error_response(known, body, headers)
    return WSUpgradeResponseWithListener(response, None)
