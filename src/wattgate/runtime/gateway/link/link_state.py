"""Where a login at a backend stands, for whoever shows it and for whoever waits for it."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from wattgate.core.gateway.link.link_status import Fault, LinkPhase, LinkStatus
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.link_words import BACKEND_SECURITY
from wattgate.ports.clock import Clock

log = structlog.get_logger()

_UNDER_WAY: Final = (LinkPhase.CONNECTING, LinkPhase.REGISTERING)


class LinkState:
    """The present status of one link, and the way from one to the next."""

    def __init__(self, link_id: str, reason: str, clock: Clock) -> None:
        self.status = LinkStatus(LinkPhase.IDLE, reason, clock.wall())
        self._link_id = link_id
        self._clock = clock
        self._came_online = asyncio.Event()
        self._last_security: LinkSecurity | None = None

    def connected(self, security: LinkSecurity) -> None:
        """A connection was made; the log tells what it proves when that is not as the last time."""
        self.status = replace(self.status, security=security)
        if security is not self._last_security:
            self._last_security = security
            say = log.warning if security is LinkSecurity.UNVERIFIED else log.info
            say("backend connection", link=self._link_id, security=BACKEND_SECURITY[security])

    def enter(self, phase: LinkPhase, reason: str) -> None:
        """Go on to a phase; the same one again is no news."""
        if phase is LinkPhase.ONLINE:
            self._came_online.set()
        else:
            self._came_online.clear()
        if phase is not self.status.phase or reason != self.status.reason:
            log.info("backend link", link=self._link_id, phase=phase.value, reason=reason)
        self.status = self.status.entered(phase, reason, self._clock.wall())

    def failed(self, fault: Fault, wait_s: float) -> None:
        """Keep what went wrong; the next attempt follows after `wait_s`."""
        at = self._clock.wall()
        self.status = self.status.failed(fault, at, at + timedelta(seconds=wait_s))

    async def settle(self, at_most_s: float) -> None:
        """Wait until a login that is under way has succeeded, at most so many s."""
        if self.status.phase in _UNDER_WAY:
            with suppress(TimeoutError):
                async with asyncio.timeout(at_most_s):
                    await self._came_online.wait()
