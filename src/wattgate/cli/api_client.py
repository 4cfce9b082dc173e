"""Asks a running manager over HTTP, as any program may that knows the password or a token."""

import base64
import re
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from wattgate.cli.api_trust import trusting, why_not

ANSWER_S: Final = 10.0
"""s until a question is given up: the first one waits until the password is hashed."""

PATIENCE_S: Final = 120.0
"""s until an operation is given up that has to wait for a wallbox."""

_PORTS: Final = {"http": 80, "https": 443}
_VISIBLE: Final = re.compile(r"[!-~]+")
_UNAUTHORIZED: Final = 401
_SET_UP: Final = "/api/v1/setup"


class ApiError(Exception):
    """The manager did not do what it was asked; the text says why, for a person.

    `kind` is the type of its problem details, where they have one.
    """

    def __init__(self, said: str, kind: str = "") -> None:
        super().__init__(said)
        self.kind = kind


class _Problem(msgspec.Struct, frozen=True):
    """A part of problem details (RFC 9457)."""

    path: str = ""
    message: str = ""


class _Problems(msgspec.Struct, frozen=True):
    type: str = ""
    detail: str = ""
    problems: tuple[_Problem, ...] = ()


def with_password(password: str) -> str:
    """Return the Authorization header of the user `admin` (RFC 7617)."""
    return f"Basic {base64.b64encode(f'admin:{password}'.encode()).decode()}"


def with_token(token: str) -> str:
    """Return the Authorization header of a program (RFC 6750)."""
    return f"Bearer {token}"


def wrong_url(url: str) -> str | None:
    """Say what is wrong with the URL of a manager; None where nothing is."""
    try:
        parts = urlsplit(url)
        is_place = parts.port != 0 and bool(parts.hostname)
    except ValueError as exc:
        return str(exc)
    if parts.username is not None:
        return "must not carry a password"
    if parts.scheme not in _PORTS or not is_place or not _VISIBLE.fullmatch(url):
        return "must look like http://127.0.0.1:19521"
    return None


class ApiClient:
    """The API of the manager at `url`, which `wrong_url` finds nothing wrong with.

    `trust` is whom it believes over HTTPS; None: whomever this machine believes.
    """

    def __init__(self, url: str, authorization: str, trust: ssl.SSLContext | None = None) -> None:
        self._url = url.rstrip("/")
        self._trust = trust
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}

    def ask(
        self, method: str, path: str, body: object = None, *, patience_s: float = ANSWER_S
    ) -> bytes:
        """Return the body of the answer to one request; raises ApiError."""
        told, _ = self._ask(method, path, body, self._headers, patience_s)
        return told

    def ask_versioned(
        self, method: str, path: str, body: object = None, *, seen: str = ""
    ) -> tuple[bytes, str]:
        """Return the body of an answer and the version that it tells of, an ETag (RFC 9110).

        Where a version was `seen`, another one is not changed. Raises ApiError.
        """
        only_if = {"If-Match": seen} if seen else {}
        return self._ask(method, path, body, {**self._headers, **only_if}, ANSWER_S)

    def _ask(
        self, method: str, path: str, body: object, headers: dict[str, str], patience_s: float
    ) -> tuple[bytes, str]:
        parts = urlsplit(self._url)
        connection = self._connection(parts, patience_s)
        content = None if body is None else msgspec.json.encode(body)
        try:
            connection.request(method, parts.path + path, content, headers)
            answer = connection.getresponse()
            told = answer.read()
        except TimeoutError:
            raise ApiError(f"{self._url} has not answered for {patience_s:g} s") from None
        except (OSError, HTTPException) as exc:
            raise ApiError(f"no manager answers at {self._url}: {_why(exc)}") from None
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            otherwise = f"{path} answers {answer.status} {answer.reason}"
            raise _refusal(answer.status, told, otherwise)
        return told, answer.headers.get("ETag") or ""

    def _connection(self, parts: SplitResult, patience_s: float) -> HTTPConnection:
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if parts.scheme == "http":
            return HTTPConnection(host, port, timeout=patience_s)
        trust = self._trust or trusting("")
        return HTTPSConnection(host, port, timeout=patience_s, context=trust)


def _why(error: OSError | HTTPException) -> str:
    if isinstance(error, socket.gaierror):
        return "its host name is not known"
    if isinstance(error, ssl.SSLError):
        return why_not(error)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _refusal(status: int, body: bytes, otherwise: str) -> ApiError:
    """What the manager said of a request that it refused."""
    try:
        said = msgspec.json.decode(body, type=_Problems)
    except msgspec.DecodeError:
        return ApiError(otherwise)
    if status == _UNAUTHORIZED and said.detail and _SET_UP not in said.detail:
        return ApiError("the password or token is wrong")
    parts = [said.detail, *(f"{each.path}: {each.message}" for each in said.problems)]
    return ApiError("\n  ".join(part for part in parts if part) or otherwise, said.type)
