from http import HTTPStatus

import pytest
from multidict import CIMultiDict
from picows import WSListener, WSUpgradeRequest
from tests.support.raw_websocket import KEY

from wattgate.adapters.ocpp_socket.upgrade import (
    NotAnUpgrade,
    accept,
    read_request,
    refuse,
)
from wattgate.core.ocpp.handshake import HandshakeRequest

USUAL = (
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Version", "13"),
)


def asked(target: bytes = b"/CP1", /, **headers: str | None) -> WSUpgradeRequest:
    """A request; a header given as None is left out."""
    request = WSUpgradeRequest()
    request.method, request.path, request.version = b"GET", target, b"HTTP/1.1"
    request.headers = CIMultiDict(USUAL)
    for name, value in headers.items():
        request.headers.popall(name.replace("_", "-"), None)
        if value is not None:
            request.headers.add(name.replace("_", "-"), value)
    return request


def read(request: WSUpgradeRequest) -> HandshakeRequest | NotAnUpgrade:
    return read_request(request, "192.0.2.7:49152", secure=False)


def test_the_request_reaches_the_gatekeeper() -> None:
    request = asked(Sec_WebSocket_Protocol="ocpp2.0.1, ocpp1.6", Authorization="Basic QQ==")
    request.headers.add("Sec-WebSocket-Protocol", "ocpp1.5,")
    assert read(request) == HandshakeRequest(
        target="/CP1",
        subprotocols=("ocpp2.0.1", "ocpp1.6", "ocpp1.5"),
        authorization="Basic QQ==",
        peer_address="192.0.2.7:49152",
        secure=False,
    )


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (b"/RDAM%20123", "/RDAM%20123"),
        (b"//CP1", "//CP1"),
        (b"/any/prefix/CP1/", "/any/prefix/CP1/"),
        (b"ws://h:19520/CP1", "ws://h:19520/CP1"),
        (b"https://h/CP1?a=b", "https://h/CP1?a=b"),
        ("/Säule".encode(), "/Säule"),
        (b"/S\xe4ule", "/S\udce4ule"),
    ],
)
def test_a_target_arrives_as_it_was_sent(target: bytes, text: str) -> None:
    """P11, R19."""
    request = read(asked(target))
    assert isinstance(request, HandshakeRequest)
    assert request.target == text


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "upgrade"},
        {"Upgrade": "WebSocket"},
        {"Upgrade": "foo, websocket"},
        {"Sec_WebSocket_Version": "8"},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
    ],
)
def test_odd_but_right_headers_are_accepted(headers: dict[str, str]) -> None:
    request = asked(**headers)
    assert isinstance(read(request), HandshakeRequest)
    answer = accept(request, "ocpp1.6", WSListener())
    assert answer.response.status == HTTPStatus.SWITCHING_PROTOCOLS
    assert "Sec-WebSocket-Extensions" not in answer.response.headers


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Upgrade": None}, 426, "connect with a WebSocket"),
        ({"Upgrade": "h2c"}, 426, "connect with a WebSocket"),
        ({"Connection": None}, 400, "Connection: Upgrade is missing"),
        ({"Connection": "keep-alive"}, 400, "Connection: Upgrade is missing"),
        ({"Sec_WebSocket_Version": None}, 426, "version 13"),
        ({"Sec_WebSocket_Version": "99"}, 426, "version 13"),
        ({"Sec_WebSocket_Key": None}, 400, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "§$%"}, 400, "Sec-WebSocket-Key"),
    ],
)
def test_what_is_no_upgrade_is_refused_with_words(
    headers: dict[str, str | None], status: int, words: str
) -> None:
    refused = read(asked(**headers))
    assert isinstance(refused, NotAnUpgrade)
    assert refused.status == status
    assert words in refused.reason


def test_the_chosen_subprotocol_is_named() -> None:
    """R21."""
    answer = accept(asked(), "ocpp1.6", WSListener())
    assert answer.response.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"


def test_without_a_chosen_subprotocol_none_is_named() -> None:
    """R22."""
    assert "Sec-WebSocket-Protocol" not in accept(asked(), None, WSListener()).response.headers


def test_a_refusal_carries_its_reason_and_asks_for_a_password_where_one_is_missing() -> None:
    """R25."""
    answer = refuse(401, "wrong password für CP1")
    assert answer.listener is None
    assert answer.response.body == "wrong password für CP1\n".encode()
    assert answer.response.headers["WWW-Authenticate"].startswith("Basic ")
    assert "WWW-Authenticate" not in refuse(404, "unknown").response.headers


def test_a_refusal_with_a_status_that_http_does_not_know_is_a_refusal() -> None:
    assert refuse(499, "odd").response.status == HTTPStatus.BAD_REQUEST
