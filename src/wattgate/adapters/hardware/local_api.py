"""A wallbox's API for programs of the same machine: look at it, hold a card to it.

Nobody logs in: whoever may open a loopback port of this machine stands before the wallbox. Pages
that a browser shows are kept out, also those of a host that says it is this machine.
"""

import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from uvicorn import Config, Server

from wattgate.adapters.sockets.accept import listening_socket

HOST: Final = "127.0.0.1"
MOST_BYTES: Final = 1000
"""Of a request's body."""

_OURS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_OF_A_BROWSER: Final = (b"origin", b"sec-fetch-site")

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


class _Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class _Card(msgspec.Struct, forbid_unknown_fields=True):
    id_tag: str


class LocalApi:
    """`GET /state` answers what `look` gives, `POST /card` with `{"id_tag": …}` shows a card.

    `on_card` answers why it cannot be shown, None where it can. `port` 0 takes any free one.
    """

    def __init__(
        self,
        look: Callable[[], Mapping[str, object]],
        on_card: Callable[[str], str | None],
        port: int,
    ) -> None:
        self._look = look
        self._on_card = on_card
        self._port = port
        self._server: Server | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where it is reached once it has started."""
        return f"http://{HOST}:{self._port}/"

    async def start(self) -> None:
        """Listen on the loopback.

        Raises:
            OSError: the port is in use.
        """
        self._socket = await listening_socket(HOST, self._port)
        self._port = self._socket.getsockname()[1]
        config = Config(
            self._serve,
            interface="asgi3",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=16,
            timeout_graceful_shutdown=1,
        )
        config.load()
        self._server = Server(config)
        self._server.lifespan = config.lifespan_class(config)
        # Not `serve`: it takes over the process's signals and wakes up ten times a second.
        await self._server.startup(sockets=[self._socket])

    async def close(self) -> None:
        """Take no more requests."""
        server, self._server = self._server, None
        if server is not None and self._socket is not None:
            await server.shutdown(sockets=[self._socket])

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            status, answer = 200, await self._answer(scope, receive)
        except _Refused as refused:
            status, answer = refused.status, {"detail": str(refused)}
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": msgspec.json.encode(answer) + b"\n"})

    async def _answer(self, scope: Message, receive: Receive) -> Mapping[str, object]:
        _check_caller(dict(scope["headers"]))
        match scope["method"], scope["path"]:
            case "GET", "/state":
                return self._look()
            case "POST", "/card":
                return self._show(await _body(receive))
            case _, "/state" | "/card":
                raise _Refused(405, "GET /state and POST /card is all there is")
            case _:
                raise _Refused(404, "GET /state and POST /card is all there is")

    def _show(self, body: bytes) -> Mapping[str, object]:
        try:
            card = msgspec.json.decode(body, type=_Card)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _Refused(400, f'must be {{"id_tag": "…"}}: {error}') from error
        complaint = self._on_card(card.id_tag)
        if complaint is not None:
            raise _Refused(409, complaint)
        return {}


def _check_caller(headers: Mapping[bytes, bytes]) -> None:
    if any(name in headers for name in _OF_A_BROWSER):
        raise _Refused(403, "is not for pages")
    if not _is_ours(headers.get(b"host", b"").decode("latin-1")):
        raise _Refused(403, "is for programs of this machine")


def _is_ours(host: str) -> bool:
    """A page may come from a name that was made to mean this machine."""
    try:
        return urlsplit(f"//{host}").hostname in _OURS
    except ValueError:
        return False


async def _body(receive: Receive) -> bytes:
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise _Refused(413, f"has more than {MOST_BYTES} bytes")
    return body
