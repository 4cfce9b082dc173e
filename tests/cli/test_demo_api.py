import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.support.demo_answers import SITE, evse

from wattgate.cli.demo_api import DemoApi
from wattgate.cli.demo_snapshot import Snapshot

ANSWERS = {"/api/v1/site": SITE, "/api/v1/evses": [evse("left")]}


class Manager(BaseHTTPRequestHandler):
    """Answers who knows the password."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        credentials = base64.b64encode(b"admin:secret").decode()
        known = self.headers["Authorization"] == f"Basic {credentials}"
        body = json.dumps(ANSWERS[self.path] if known else {}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def manager() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Manager) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str, password: str) -> Snapshot | str:
    return asyncio.run(DemoApi(url, password).snapshot())


def test_site_and_evses_are_read() -> None:
    with manager() as url:
        found = ask(url, "secret")
    assert isinstance(found, Snapshot)
    assert found.place.title == "Demo garage"
    assert [each.id for each in found.evses] == ["left"]


def test_why_nothing_can_be_shown_is_said() -> None:
    with manager() as url:
        refused = ask(url, "wrong")
    assert refused == "The manager's API cannot be read: /api/v1/site answers 401 Unauthorized"
    gone = ask(url, "secret")
    assert isinstance(gone, str)
    assert gone.startswith("The manager's API cannot be read: ")
