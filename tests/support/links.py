"""Receivers and gatekeepers that remember what they were told."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from wattgate.core.ocpp.handshake import Admission, Admitted, HandshakeRequest
from wattgate.ports.links import Link, Receiver

LIMIT_S = 10.0
"""More than any of these waits can need; reached only when something is broken."""


@dataclass
class Ear:
    """A receiver that keeps everything; `echo` makes it answer each text with itself."""

    echo: bool = False
    link: Link | None = None
    texts: deque[str] = field(default_factory=deque)
    ended: tuple[int, str] | None = None
    calls: list[str] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, link: Link) -> None:
        self.link = link
        self.calls.append("opened")
        self._changed.set()

    def received(self, text: str) -> None:
        self.calls.append("received")
        self.texts.append(text)
        if self.echo and self.link is not None:
            self.link.send(text)
        self._changed.set()

    def closed(self, code: int, reason: str) -> None:
        self.calls.append("closed")
        self.ended = (code, reason)
        self._changed.set()

    async def open_link(self) -> Link:
        while self.link is None:
            await self._change()
        return self.link

    async def text(self) -> str:
        while not self.texts:
            await self._change()
        return self.texts.popleft()

    async def end(self) -> tuple[int, str]:
        while self.ended is None:
            await self._change()
        return self.ended

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


@dataclass
class Gate:
    """A gatekeeper that answers every request with `admission`, and every guest with `ear`."""

    admission: Admission = field(default_factory=lambda: Admitted("CP1", "ocpp1.6"))
    ear: Ear = field(default_factory=Ear)
    requests: list[HandshakeRequest] = field(default_factory=list)
    away: list[tuple[str, str, str | None]] = field(default_factory=list)
    _noted: asyncio.Event = field(default_factory=asyncio.Event)

    def admit(self, request: HandshakeRequest) -> Admission:
        self.requests.append(request)
        return self.admission

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        return self.ear

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        self.away.append((peer_address, reason, claimed_id))
        self._noted.set()

    async def next_away(self, count: int = 1) -> tuple[str, str, str | None]:
        """The `count`-th connection that was turned away."""
        while len(self.away) < count:
            self._noted.clear()
            await self._noted.wait()
        return self.away[count - 1]
