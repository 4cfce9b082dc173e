"""Ends made with the `ocpp` package that know every message and answer by example."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any, Final

from ocpp.v16 import ChargePoint, call, call_result
from tests.support.package_messages import FROM_BACKEND, FROM_WALLBOX, Example, Words
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from wattgate.runtime.supervisor import Supervisor

_SUBPROTOCOL: Final = Subprotocol("ocpp1.6")

LETS_US: Final[Mapping[str, Words]] = {
    "SetChargingProfile": {"status": "Accepted"},
    "ClearChargingProfile": {"status": "Accepted"},
}
"""What a wallbox answers otherwise than in the examples, so that its limits can be set."""


class KnowingEnd(ChargePoint):  # type: ignore[misc]  # - the package has no types
    """Either end: validates what it gets and sends by the official schemas, as the package does.

    `heard` are the messages it was sent, in their order.
    """

    def __init__(
        self,
        name: str,
        connection: Any,  # noqa: ANN401 - untyped
        knows: Mapping[str, Example],
        overrides: Mapping[str, Words] | None = None,
    ) -> None:
        super().__init__(name, connection)
        self.heard: list[tuple[str, Words]] = []
        self._news = asyncio.Event()
        answers = {action: example.answer for action, example in knows.items()}
        for action, answer in (answers | dict(overrides or {})).items():
            self.route_map[action] = {
                "_on_action": self._answering(action, answer),
                "_skip_schema_validation": False,
            }

    def _answering(self, action: str, answer: Words) -> Any:  # noqa: ANN401 - untyped
        def handle(**asked: Any) -> Any:  # noqa: ANN401 - untyped
            self.heard.append((action, asked))
            self._news.set()
            return getattr(call_result, action)(**answer)

        return handle

    async def ask(self, action: str, words: Words) -> Words:
        """Send a message; the members of its answer. A CALLERROR raises."""
        answer = await self.call(getattr(call, action)(**words), suppress=False)
        members: Words = without_nones(asdict(answer))
        return members

    def all_of(self, action: str) -> list[Words]:
        """Every message of an action so far."""
        return [words for name, words in self.heard if name == action]

    async def any_of(self, action: str) -> Words:
        """Wait for a message of that action; the last one."""
        while not self.all_of(action):
            self._news.clear()
            await self._news.wait()
        return self.all_of(action)[-1]

    async def got(self, action: str, words: Words) -> None:
        """Wait for exactly this message; one that came before counts."""
        while words not in self.all_of(action):
            self._news.clear()
            await self._news.wait()


def without_nones(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Drop what the package adds for members that are not there."""
    if isinstance(value, dict):
        return {name: without_nones(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nones(each) for each in value]
    return value


class KnowingBackend:
    """A central system; each of its charge points is a `KnowingEnd`.

    `shown` are the client certificates of its connections, in DER; None where there was none.
    """

    def __init__(self, scheme: str = "ws") -> None:
        self.port = 0
        self.stations: dict[str, KnowingEnd] = {}
        self.shown: list[bytes | None] = []
        self._scheme = scheme
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/"

    async def talk(self, connection: ServerConnection) -> None:
        """Serve one charge point."""
        assert connection.request is not None
        name = connection.request.path.strip("/")
        tls: ssl.SSLObject | None = connection.transport.get_extra_info("ssl_object")
        self.shown.append(tls.getpeercert(binary_form=True) if tls is not None else None)
        self.stations[name] = KnowingEnd(name, connection, FROM_WALLBOX)
        self._news.set()
        await _serve(self.stations[name])

    async def booted(self, name: str, before: KnowingEnd | None = None) -> KnowingEnd:
        """Wait until a charge point has booted over another connection than `before`."""
        while self.stations.get(name) is before:
            self._news.clear()
            await self._news.wait()
        await self.stations[name].any_of("BootNotification")
        return self.stations[name]


async def _serve(end: KnowingEnd) -> None:
    with suppress(ConnectionClosed):
        await end.start()


@asynccontextmanager
async def knowing_backend(tls: ssl.SSLContext | None = None) -> AsyncIterator[KnowingBackend]:
    """Run one on a free port."""
    backend = KnowingBackend("ws" if tls is None else "wss")
    async with serve(
        *(backend.talk, "127.0.0.1", 0), subprotocols=[_SUBPROTOCOL], compression=None, ssl=tls
    ) as server:
        backend.port = next(iter(server.sockets)).getsockname()[1]
        yield backend


@asynccontextmanager
async def knowing_wallbox(url: str, name: str) -> AsyncIterator[KnowingEnd]:
    """Connect one that lets its limits be set, and boots."""
    async with (
        connect(f"{url}{name}", subprotocols=[_SUBPROTOCOL], proxy=None) as connection,
        Supervisor() as tasks,
    ):
        box = KnowingEnd(name, connection, FROM_BACKEND, LETS_US)
        tasks.spawn(_serve(box), name=name)
        await box.ask("BootNotification", FROM_WALLBOX["BootNotification"].asked)
        yield box
