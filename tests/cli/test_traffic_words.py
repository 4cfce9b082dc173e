from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from wattgate.cli.traffic_words import Frame, frame_line

AT = datetime(2026, 5, 15, 12, 0, 0, 123_456, tzinfo=UTC)
FRAME = Frame(
    7, AT, "wallbox CP1", "in", "call", "m1", "Heartbeat", None, "answered", "here", "[]", 2, 0
)
TIME = f"{AT.astimezone():%H:%M:%S}.123"


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, f"{TIME}  #7  wallbox ->  Heartbeat  [answered: here]  []"),
        (
            {"direction": "out", "kind": "result", "answers": 6, "reason": ""},
            f"{TIME}  #7  wallbox <-  Heartbeat answered (#6)  [answered]  []",
        ),
        (
            {"link": "backend a b", "kind": "error", "answers": 6, "decision": "rejected"},
            f"{TIME}  #7  backend ->  Heartbeat refused (#6)  [rejected: here]  []",
        ),
        ({"kind": "junk", "action": ""}, f"{TIME}  #7  wallbox ->  junk  [answered: here]  []"),
        (
            {"left_out": 3},
            "(3 frames were not recorded)\n"
            f"{TIME}  #7  wallbox ->  Heartbeat  [answered: here]  []",
        ),
    ],
)
def test_a_frame_is_a_line_with_time_arrow_action_and_decision(
    facts: dict[str, Any], line: str
) -> None:
    assert frame_line(msgspec.structs.replace(FRAME, **facts)) == line


def test_a_long_frame_is_shown_in_part() -> None:
    line = frame_line(msgspec.structs.replace(FRAME, text="x" * 500))
    assert line.endswith("x…")
    assert len(line) < 200


def test_a_frame_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in frame_line(msgspec.structs.replace(FRAME, text="\x1b[2J", reason="\x1b"))
