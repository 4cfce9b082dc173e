"""A program that talks to a terminal: for what asks for a passphrase, and takes it from nothing
else."""

import os
import pty
import re
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

LIMIT_S: Final = 60.0
"""s that a program may be silent."""

_ON_ITS_TERMINAL: Final = (
    "import fcntl, os, sys, termios;"
    "os.setsid();"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def run_on_terminal(
    *words: str | Path, folder: Path, prompt: str, answer: str, **environment: str
) -> tuple[int, str]:
    """Run a program on a terminal of its own; gives its exit status and all that it showed.

    Whenever it shows what the pattern `prompt` matches, `answer` is typed.
    """
    ours, its = pty.openpty()
    program = subprocess.Popen(  # noqa: S603 - what a test asks for
        [sys.executable, "-c", _ON_ITS_TERMINAL, *map(str, words)],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=folder,
        env={**os.environ, **environment},
    )
    os.close(its)
    try:
        shown = _converse(ours, re.compile(prompt), answer)
        return program.wait(LIMIT_S), shown
    finally:
        program.kill()
        program.wait()
        os.close(ours)


def _converse(terminal: int, prompt: re.Pattern[str], answer: str) -> str:
    shown, answered = b"", 0
    while piece := _read(terminal):
        shown += piece
        for _ in prompt.findall(shown.decode(errors="replace"))[answered:]:
            os.write(terminal, f"{answer}\n".encode())
            answered += 1
    return shown.decode(errors="replace")


def _read(terminal: int) -> bytes:
    """What comes next; nothing when the program has ended."""
    readable, _, _ = select.select([terminal], [], [], LIMIT_S)
    assert readable, "it shows nothing and does not end"
    with suppress(OSError):  # EIO: nobody has the other side open any more (pty(7))
        return os.read(terminal, 4096)
    return b""
