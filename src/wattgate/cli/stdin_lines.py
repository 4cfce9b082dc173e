"""Lines typed at a running command."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable

STDIN = 0
CHUNK_BYTES = 65536


def watch_lines(
    on_line: Callable[[str], None], *, fd: int = STDIN, at_end: Callable[[], None] | None = None
) -> None:
    """Call `on_line` in the running event loop for every line of `fd`; `at_end` at its end.

    A thread, because files and terminals cannot all be waited for; it reads past Python's own
    buffer and is a daemon, so that it holds up neither the loop nor the end of the process.
    """
    loop = asyncio.get_running_loop()

    def tell(do: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, nobody listens
            loop.call_soon_threadsafe(do)

    def read() -> None:
        rest = b""
        while chunk := _read(fd):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace").rstrip("\r")
                tell(lambda text=text: on_line(text))  # type: ignore[misc]  # - binds this line
        if rest:
            last = rest.decode(errors="replace")
            tell(lambda: on_line(last))
        if at_end is not None:
            tell(at_end)

    threading.Thread(target=read, name="stdin", daemon=True).start()


def _read(fd: int) -> bytes:
    """Some bytes; none at the end, and none from a standard input that was closed."""
    try:
        return os.read(fd, CHUNK_BYTES)
    except OSError:
        return b""
