"""The heartbeats of one login at a backend (OCPP 1.6 §4.6, R46)."""

import asyncio
from contextlib import suppress
from typing import Final

from wattgate.core.gateway.link.registration import LONGEST_S
from wattgate.ports.clock import Clock
from wattgate.runtime.gateway.link.backend_clock import BackendClock
from wattgate.runtime.peer import Peer

_EARLY_S: Final = 0.1
"""s a heartbeat may be early: a pause shorter than this is not worth waiting for."""


class Heartbeats:
    """When the next heartbeat is due, and what time its answer told.

    `interval_s` is what the backend last said; None before it accepts us.
    """

    def __init__(self, clock: Clock, backend_clock: BackendClock) -> None:
        self.interval_s: float | None = None
        self._clock = clock
        self._backend_clock = backend_clock
        self._paced_anew = asyncio.Event()

    def every(self, interval_s: float) -> None:
        """Beat at another pace from now on."""
        self.interval_s = interval_s
        self._paced_anew.set()

    def now(self, peer: Peer) -> None:
        """Send one out of turn; one that waits will do, however often it is asked for."""
        heard = self._backend_clock.heard
        peer.ask("Heartbeat", "{}", heard, timeout_s=60.0, coalesce_key="heartbeat")

    async def beat(self, peer: Peer) -> None:
        """Send one whenever nothing else was sent for an interval; ends without an interval."""
        while self.interval_s is not None:
            self._paced_anew.clear()
            now = self._clock.monotonic()
            silent_s = now - peer.last_sent_at
            due_s = min(self.interval_s - silent_s, self._backend_clock.due_s(now))
            if due_s <= _EARLY_S:
                self._backend_clock.heard(await peer.call("Heartbeat", "{}", timeout_s=60.0))
                due_s = min(self.interval_s, LONGEST_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(due_s):
                    await self._paced_anew.wait()
