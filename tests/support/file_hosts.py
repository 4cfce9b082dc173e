"""File servers as a backend may run them: a web server of Python's own, and a small one for FTP."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Final

PATIENCE_S: Final = 30.0


@dataclass
class FileHost:
    """What is on a file server.

    `files` are by path. `answers` are statuses that it gives first, one per request, in place of
    what was asked for; `login` is the user and password that it wants. `breaks_after` bytes of a
    file it hangs up, as often as `breaks` says, or, where it `stays`, says nothing more until the
    other end has `left`. Unless it `tells_size`, only its end says how long
    a file is.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    login: tuple[str, str] | None = None
    breaks: int = 0
    tells_size: bool = True
    breaks_after: int = 0
    stays: bool = False
    """With nothing of a file to be sent before, an FTP server does so when asked for its size."""
    has_begun: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method or command, and path, of every request."""
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    def put(self, path: str, content: bytes) -> None:
        with self.news:
            self.files[path] = content
            self.news.notify_all()

    def stay(self, sock: socket.socket) -> None:
        """Say nothing more until the other end has hung up."""
        self.has_begun.set()
        sock.settimeout(PATIENCE_S)
        with suppress(ConnectionError, ssl.SSLError):
            while sock.recv(65536):
                pass
        self.left.set()

    def wait_for(self, path: str) -> bytes:
        """Wait until a file is there."""
        with self.news:
            assert self.news.wait_for(lambda: path in self.files, PATIENCE_S), self.asked
            return self.files[path]


@contextmanager
def web_host(host: FileHost, context: ssl.SSLContext | None = None) -> Iterator[FileHost]:
    """Serve it over HTTP, on any free port."""
    server = _WebServer(("127.0.0.1", 0), _WebTalk)
    server.host = host
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    host.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _WebServer(ThreadingHTTPServer):
    host: FileHost
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client may hang up."""


