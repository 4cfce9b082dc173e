"""The authority of the test backend, with which it signs certificates of charge points."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from wattgate.adapters.certificates.authority import BuiltInAuthority
from wattgate.core.backend.events import Event
from wattgate.core.errors import ConfigError
from wattgate.ports.clock import Clock
from wattgate.ports.store import StoreFailed
from wattgate.runtime.ends.backend_signing import BackendSigning

NAME: Final = "Wattgate test backend"
DAYS: Final = 3650

Report = Callable[[Event], None]


async def open_authority(folder: Path, clock: Clock) -> BuiltInAuthority | str:
    """Open it, or make it the first time; the words why that cannot be."""
    authority = BuiltInAuthority(folder, clock)
    try:
        await authority.open()
        if authority.certificate() is None:
            await authority.create(NAME, "", DAYS)
    except (ConfigError, StoreFailed, OSError) as wrong:
        return f"--authority {folder}: {wrong}"
    return authority


def signing_with(authority: BuiltInAuthority | None, report: Report) -> BackendSigning | None:
    """Who answers requests for certificates; None where nobody is to."""
    return None if authority is None else BackendSigning(authority, report)
