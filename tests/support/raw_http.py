"""HTTP without a client's help: bytes out, bytes in."""

import asyncio
from types import TracebackType
from typing import Self


class RawHttp:
    """One TCP connection to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def send(self, text: str) -> None:
        """Send it as it is."""
        self._writer.write(text.encode())

    async def head(self) -> str:
        """The head of the next answer."""
        return (await self._reader.readuntil(b"\r\n\r\n")).decode()

    async def rest(self) -> str:
        """Everything until the server closes."""
        try:
            return (await self._reader.read()).decode()
        except ConnectionResetError:
            return ""
