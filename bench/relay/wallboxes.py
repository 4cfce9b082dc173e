"""Simulated wallboxes: they boot, then each sends one DataTransfer after the other."""

import asyncio
from collections.abc import Sequence

from bench.relay.messages import ANSWER, BOOT, QUESTION, SUBPROTOCOL, call, result
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

READY_S = 20.0
"""How long it may take until every wallbox reaches the backend."""

LAST_ANSWER_S = 5.0

RETRY_S = 0.1
"""A manager answers for a backend that it has not logged in to yet; then we ask again."""


class RelayError(Exception):
    """A subject did not relay what it was given."""


class Wallbox(WSListener):
    """One connection with at most one CALL open.

    `is_idle` is set while none is; an answer that is not the backend's, character for character,
    is a failure.
    """

    def __init__(self) -> None:
        super().__init__()
        self.done = 0
        self.failure: str | None = None
        self.is_idle = asyncio.Event()
        self.is_sending = False
        self._reaches_backend = False
        self._expected = ""
        self._number = 0
        self._transport: WSTransport

    def begin(self) -> None:
        """Send one message after the other."""
        self.is_sending = True
        self.is_idle.clear()
        self._ask("DataTransfer", QUESTION)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._ask("BootNotification", BOOT)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT:
            return
        text = frame.get_payload_as_utf8_text()
        if not self._reaches_backend:
            self._await_backend(text)
        elif text != self._expected:
            self.failure = f"expected {self._expected}, got {text}"
            self.is_idle.set()
        else:
            self.done += 1
            if self.is_sending:
                self._ask("DataTransfer", QUESTION)
            else:
                self.is_idle.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.failure = self.failure or "the connection was lost"
        self.is_idle.set()

    def _await_backend(self, text: str) -> None:
        if text == self._expected:
            self._reaches_backend = True
            self.is_idle.set()
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(RETRY_S, self._ask, "DataTransfer", QUESTION)

    def _ask(self, action: str, payload_text: str) -> None:
        self._number += 1
        unique_id = str(self._number)
        self._expected = result(unique_id, ANSWER)
        self._transport.send(WSMsgType.TEXT, call(unique_id, action, payload_text).encode())


class Fleet:
    """All wallboxes of one subject."""

    def __init__(self, name: str, wallboxes: Sequence[Wallbox]) -> None:
        self._name = name
        self._wallboxes = wallboxes

    async def run(self, duration_s: float) -> int:
        """Send for so long, wait for the last answers; how many round trips that were."""
        before = sum(wallbox.done for wallbox in self._wallboxes)
        for wallbox in self._wallboxes:
            wallbox.begin()
        await asyncio.sleep(duration_s)
        for wallbox in self._wallboxes:
            wallbox.is_sending = False
        await self.until_idle(LAST_ANSWER_S)
        return sum(wallbox.done for wallbox in self._wallboxes) - before

    async def until_idle(self, at_most_s: float) -> None:
        """Wait until no message is under way.

        Raises:
            RelayError: an answer was wrong or missing.
        """
        try:
            async with asyncio.timeout(at_most_s):
                for wallbox in self._wallboxes:
                    await wallbox.is_idle.wait()
        except TimeoutError:
            raise RelayError(f"{self._name}: a message was not answered") from None
        for wallbox in self._wallboxes:
            if wallbox.failure is not None:
                raise RelayError(f"{self._name}: {wallbox.failure}")


async def connect(name: str, port: int, charge_box_ids: Sequence[str]) -> Fleet:
    """Connect one wallbox per id, and wait until each has reached the backend."""
    wallboxes: list[Wallbox] = []
    for charge_box_id in charge_box_ids:
        url = f"ws://127.0.0.1:{port}/{charge_box_id}"
        headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
        wallbox = Wallbox()
        await ws_connect(lambda wallbox=wallbox: wallbox, url, extra_headers=headers)
        wallboxes.append(wallbox)
    fleet = Fleet(name, wallboxes)
    await fleet.until_idle(READY_S)
    return fleet
