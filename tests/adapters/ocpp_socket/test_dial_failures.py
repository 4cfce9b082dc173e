import errno
import socket
import ssl

import pytest
from picows import WSHandshakeError, WSUpgradeResponse

from wattgate.adapters.ocpp_socket.dial_failures import (
    dns_failure,
    http_failure,
    is_worth_a_look,
    lost_failure,
    subprotocol_failure,
    tcp_failure,
    timeout_failure,
    tls_failure,
)
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.links import DialStep


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "host name not found"),
        (socket.gaierror(socket.EAI_NODATA, "x"), "host name has no address"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "name server does not answer"),
        (socket.gaierror(socket.EAI_FAIL, "odd"), "host name not resolved: odd"),
        (UnicodeError("label too long"), "host name not valid"),
    ],
)
def test_a_host_name_without_address_is_explained(
    error: OSError | UnicodeError, words: str
) -> None:
    failure = dns_failure(error)
    assert (failure.step, failure.http_status) == (DialStep.DNS, None)
    assert words in failure.reason


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ECONNREFUSED, "x"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "no route to the host"),
        (OSError(errno.ENETUNREACH, "x"), "network is unreachable"),
        (OSError(errno.ETIMEDOUT, "x"), "does not answer"),
        (TimeoutError(), "does not answer"),
        (OSError(errno.EACCES, "x"), "Permission denied"),
    ],
)
def test_a_host_that_cannot_be_reached_is_explained(error: OSError, words: str) -> None:
    failure = tcp_failure(error)
    assert failure.step is DialStep.TCP
    assert words in failure.reason


@pytest.mark.parametrize("step", list(DialStep))
def test_silence_is_explained_by_the_step(step: DialStep) -> None:
    failure = timeout_failure(step, 2.5)
    assert failure.step is step
    assert failure.reason.endswith("within 2.5 s")


def answered(head: bytes) -> WSHandshakeError:
    return WSHandshakeError("picows' own words", head)


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        (b"HTTP/1.1 400 Bad", 400, "the backend answered HTTP 400: it did not understand"),
        (b"HTTP/1.1 401 No", 401, "the backend answered HTTP 401: user or password wrong"),
        (b"HTTP/1.0 404 No", 404, "the backend answered HTTP 404: it does not know this"),
        (b"HTTP/1.1 503", 503, "the backend answered HTTP 503: it is not available now"),
        (b"HTTP/1.1 499 Odd", 499, "the backend answered HTTP 499"),
        (b"HTTP/1.1 200 OK", 200, "the backend answered HTTP 200"),
        (b"HTTP/1.1 302 Found", 302, "it redirects to another address; enter that one"),
        (b"HTTP/1.1 101 Up", 101, "the backend's upgrade is not valid: picows' own words"),
        (b"SSH-2.0-OpenSSH", None, "what answers at that address is no web server"),
        (b"HTTP/1.1 4000 x", None, "what answers at that address is no web server"),
        (b"", None, "what answers at that address is no web server"),
    ],
)
def test_an_answer_that_is_no_upgrade_is_explained(
    head: bytes, status: int | None, reason: str
) -> None:
    failure = http_failure(answered(head))
    assert (failure.step, failure.http_status) == (DialStep.HTTP, status)
    assert reason in failure.reason


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("wss://new.example", "wss://new.example (its path is not shown)"),
        ("HTTPS://new.example:8443/k3y/CP1", "HTTPS://new.example:8443 (its path is not shown)"),
        ("wss://[::1]:80/k3y", "wss://[::1]:80 (its path is not shown)"),
        ("wss://user:k3y@new.example/?token=k3y", "wss://new.example (its path is not shown)"),
        ("wss://new.example?token=k3y", "wss://new.example (its path is not shown)"),
        ("/k3y/CP1", "another address"),
        ("wss://new.example\x1b[31m/", "another address"),
        (f"wss://{'x' * 300}/", "another address"),
    ],
)
def test_a_redirect_names_the_host_to_enter_and_no_key_r29(location: str, said: str) -> None:
    response = WSUpgradeResponse.create_redirect_response(301, location)
    error = WSHandshakeError("moved", b"HTTP/1.1 301 Moved", b"", response)
    reason = http_failure(error).reason
    assert f"it redirects to {said}; enter that one" in reason
    assert "k3y" not in reason


def not_trusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code = 18
    error.verify_message = "self-signed certificate"
    return error


def refused(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "x")
    if reason is not None:
        error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "words", "fault", "is_looked_at"),
    [
        (not_trusted(), "certificate is not accepted: it is self", TlsFault.CERTIFICATE, True),
        (refused("UNSUPPORTED_PROTOCOL"), "no version of TLS", TlsFault.VERSION, True),
        (refused("WRONG_VERSION_NUMBER"), "no TLS at that port", None, False),
        (refused("ODD"), "the TLS handshake failed: ODD", None, False),
        (refused(None), "the TLS handshake failed: ", None, False),
    ],
)
def test_a_failed_tls_handshake_is_explained(
    error: ssl.SSLError, words: str, fault: TlsFault | None, is_looked_at: bool
) -> None:
    failure = tls_failure(error, "b.example", None)
    assert (failure.step, failure.fault) == (DialStep.TLS, fault)
    assert words in failure.reason
    assert is_worth_a_look(error) is is_looked_at


@pytest.mark.parametrize(
    ("step", "tls_version", "told_as", "words"),
    [
        (DialStep.TLS, None, DialStep.TLS, "hung up during the TLS handshake"),
        (DialStep.HTTP, "TLSv1.3", DialStep.TLS, "hung up right after the TLS handshake"),
        (DialStep.HTTP, "TLSv1.2", DialStep.HTTP, "closed the connection without an answer"),
        (DialStep.HTTP, None, DialStep.HTTP, "closed the connection without an answer"),
    ],
)
def test_a_backend_that_hangs_up_is_told_by_how_far_it_let_us(
    step: DialStep, tls_version: str | None, told_as: DialStep, words: str
) -> None:
    failure = lost_failure(step, tls_version)
    assert failure.step is told_as
    assert words in failure.reason


@pytest.mark.parametrize(("chosen", "said"), [(None, "none"), ("ocpp2.0.1", "'ocpp2.0.1'")])
def test_another_subprotocol_is_named(chosen: str | None, said: str) -> None:
    """R23."""
    failure = subprotocol_failure("ocpp1.6", chosen)
    assert failure.step is DialStep.SUBPROTOCOL
    assert failure.reason == f"the backend does not speak ocpp1.6: it chose {said}"
