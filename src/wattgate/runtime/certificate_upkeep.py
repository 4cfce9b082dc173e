"""Keeps the certificates as they should be while the manager runs."""

import asyncio
from typing import Final, Protocol

import structlog

from wattgate.ports.store import StoreFailed

log = structlog.get_logger()

LOOK_S: Final = 10.0
"""s until it is noticed that somebody has changed the files, as a backup that is put back."""

RENEW_S: Final = 3600.0
"""s from one look at the self-signed certificates to the next."""


class Reloaded(Protocol):
    """Something whose files others may change."""

    async def reload(self) -> bool:
        """Read what somebody else has changed; says whether there was anything."""
        ...


class Kept(Reloaded, Protocol):
    """Certificates on a disk."""

    async def keep_self_signed(self) -> bool:
        """Renew the self-signed certificates where it is time; says whether it was."""
        ...


class CertificateUpkeep:
    """Renews what renews itself (P21), and notices what somebody else has put into the files.

    Handshakes use what is new; open connections go on.
    """

    def __init__(self, kept: Kept, *others: Reloaded) -> None:
        self._kept = kept
        self._all = (kept, *others)

    async def run(self) -> None:
        """Look after them for ever."""
        while True:
            await self._renew()
            for _ in range(int(RENEW_S / LOOK_S)):
                await asyncio.sleep(LOOK_S)
                await self._reload()

    async def _reload(self) -> None:
        changed = [await self._look(each) for each in self._all]
        if any(changed):
            log.info("certificates read again, as their files have changed")

    async def _look(self, each: Reloaded) -> bool:
        try:
            return await each.reload()
        except (OSError, StoreFailed) as exc:
            # Out of descriptors or memory: what is known counts on, and the next look may see more.
            log.warning("files of certificates cannot be read now", reason=str(exc))
            return False

    async def _renew(self) -> None:
        try:
            if await self._kept.keep_self_signed():
                log.info("self-signed certificates renewed")
        except (OSError, StoreFailed) as exc:
            log.warning("self-signed certificates not renewed", reason=str(exc))
