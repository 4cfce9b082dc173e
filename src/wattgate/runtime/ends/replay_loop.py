"""Plays a recording against a manager: dials it, speaks in turn, answers what it asks."""

import asyncio
from collections.abc import Callable

from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.replay.player import Difference, Player, Turn
from wattgate.ports.links import Dialer, DialTarget
from wattgate.runtime.peer import NoAnswer, Peer, Tools

ANSWER_S = 60.0
"""s that an answer is waited for."""


class ReplayLoop:
    """One play. The owner of its peer; `report` gets every difference at once.

    `speed` is how many times faster than recorded it goes; None: the next CALL follows at once when
    the one before has its answer.
    """

    def __init__(
        self,
        player: Player,
        dialer: Dialer,
        tools: Tools,
        report: Callable[[Difference], None],
        *,
        speed: float | None = 1.0,
    ) -> None:
        self._player = player
        self._dialer = dialer
        self._tools = tools
        self._report = report
        self._speed = speed
        self._lost = ""

    async def run(self, target: DialTarget) -> str:
        """Play to the end; says why it ended before, empty where it did not.

        Raises:
            DialFailed: nobody takes the connection.
        """
        peer = Peer("replay", self, self._tools)
        await self._dialer.dial(target, peer)
        began = self._tools.clock.monotonic()
        while (turn := self._player.next()) is not None:
            await self._wait(turn, began)
            if not peer.is_open:
                return self._lost
            await self._play(peer, turn)
        peer.close(1000, "the recording ends")
        return ""

    async def _wait(self, turn: Turn, began: float) -> None:
        if self._speed is not None:
            due = began + turn.after_s / self._speed
            await asyncio.sleep(max(0.0, due - self._tools.clock.monotonic()))

    async def _play(self, peer: Peer, turn: Turn) -> None:
        text = self._player.payload_of(turn)
        outcome = await peer.call(turn.call.action, text, timeout_s=ANSWER_S)
        answer = None if isinstance(outcome, NoAnswer) else outcome
        difference = self._player.answered(turn, answer)
        if difference is not None:
            self._report(difference)

    # PeerOwner

    def peer_opened(self, peer: Peer) -> None:
        """The manager is there."""

    def peer_called(self, peer: Peer, call: Call) -> None:
        """Answer the manager as the wallbox did."""
        match self._player.answer_to(call):
            case CallResult(_, payload_text):
                peer.answer(call.unique_id, payload_text)
            case CallError(_, code, description, details_text):
                peer.refuse(call.unique_id, code, description, details_text)

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """The manager hung up."""
        self._lost = f"the manager closed the connection: {code} {reason}".strip()
