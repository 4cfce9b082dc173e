"""The command lines of the test backend, as a table: what they are called, and what they ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from wattgate.core.backend import requests
from wattgate.core.backend.lines import split_words
from wattgate.core.backend.orders import (
    REGISTRATIONS,
    AskStation,
    Command,
    DropStation,
    ForgetTag,
    Help,
    InstallRoot,
    ListStations,
    ListTag,
    Quit,
    SetRegistration,
)

Build = Callable[[list[str], datetime], Command]


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """A line that is no command, and what is wrong with it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Form:
    """How a command is written: its words after the verb, required ones first.

    With `rest`, the last word runs to the end of the line, verbatim.
    """

    usage: str
    required: int
    allowed: int | None
    build: Build
    rest: bool = False


def _tag(words: list[str], _wall: datetime) -> Command:
    match words:
        case ["add", tag]:
            return ListTag(tag, "Accepted")
        case ["block", tag]:
            return ListTag(tag, "Blocked")
        case ["remove", tag]:
            return ForgetTag(tag)
        case _:
            raise ValueError("add, block or remove?")


def _boot(words: list[str], _wall: datetime) -> Command:
    for status in REGISTRATIONS:
        if status.lower() == words[0]:
            return SetRegistration(status)
    raise ValueError("accepted, pending or rejected?")


def _call(words: list[str], _wall: datetime) -> Command:
    station_id, action, payload_text = words[0], words[1], words[2] if len(words) > 2 else "{}"
    try:
        msgspec.json.decode(payload_text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError(f"that is no JSON: {error}") from error
    return AskStation(station_id, action, payload_text)


FORMS: Final[dict[str, Form]] = {
    "list": Form("list", 0, 0, lambda _w, _t: ListStations()),
    "start": Form("start ID TAG [CONNECTOR] [LIMIT_A]", 2, 4, requests.start),
    "stop": Form("stop ID TXID", 2, 2, requests.stop),
    "profile": Form("profile ID CURRENT_A [DURATION_S]", 2, 3, requests.profile),
    "clear": Form("clear ID", 1, 1, requests.clear),
    "composite": Form("composite ID [CONNECTOR] [DURATION_S]", 1, 3, requests.composite),
    "reset": Form("reset ID soft|hard", 2, 2, requests.reset),
    "config": Form("config ID [KEY...]", 1, None, requests.config),
    "set": Form("set ID KEY VALUE", 3, 3, requests.set_key, rest=True),
    "unlock": Form("unlock ID [CONNECTOR]", 1, 2, requests.unlock),
    "available": Form("available ID on|off [CONNECTOR]", 2, 3, requests.available),
    "trigger": Form("trigger ID MESSAGE [CONNECTOR]", 2, 3, requests.trigger),
    "data": Form("data ID VENDOR MESSAGE TEXT", 4, 4, requests.data, rest=True),
    "call": Form("call ID ACTION JSON", 2, 3, _call, rest=True),
    "install-root": Form("install-root ID", 1, 1, lambda w, _t: InstallRoot(w[0])),
    "roots": Form("roots ID", 1, 1, requests.roots),
    "remove-root": Form("remove-root ID NAME_HASH KEY_HASH SERIAL", 4, 4, requests.remove_root),
    "certificate": Form("certificate ID", 1, 1, requests.certificate),
    "tag": Form("tag add|remove|block TAG", 2, 2, _tag),
    "boot": Form("boot accepted|pending|rejected", 1, 1, _boot),
    "drop": Form("drop ID", 1, 1, lambda w, _t: DropStation(w[0])),
    "help": Form("help", 0, 0, lambda _w, _t: Help()),
    "quit": Form("quit", 0, 0, lambda _w, _t: Quit()),
}
"""Every command, by its verb."""

HELP: Final = "\n".join(form.usage for form in FORMS.values())
"""How every command is written, one per line."""


def read_command(line: str, wall: datetime) -> Command | Misunderstood | None:
    """Understand one line; None for an empty one. `wall` dates what has a start."""
    verb, _, text = line.strip().partition(" ")
    if not verb:
        return None
    form = FORMS.get(verb)
    if form is None:
        return Misunderstood(f"unknown command {verb!r}; try help")
    words = split_words(text.strip(), form.allowed if form.rest else None)
    if len(words) < form.required or (form.allowed is not None and len(words) > form.allowed):
        return Misunderstood(f"usage: {form.usage}")
    try:
        return form.build(words, wall)
    except ValueError as error:
        return Misunderstood(f"usage: {form.usage} ({error})")
