"""Frames as lines of text. What wallboxes and backends say cannot steer the terminal."""

from datetime import datetime
from typing import Final

import msgspec

from wattgate.cli.evse_words import plain


class Frame(msgspec.Struct, frozen=True):
    """What the API says of a frame."""

    number: int
    at: datetime
    link: str
    direction: str
    kind: str
    message_id: str
    action: str
    answers: int | None
    decision: str
    reason: str
    text: str
    chars: int
    left_out: int


_ARROWS: Final = {"in": "->", "out": "<-"}
"""To the manager and away from it."""

_CHARS: Final = 120
"""Of the frame's text that are shown."""

_GAP: Final = "  "


def frame_line(frame: Frame) -> str:
    """One frame, and before it how many are missing."""
    side = frame.link.split(" ", 1)[0]
    what = frame.action or frame.kind
    if frame.answers is not None:
        what = f"{what} {'refused' if frame.kind == 'error' else 'answered'} (#{frame.answers})"
    decision = f"{frame.decision}: {frame.reason}" if frame.reason else frame.decision
    text = frame.text if len(frame.text) <= _CHARS else f"{frame.text[: _CHARS - 1]}…"
    cells = (
        f"{frame.at.astimezone():%H:%M:%S.%f}"[:-3],
        f"#{frame.number}",
        f"{side:7} {_ARROWS.get(frame.direction, frame.direction)}",
        what,
        f"[{decision}]",
        text,
    )
    line = plain(_GAP.join(cells))
    return f"({frame.left_out} frames were not recorded)\n{line}" if frame.left_out else line