class _WebTalk(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _WebServer

    def do_GET(self) -> None:
        if self._turned_away():
            return
        host = self.server.host
        content = host.files.get(self.path)
        if content is None:
            self._plain(404)
            return
        self.send_response(200)
        if host.tells_size:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.close_connection = not host.tells_size
        if host.breaks:
            host.breaks -= 1
            content = content[: host.breaks_after]
            self.close_connection = True
        if host.stays:
            self.wfile.write(content[: host.breaks_after])
            host.stay(self.connection)
            self.close_connection = True
            return
        self.wfile.write(content)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._turned_away():
            self.server.host.put(self.path, body)
            self._plain(201)

    def do_POST(self) -> None:
        self.do_PUT()

    def _turned_away(self) -> bool:
        host = self.server.host
        host.asked.append((self.command, self.path))
        host.headers.append(dict(self.headers.items()))
        if self.path in host.redirects:
            self._plain(307, host.redirects[self.path])
        elif host.answers:
            self._plain(host.answers.pop(0))
        elif not self._may_enter():
            self._plain(401)
        else:
            return False
        return True

    def _may_enter(self) -> bool:
        if self.server.host.login is None:
            return True
        pair = base64.b64encode(":".join(self.server.host.login).encode()).decode()
        return self.headers.get("Authorization") == f"Basic {pair}"

    def _plain(self, status: int, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if location:
            self.send_header("Location", location)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def ftp_host(
    host: FileHost,
    context: ssl.SSLContext | None = None,
    *,
    knows_size: bool = True,
    size_is: str = "",
    is_implicit: bool = False,
) -> Iterator[FileHost]:
    """Serve it over FTP, passive only; with a context, in TLS from the start or once asked for.

    `size_is` is what it says of the size of every file, where it is not to be the truth.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host.port = listening.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listening.accept()
                    talk = _FtpTalk(host, sock, context, knows_size, size_is, is_implicit)
                    threading.Thread(target=talk.go, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield host
        finally:
            listening.shutdown(socket.SHUT_RDWR)


class _FtpTalk:
    """One control connection (RFC 959)."""

    def __init__(
        self,
        host: FileHost,
        sock: socket.socket,
        context: ssl.SSLContext | None,
        knows_size: bool,
        size_is: str,
        is_implicit: bool,
    ) -> None:
        self._host = host
        self._sock = sock
        self._context = context
        self._knows_size = knows_size
        self._size_is = size_is
        self._is_implicit = is_implicit
        self._folder = PurePosixPath("/")
        self._user = ""
        self._is_in = False
        self._is_private = False
        self._data: socket.socket | None = None

    def go(self) -> None:
        with suppress(OSError, ValueError):
            if self._is_implicit and self._context is not None:
                self._sock = self._context.wrap_socket(self._sock, server_side=True)
            self._say("220 ready")
            while line := self._line():
                command, _, argument = line.partition(" ")
                self._host.asked.append((command.upper(), argument))
                if command.upper() == "QUIT":
                    break
                self._answer(command.upper(), argument)
        self._sock.close()
        if self._data is not None:
            self._data.close()

    def _line(self) -> str:
        raw = b""
        while not raw.endswith(b"\r\n"):
            byte = self._sock.recv(1)
            if not byte:
                return ""
            raw += byte
        return raw.decode().rstrip("\r\n")

    def _say(self, text: str) -> None:
        self._sock.sendall(f"{text}\r\n".encode())

    def _answer(self, command: str, argument: str) -> None:
        if self._host.answers and command in {"RETR", "STOR"}:
            self._say(f"{self._host.answers.pop(0)} not now: {argument}")
            return
        steps = {
            "AUTH": self._secure,
            "USER": self._name,
            "PASS": self._login,
            "CWD": self._enter,
            "SIZE": self._size,
            "PASV": self._passive,
            "RETR": self._give,
            "STOR": self._take,
        }
        if command in {"TYPE", "PBSZ", "PROT"}:
            self._is_private = self._is_private or (command, argument) == ("PROT", "P")
            self._say("200 fine")
        elif command in steps and (self._is_in or command in {"AUTH", "USER", "PASS"}):
            steps[command](argument)
        else:
            self._say("502 unknown")

    def _secure(self, _: str) -> None:
        if self._context is None:
            self._say("502 no TLS here")
            return
        self._say("234 go on")
        self._sock = self._context.wrap_socket(self._sock, server_side=True)

    def _name(self, argument: str) -> None:
        self._user = argument
        self._say("331 and the password?")

    def _login(self, argument: str) -> None:
        self._is_in = self._host.login in (None, (self._user, argument))
        self._say("230 welcome" if self._is_in else f"530 {self._user} {argument} is wrong")

    def _enter(self, argument: str) -> None:
        self._folder /= argument
        self._say("250 there")

    def _size(self, argument: str) -> None:
        content = self._host.files.get(str(self._folder / argument))
        if self._host.stays and not self._host.breaks_after:
            self._host.stay(self._sock)
        elif content is None or not self._knows_size:
            self._say("550 no")
        else:
            self._say(f"213 {self._size_is or len(content)}")

    def _passive(self, _: str) -> None:
        self._data = socket.create_server(("127.0.0.1", 0))
        high, low = divmod(self._data.getsockname()[1], 256)
        # Some servers name an address that is none of theirs; whoever follows it gets lost.
        self._say(f"227 passive (192,0,2,1,{high},{low})")

    def _opened(self) -> socket.socket:
        assert self._data is not None
        sock, _ = self._data.accept()
        self._data.close()
        if self._is_private:
            assert self._context is not None
            sock = self._context.wrap_socket(sock, server_side=True)
        return sock

    def _give(self, argument: str) -> None:
        content = self._host.files.get(str(self._folder / argument))
        if content is None:
            self._say(f"550 no {argument}")
            return
        self._say("150 here it comes")
        with self._opened() as data:
            if self._host.breaks:
                self._host.breaks -= 1
                content = content[: self._host.breaks_after]
            if self._host.stays:
                data.sendall(content[: self._host.breaks_after])
                self._host.stay(data)
                return
            data.sendall(content)
            _end(data)
        self._say("226 done")

    def _take(self, argument: str) -> None:
        self._say("150 go ahead")
        content = b""
        with self._opened() as data:
            while block := data.recv(65536):
                content += block
            _end(data)
        self._host.put(str(self._folder / argument), content)
        self._say("226 done")


def _end(data: socket.socket) -> None:
    if isinstance(data, ssl.SSLSocket):
        with suppress(OSError):
            data.unwrap()
