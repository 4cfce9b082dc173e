"""Events of the test backend as lines of text."""

import sys
from datetime import datetime

import msgspec

from wattgate.core.backend.events import Event, record, words


def event_line(event: Event, wall: datetime, *, as_json: bool) -> str:
    """Write an event as one JSON object with the time as `at`, or as time and words.

    In words, what a terminal would take for a control character is written out.
    """
    if as_json:
        return msgspec.json.encode({**record(event), "at": wall.isoformat()}).decode()
    return f"{wall.astimezone():%H:%M:%S} {_printable(words(event))}"


def print_line(line: str) -> bool:
    """Print in UTF-8, at once; False when nobody reads any more."""
    try:
        sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        return False
    return True


def _printable(text: str) -> str:
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )
