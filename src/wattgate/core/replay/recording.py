"""Reads what `wattgate traffic --save` wrote: JSON lines, a header first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.gateway.traffic.masking import CARD, MASKED
from wattgate.core.gateway.traffic.traffic import Direction, Kind
from wattgate.core.gateway.traffic.traffic_text import CUT
from wattgate.core.ocpp.frames import Call, CallError, CallResult, Junk, decode

FORMAT: Final = 1
"""The only one that is understood."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A frame on the wallbox's link; `answers` is the number of the CALL that it answers.

    `is_masked`: something in it was hidden, a card perhaps; `is_cut`: its payload is missing.
    """

    number: int
    at: datetime
    direction: Direction
    action: str
    answers: int | None
    frame: Call | CallResult | CallError
    is_masked: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """The frames between one wallbox and the manager, in order."""

    station_id: str
    frames: tuple[Recorded, ...]


class _Header(msgspec.Struct):
    wattgate_traffic: int
    wallbox: str


class _Line(msgspec.Struct):
    number: int
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    link: str
    direction: Direction
    kind: Kind
    action: str
    text: str
    answers: int | None = None


_read_header: Final = msgspec.json.Decoder(_Header).decode
_read_line: Final = msgspec.json.Decoder(_Line).decode


def read_recording(text: str) -> Recording:
    """Read a whole file.

    Raises:
        ConfigError: every line that cannot be used, or that there is nothing to play.
    """
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise ConfigError([_problem(1, "the file is empty")])
    problems: list[Problem] = []
    header = _header(*lines[0], problems)
    frames = tuple(_frames(lines[1:], problems))
    if not problems and not any(_is_played(each) for each in frames):
        problems.append(_problem(lines[-1][0], "the wallbox sends nothing in this recording"))
    if problems or header is None:
        raise ConfigError(problems)
    return Recording(header.wallbox, frames)


def _is_played(recorded: Recorded) -> bool:
    return recorded.direction is Direction.IN and isinstance(recorded.frame, Call)


def _header(number: int, line: str, problems: list[Problem]) -> _Header | None:
    try:
        header = _read_header(line)
    except msgspec.DecodeError as exc:
        message = f"not the header of a recording (`wattgate traffic --save` writes one): {exc}"
        problems.append(_problem(number, message))
        return None
    if header.wattgate_traffic != FORMAT:
        message = f"format {header.wattgate_traffic}; this version reads format {FORMAT}"
        problems.append(_problem(number, message))
    return header


def _frames(lines: list[tuple[int, str]], problems: list[Problem]) -> Iterator[Recorded]:
    for number, text in lines:
        try:
            line = _read_line(text)
        except msgspec.DecodeError as exc:
            problems.append(_problem(number, str(exc)))
            continue
        if line.kind is Kind.JUNK or not line.link.startswith("wallbox "):
            continue
        frame = decode(line.text)
        if isinstance(frame, Junk):
            problems.append(_problem(number, f"`text` is no OCPP-J frame: {frame.reason}"))
        elif _KINDS[type(frame)] is not line.kind:
            problems.append(_problem(number, f"`text` is no {line.kind}"))
        else:
            yield _recorded(line, frame)


_KINDS: Final[dict[type, Kind]] = {
    Call: Kind.CALL,
    CallResult: Kind.RESULT,
    CallError: Kind.ERROR,
}


def _problem(line: int, message: str) -> Problem:
    """Lines count from 1."""
    return Problem(f"line {line}", message)


def _recorded(line: _Line, frame: Call | CallResult | CallError) -> Recorded:
    return Recorded(
        line.number,
        line.at,
        line.direction,
        line.action,
        line.answers,
        frame,
        is_masked=MASKED in line.text or f'"{CARD}' in line.text,
        is_cut=f'"{CUT}: ' in line.text,
    )
