"""A wallbox made of frames, for what a software wallbox would never say."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.raw_websocket import CLOSE, TEXT, RawClient, frame, request

Frame = list[Any]

BOOT: Final = {"chargePointVendor": "V", "chargePointModel": "M"}
_CALL: Final = 2


def basic(user: str, password: str) -> str:
    """The header that carries a password."""
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class RawWallbox:
    """One connection. `calls` is all that the manager asked on it; every call is refused."""

    client: RawClient
    calls: list[Frame] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def ask(self, action: str, payload: object) -> Frame:
        """Send a CALL; the answer to it."""
        number = f"ask-{next(self._numbers)}"
        return await self.ask_text(json.dumps([_CALL, number, action, payload]), number)

    async def ask_text(self, text: str, number: str) -> Frame:
        """Send a text; the answer that carries this message id."""
        self.say(text)
        while True:
            heard = await self._heard()
            assert heard is not None, f"closed instead of answering {text[:200]}"
            if heard[0] != _CALL and heard[1] == number:
                return heard

    def say(self, text: str) -> None:
        """Send a text as it is."""
        self.client.send(frame(TEXT, text.encode()))

    async def until_closed(self) -> None:
        """Hear everything up to the close frame."""
        while await self._heard() is not None:
            pass

    async def _heard(self) -> Frame | None:
        """The next message; None for the close frame."""
        while (opcode_payload := await self.client.frame())[0] not in (TEXT, CLOSE):
            pass
        opcode, payload = opcode_payload
        if opcode == CLOSE:
            return None
        heard: Frame = json.loads(payload)
        if heard[0] == _CALL:
            self.calls.append(heard)
            self.say(json.dumps([4, heard[1], "NotImplemented", "", {}]))
        return heard


@asynccontextmanager
async def raw_wallbox(
    port: int, station_id: str, password: str | None = None
) -> AsyncIterator[RawWallbox]:
    """Connect one that is let in and has booted; its end is a line that breaks."""
    headers = [] if password is None else [basic(station_id, password)]
    async with await RawClient.connect(port) as client:
        await client.upgrade(request(f"/{station_id}", *headers))
        box = RawWallbox(client)
        await box.ask("BootNotification", BOOT)
        yield box


async def knock(
    port: int, target: str, *headers: str, protocol: str | None = "ocpp1.6", own_host: str = ""
) -> int:
    """The HTTP status that an upgrade request is answered with; 0 where nothing came."""
    async with await RawClient.connect(port, own_host=own_host) as client:
        client.send(request(target, *headers, protocol=protocol))
        try:
            return (await client.head())[0]
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0
