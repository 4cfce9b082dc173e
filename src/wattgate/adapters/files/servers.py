"""The file servers of backends, by the scheme of their URL."""

import asyncio
import ftplib
import http.client
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from wattgate.adapters.files.ftp_client import FtpClient
from wattgate.adapters.files.reaching import ContextSource, addresses_of, failure
from wattgate.adapters.files.threads import Stop, in_thread
from wattgate.adapters.files.web_client import WebClient
from wattgate.core.files.locations import Location
from wattgate.core.files.transfers import Received
from wattgate.ports.files import Progress, Reach, TransferFailed

TRANSFER_S: Final = 7200.0
"""s that one attempt may take: nobody keeps us by being slow."""

LOOK_UP_S: Final = 5.0
"""s that a command waits for the address of its server; whoever connects looks it up again."""


class BackendFileServers:
    """Implements FileServers."""

    def __init__(self, contexts: ContextSource) -> None:
        self._web = WebClient(contexts)
        self._ftp = FtpClient(contexts)

    async def complaint(self, location: Location, reach: Reach) -> str | None:
        """Why this place is none of ours to go to."""
        try:
            async with asyncio.timeout(LOOK_UP_S):
                await in_thread(lambda _: addresses_of(location, reach), name="file server's name")
        except TransferFailed as exc:
            return exc.reason
        except (OSError, UnicodeError):
            return None
        return None

    async def fetch(self, location: Location, path: Path, reach: Reach, progress: Progress) -> None:
        """Write the file to `path`."""
        client = self._ftp if location.is_ftp else self._web
        loop = asyncio.get_running_loop()

        def tell(size: int | None, written: int) -> None:
            loop.call_soon_threadsafe(progress, size, written)

        await _done(lambda stop: client.fetch(location, path, reach, tell, stop))

    async def deliver(
        self, location: Location, path: Path, received: Received, reach: Reach
    ) -> None:
        """Hand the file at `path` over."""
        client = self._ftp if location.is_ftp else self._web
        await _done(lambda stop: client.deliver(location, path, received, reach, stop))


async def _done(work: Callable[[Stop], None]) -> None:
    patience = asyncio.timeout(TRANSFER_S)
    try:
        async with patience:
            await in_thread(work, name="file transfer")
    except ftplib.error_perm as exc:
        raise TransferFailed(f"the server answered {_said(exc)}", is_final=True) from exc
    except ftplib.Error as exc:
        raise TransferFailed(f"the server answered {_said(exc)}") from exc
    except socket.gaierror as exc:
        raise TransferFailed("nobody knows a host of this name") from exc
    except (OSError, EOFError, ValueError, http.client.HTTPException, TransferFailed) as exc:
        if patience.expired():
            words = f"it has not come to its end in {TRANSFER_S / 3600:g} h"
            raise TransferFailed(words) from exc
        raise failure(exc) from exc


def _said(error: Exception) -> str:
    """The status of an FTP answer; its words may repeat what is secret."""
    return f"FTP {str(error)[:3]}"
