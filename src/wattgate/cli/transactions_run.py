"""What `wattgate transactions` does; each command returns its exit status."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import typer

from wattgate.cli.api_client import PATIENCE_S, ApiClient
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_run import read, say_json
from wattgate.cli.evse_words import plain

_CHARS: Final = 60
"""Of a signed text that are shown: what it is can be seen by its beginning."""


class _Transaction(msgspec.Struct, frozen=True):
    id: int
    evse: str
    id_tag: str
    started_at: str
    stopped_at: str | None


class _Frame(msgspec.Struct, frozen=True):
    way: str
    end: str
    action: str
    at: str
    text_sha256: str


class _Signed(msgspec.Struct, frozen=True):
    text: str
    was_sent: bool
    verdict: str
    reason: str


class Evidence(msgspec.Struct, frozen=True):
    """What the API says of a transaction, as far as it is shown."""

    transaction: _Transaction
    verdict: str
    frames: tuple[_Frame, ...]
    signed: tuple[_Signed, ...]
    contradictions: tuple[str, ...]


def evidence(api: ApiClient, transaction_id: int, *, save: str, as_json: bool) -> int:
    """Show or save the evidence of a transaction; 1 where a signature in it is wrong."""
    told = api.ask("GET", f"/api/v1/transactions/{transaction_id}/evidence", patience_s=PATIENCE_S)
    found = read(told, Evidence)
    if save:
        _save(told, Path(save))
    if as_json:
        say_json(told)
    else:
        for line in words_of(found):
            typer.echo(plain(line))
    return 1 if found.verdict == "red" else 0


def words_of(found: Evidence) -> Iterator[str]:
    """The evidence in lines for a person."""
    of = found.transaction
    until = f"to {of.stopped_at}" if of.stopped_at else "and still open"
    yield f"Transaction {of.id} at {of.evse}, card {of.id_tag}: from {of.started_at} {until}"
    for number, frame in enumerate(found.frames, 1):
        yield (
            f"  {number:3} {frame.at}  {frame.way:8}  {frame.end}  {frame.action}  "
            f"sha256 {frame.text_sha256[:16]}"
        )
    for each in found.signed:
        went = "" if each.was_sent else "; the backend has not taken these characters"
        yield f"  {each.verdict}: {each.reason}{went}"
        yield f"      {each.text[:_CHARS]}{'...' if len(each.text) > _CHARS else ''}"
    yield from (f"  contradiction: {each}" for each in found.contradictions)
    if found.frames:
        yield f"  signed data: {found.verdict}"
    else:
        yield "  no message of it is kept: see evidence_frames and evidence_days in [storage]"


def _save(told: bytes, file: Path) -> None:
    """What is evidence overwrites nothing."""
    try:
        with file.open("xb") as opened:
            opened.write(told)
    except OSError as exc:
        raise MisuseError(f"--save {file}: {exc.strerror or exc}") from None
    typer.echo(f"Saved: {file}", err=True)
