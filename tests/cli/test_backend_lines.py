import io
import json
import sys
from datetime import UTC, datetime
from typing import Final

import pytest

from wattgate.cli.backend_lines import event_line, print_line
from wattgate.core.backend.events import Called

WALL: Final = datetime(2026, 1, 1, 10, 0, 0, tzinfo=UTC)
EVENT: Final = Called("CP1", "DataTransfer", "m1", '{"data": "1.10\\/ä"}')


class _Tube:
    """Standard output as seen from its bytes."""

    def __init__(self, buffer: io.RawIOBase | io.BytesIO) -> None:
        self.buffer = buffer


class _ClosedEnd(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, _data: object) -> int:
        raise BrokenPipeError


def test_a_json_line_carries_payload_text_and_time() -> None:
    assert json.loads(event_line(EVENT, WALL, as_json=True)) == {
        "event": "call",
        "id": "CP1",
        "action": "DataTransfer",
        "message_id": "m1",
        "payload_text": '{"data": "1.10\\/ä"}',
        "at": "2026-01-01T10:00:00+00:00",
    }


def test_a_line_for_people_begins_with_the_time() -> None:
    line = event_line(EVENT, WALL, as_json=False)
    assert line[8:] == ' CP1: DataTransfer {"data": "1.10\\/ä"}'


def test_a_terminal_is_not_given_control_characters() -> None:
    event = Called("CP1", "\x1b[2J", "m1", "{}")
    assert event_line(event, WALL, as_json=False).endswith(" CP1: \\x1b[2J {}")


def test_lines_are_printed_in_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", _Tube(buffer))
    assert print_line("ä")
    assert buffer.getvalue() == b"\xc3\xa4\n"


def test_a_reader_that_went_away_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _Tube(_ClosedEnd()))
    assert not print_line("x")
