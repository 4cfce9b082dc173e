"""Two ends that shake hands over TLS on this machine: Python's, or OpenSSL's own client."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 30.0
GREETING: Final = b"welcome\n"


@dataclass(frozen=True)
class End:
    """What one end saw: how it went wrong, or what was agreed on."""

    failure: str | None = None
    version: str | None = None
    cipher: str | None = None
    peer: bytes | None = None
    """Certificate of the other end, DER."""

    @property
    def is_well(self) -> bool:
        return self.failure is None


@dataclass(frozen=True)
class Meeting:
    """Both ends of one connection."""

    server: End
    client: End

    @property
    def is_well(self) -> bool:
        return self.server.is_well and self.client.is_well


def meet(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost") -> Meeting:
    """Connect, shake hands, and let the server say a line: in TLS 1.3 the client learns only from
    what it reads whether its certificate was taken."""
    with listening(server) as (port, outcome):
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as raw:
            seen = _greeted(raw, client, host)
        return Meeting(outcome.result(PATIENCE_S), seen)


@contextmanager
def listening(server: ssl.SSLContext) -> Iterator[tuple[int, Future[End]]]:
    """A server for one connection: its port, and what it will have seen."""
    with ThreadPoolExecutor(1) as pool, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_S)
        outcome = pool.submit(_serve, listener, server)
        yield listener.getsockname()[1], outcome
        outcome.result(PATIENCE_S)


def s_client(port: int, *options: str | Path) -> tuple[bool, str]:
    """OpenSSL's own client: whether it was content, and what it said."""
    asked = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-brief", *map(str, options)]
    found = subprocess.run(  # noqa: S603 - the tests' own words
        asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
    )
    return found.returncode == 0, (found.stdout + found.stderr).decode("utf-8", "replace")


def _serve(listener: socket.socket, context: ssl.SSLContext) -> End:
    raw, _ = listener.accept()
    raw.settimeout(PATIENCE_S)
    with raw:
        try:
            with context.wrap_socket(raw, server_side=True) as secure:
                secure.sendall(GREETING)
                seen = _end(secure)
                with suppress(OSError):  # not everybody takes leave
                    secure.unwrap()
                return seen
        except OSError as error:
            return End(_words(error))


def _greeted(raw: socket.socket, context: ssl.SSLContext, host: str) -> End:
    try:
        with context.wrap_socket(raw, server_hostname=host) as secure:
            heard = secure.recv(len(GREETING))
            return _end(secure) if heard else End("nothing was said")
    except OSError as error:
        return End(_words(error))


def _end(secure: ssl.SSLSocket) -> End:
    cipher = secure.cipher()
    return End(None, secure.version(), cipher[0] if cipher else None, secure.getpeercert(True))


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(error.reason) if isinstance(error, ssl.SSLError) else type(error).__name__
