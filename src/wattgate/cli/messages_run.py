"""What the commands of `wattgate messages` do; each returns its exit status."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

import msgspec
import typer

from wattgate.cli.api_client import ApiClient
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_run import read, say_json
from wattgate.cli.evse_words import plain

LETTERS: Final = "/api/v1/dead-letters"

_SHOWN: Final = 100
"""Characters of a payload that a line shows."""


class Letter(msgspec.Struct, frozen=True):
    """What the API says of a message, as far as it is shown."""

    number: int
    backend: str
    action: str
    payload_text: str
    attempts: int
    reason: str
    deliverable: bool
    at: str


class _Resending(msgspec.Struct, frozen=True):
    says: str


def list_all(api: ApiClient, *, as_json: bool) -> int:
    """Every message in two lines."""
    told = api.ask("GET", LETTERS)
    if as_json:
        say_json(told)
        return 0
    letters = read(told, tuple[Letter, ...])
    for line in _lines(letters):
        typer.echo(line)
    return 0


def resend(api: ApiClient, number: int, backend: str, *, as_json: bool) -> int:
    """Queue one message again, or all of a backend; raises MisuseError for neither and both."""
    if bool(number) == bool(backend):
        raise MisuseError("Say which: the number of a message, or --backend for all of its own")
    one, all_of = f"{LETTERS}/{number}/resend", f"{LETTERS}/resend?backend={quote(backend)}"
    told = api.ask("POST", one if number else all_of)
    if as_json:
        say_json(told)
    else:
        typer.echo(plain(read(told, _Resending).says))
    return 0


def _lines(letters: Sequence[Letter]) -> Iterator[str]:
    if not letters:
        yield "No message was given up."
    for letter in letters:
        whose = "" if letter.deliverable else " (no backend of the site)"
        attempts = f"{letter.attempts} attempts" if letter.attempts != 1 else "1 attempt"
        yield plain(
            f"{letter.number}  {letter.at}  {letter.action}  {letter.backend}{whose}  "
            f"{attempts}: {letter.reason}"
        )
        yield plain(f"    {letter.payload_text[:_SHOWN]}")
