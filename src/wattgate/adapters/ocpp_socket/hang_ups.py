"""Keeping quiet about whoever hangs up in a TLS handshake: it is reported as a refused attempt.

aiofastnet (1.2) tells the loop's exception handler about it as if it were our error, and with a
class in place of the exception, over which asyncio's own handler stumbles: two tracebacks each
time that anybody on the network closes a connection.
"""

import asyncio
from collections.abc import Callable
from typing import Any

Handler = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]


class QuietHandler:
    """An exception handler of a loop that passes on everything else."""

    def __init__(self, passes_to: Handler | None) -> None:
        self._passes_to = passes_to

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle what nobody has caught."""
        if context.get("exception") is ConnectionResetError:  # the class: no error has happened
            return
        if self._passes_to is None:
            loop.default_exception_handler(context)
        else:
            self._passes_to(loop, context)


def keep_quiet_about_hang_ups() -> None:
    """Give the running loop such a handler, once."""
    loop = asyncio.get_running_loop()
    present = loop.get_exception_handler()
    if not isinstance(present, QuietHandler):
        loop.set_exception_handler(QuietHandler(present))
