"""A server on this machine that answers by script, for what asks over HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = Any
Script = Mapping[str, list[tuple[int, Json]]]
"""By `POST /path`: what is answered first, second and from the last one on; 404 for all others."""


VERSION = '"v1"'
"""The ETag of every answer."""


@dataclass
class Answering:
    """Where it listens, and what it was asked: `requests` as in the script, and their headers."""

    url: str
    requests: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def answering(script: Script) -> Iterator[Answering]:
    """Serve a script until the end of the block."""
    asked = Answering("")
    left = {key: list(answers) for key, answers in script.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            key = f"{self.command} {self.path}"
            asked.requests.append(key)
            asked.headers.append(dict(self.headers))
            asked.bodies.append(self.rfile.read(int(self.headers["Content-Length"] or 0)))
            answers = left.get(key, [(404, {"detail": "Nothing here."})])
            status, told = answers.pop(0) if len(answers) > 1 else answers[0]
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", VERSION)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that the server calls

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        asked.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()
