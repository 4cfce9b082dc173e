"""The options of `wattgate backend`, read and checked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wattgate.cli.backend_tls import BackendTls, ServerTls, opened
from wattgate.core.backend.admission import Guests
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.memory import Memory
from wattgate.core.backend.tags import Tags
from wattgate.core.errors import ConfigError, Problem
from wattgate.runtime.ends.state_file import StateFile

LARGEST_ID = 2**31 - 1
"""The largest transactionId that every charge point can keep (R60)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOptions:
    """What was written on the command line."""

    host: str = "127.0.0.1"
    port: str = "9000"
    password: str = ""
    id_passwords: Sequence[str] = ()
    known: Sequence[str] = ()
    tags: Sequence[str] = ()
    accept_all: bool | None = None
    vendors: Sequence[str] = ()
    first_transaction_id: str = "5000"
    dedupe: bool = True
    require_boot: bool = False
    interval: str = "300"
    state: Path | None = None
    tls: ServerTls = field(default_factory=ServerTls)
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """What it means; `file` and `memory` None without a state file, or before its first write."""

    host: str
    port: int
    guests: Guests
    manners: Manners
    tags: Tags
    file: StateFile | None
    memory: Memory | None
    tls: BackendTls = field(default_factory=BackendTls)
    authority: Path | None = None


def read_options(raw: RawOptions, now: datetime) -> BackendOptions:
    """Understand the options; the files that they name are read, nothing is written.

    A passphrase that is needed is asked for; certificates have to be valid `now`.

    Raises:
        ConfigError: with everything that is wrong, each under its option's name.
    """
    problems: list[Problem] = []
    options = BackendOptions(
        host=raw.host,
        port=_whole("--port", raw.port, 0, 65535, problems),
        guests=Guests(frozenset(raw.known), raw.password, _passwords(raw.id_passwords, problems)),
        manners=Manners(
            interval_s=_whole("--interval", raw.interval, 0, LARGEST_ID, problems),
            first_transaction_id=_whole(
                "--first-transaction-id", raw.first_transaction_id, 1, LARGEST_ID, problems
            ),
            dedupe=raw.dedupe,
            require_boot=raw.require_boot,
            vendors=_vendors(raw.vendors),
        ),
        tags=_tags(raw),
        file=None if raw.state is None else StateFile(raw.state),
        memory=_memory(raw.state, problems),
        tls=opened(raw.tls, raw.host, now, problems),
        authority=raw.authority,
    )
    if problems:
        raise ConfigError(problems)
    return options


def _whole(name: str, text: str, least: int, most: int, problems: list[Problem]) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        problems.append(Problem(name, f"{text!r} is no whole number from {least} to {most}"))
    return number


def _passwords(pairs: Sequence[str], problems: list[Problem]) -> Mapping[str, str]:
    passwords: dict[str, str] = {}
    for pair in pairs:
        station_id, sign, password = pair.partition("=")
        if station_id and sign:
            passwords[station_id] = password
        else:
            problems.append(Problem("--id-password", "is written ID=PASSWORD"))
    return passwords


def _vendors(pairs: Sequence[str]) -> Mapping[str, str | None]:
    parts = [pair.partition("=") for pair in pairs]
    return {vendor: data if sign else None for vendor, sign, data in parts}


def _tags(raw: RawOptions) -> Tags:
    accept_all = not raw.tags if raw.accept_all is None else raw.accept_all
    tags = Tags(accept_all)
    for id_tag in raw.tags:
        tags = tags.listing(id_tag, "Accepted")
    return tags


def _memory(state: Path | None, problems: list[Problem]) -> Memory | None:
    if state is None:
        return None
    if not state.absolute().parent.is_dir():
        problems.append(Problem("--state", f"there is no directory {state.absolute().parent}"))
        return None
    try:
        return StateFile(state).read()
    except ConfigError as error:
        problems.extend(Problem("--state", str(problem)) for problem in error.problems)
        return None
