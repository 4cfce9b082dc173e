"""What is said when the store cannot keep something."""

import structlog

from wattgate.ports.store import StoreFailed

log = structlog.get_logger()


def say_not_stored(failure: StoreFailed, **about: str) -> None:
    """Log it, without a traceback: a full disk needs none. `about` says what was to be stored."""
    log.error("store failed", reason=str(failure), **about)
