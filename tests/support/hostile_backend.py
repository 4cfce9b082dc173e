"""A backend that behaves until it is told to send something."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

Frame = list[Any]


class HostileBackend:
    """Answers calls as `answers` says, else with `{}`; remembers what it got."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, object] = {
            "BootNotification": {
                "status": "Accepted",
                "currentTime": "2026-05-15T12:00:00Z",
                "interval": 300,
            },
            "Authorize": {"idTagInfo": {"status": "Accepted"}},
            "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 1},
        }
        self.frames: list[Frame] = []
        self.logins = 0
        self.closed_with: list[int] = []
        self._connection: ServerConnection | None = None
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    async def send(self, message: str | bytes, *, text: bool | None = None) -> None:
        """Send a message as it is; bytes as a binary one unless `text`."""
        assert self._connection is not None
        await self._connection.send(message, text=text)

    async def close(self, code: int) -> None:
        """End the connection with a close code of our choice."""
        assert self._connection is not None
        await self._connection.close(code, "so there")

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to become true of what was heard."""
        while not holds():
            await self._wait()

    async def logged_in(self, times: int) -> None:
        """Wait until so many boot notifications were answered."""
        while self.logins < times:
            await self._wait()

    async def answer(self, unique_id: str) -> Frame:
        """Wait for the answer to a CALL of ours."""
        while True:
            found = [frame for frame in self.frames if frame[0] in (3, 4) and frame[1] == unique_id]
            if found:
                return found[0]
            await self._wait()

    async def closed(self, times: int) -> int:
        """Wait until so many connections have ended; the code of the last."""
        while len(self.closed_with) < times:
            await self._wait()
        return self.closed_with[times - 1]

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()

    async def talk(self, connection: ServerConnection) -> None:
        """One connection, from its beginning to its end."""
        self._connection = connection
        try:
            async for text in connection:
                await self._take(connection, json.loads(text))
        except ConnectionClosed:
            pass
        self.closed_with.append(connection.close_code or 0)
        self._news.set()

    async def _take(self, connection: ServerConnection, frame: Frame) -> None:
        self.frames.append(frame)
        if frame[0] == 2:
            answer = self.answers.get(frame[2], {})
            await connection.send(json.dumps([3, frame[1], answer]))
            self.logins += frame[2] == "BootNotification"
        self._news.set()


@asynccontextmanager
async def hostile_backend() -> AsyncIterator[HostileBackend]:
    """Run one on a free port."""
    backend = HostileBackend()
    async with serve(
        *(backend.talk, "127.0.0.1", 0),
        subprotocols=[Subprotocol("ocpp1.6")],
        max_size=None,
        compression=None,
    ) as server:
        backend.port = next(iter(server.sockets)).getsockname()[1]
        yield backend
