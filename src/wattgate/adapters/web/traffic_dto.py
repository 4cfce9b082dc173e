"""Frames as the API shows them, and the file they are downloaded in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from wattgate import __version__
from wattgate.core.gateway.traffic.traffic import Entry

FORMAT: Final = 1
"""Of the file; another number means that older programs cannot read it."""


class TrafficFrame(msgspec.Struct, frozen=True):
    """One OCPP-J frame, and what became of it."""

    number: Annotated[int, Meta(description="Its place in the order of all frames of all links")]
    at: datetime
    link: Annotated[
        str, Meta(description="`wallbox` and its ChargeBox ID, or `backend` and a name")
    ]
    direction: Annotated[str, Meta(description="in or out, seen from the manager")]
    kind: Annotated[str, Meta(description="call, result, error, or junk for what is no frame")]
    message_id: Annotated[str, Meta(description="As the sender of the CALL chose it")]
    action: Annotated[str, Meta(description="Of the CALL, also for its answer; empty: unknown")]
    answers: Annotated[int | None, Meta(description="The number of the CALL that it answers")]
    decision: Annotated[
        str,
        Meta(
            description="open, forwarded, rewritten, stored, answered, absorbed, rejected, or own "
            "for a CALL of the manager itself"
        ),
    ]
    reason: Annotated[str, Meta(description="Why, in a few words; empty where nothing is to say")]
    text: Annotated[str, Meta(description="The frame as it was, secrets masked")]
    chars: Annotated[int, Meta(description="Its length; a longer text than 32768 is cut")]
    left_out: Annotated[
        int, Meta(description="Frames of this link before it that were too many to be recorded")
    ]


class TrafficHeader(msgspec.Struct, frozen=True):
    """The first line of a downloaded file."""

    wattgate_traffic: int
    version: str
    evse: str
    wallbox: str
    made_at: datetime
    first_at: datetime | None
    last_at: datetime | None
    frames: int


def frame_of(entry: Entry) -> TrafficFrame:
    """One frame."""
    return TrafficFrame(
        number=entry.number,
        at=entry.at,
        link=entry.link,
        direction=entry.direction.value,
        kind=entry.kind.value,
        message_id=entry.unique_id,
        action=entry.action,
        answers=entry.answers,
        decision=entry.verdict.handling.value,
        reason=entry.verdict.reason,
        text=entry.text,
        chars=entry.chars,
        left_out=entry.left_out,
    )


def file_of(evse_id: str, station_id: str, entries: Sequence[Entry], made_at: datetime) -> bytes:
    """The frames as JSON lines, a header first."""
    header = TrafficHeader(
        FORMAT,
        __version__,
        evse_id,
        station_id,
        made_at,
        entries[0].at if entries else None,
        entries[-1].at if entries else None,
        len(entries),
    )
    return msgspec.json.Encoder().encode_lines([header, *map(frame_of, entries)])
