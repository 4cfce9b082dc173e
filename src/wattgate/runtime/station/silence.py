"""Finds out by its traffic that a wallbox is gone which answers no pings (R28)."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from wattgate.ports.clock import Clock
from wattgate.runtime.peer import Peer

log = structlog.get_logger()

MISSED_HEARTBEATS: Final = 2
"""Heartbeats in a row that must be missing."""

GOING_AWAY: Final = 1001


async def close_when_silent(peer: Peer, heartbeat_s: Callable[[], float], clock: Clock) -> None:
    """Watch a connection until it ends; `heartbeat_s` is what the wallbox was asked for, s."""
    while peer.is_open:
        left_s = peer.last_heard_at + MISSED_HEARTBEATS * heartbeat_s() - clock.monotonic()
        if left_s <= 0:
            log.warning("nothing is heard any more", link=peer.name)
            peer.cut(GOING_AWAY, "nothing was heard for two heartbeats")
            return
        await asyncio.sleep(left_s)
