"""Where `wattgate cert` works, and how it ends."""

import asyncio
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import typer

from wattgate.adapters.data_folder import FolderInUse, working_on
from wattgate.app import CERTIFICATES, open_office
from wattgate.cli.api_client import ApiError
from wattgate.cli.api_trust import trusting_just
from wattgate.cli.cert_desk import Desk, RemoteDesk
from wattgate.cli.cert_local import LocalDesk
from wattgate.cli.evse_login import MisuseError, log_in
from wattgate.cli.logs import warn_on_stderr
from wattgate.core.errors import ConfigError
from wattgate.core.security.certificates import SERVER_SET
from wattgate.ports.store import StoreFailed

Act = Callable[[Desk], int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the certificates are, and how one logs in there; as the options of the commands."""

    data: Path
    url: str
    password: str = field(repr=False)
    ca: str


def at_desk(place: Place, act: Act) -> int:
    """Do something with certificates, and say what kept it from being done.

    At the manager at the URL; without one, at the manager that runs on the data folder, or else in
    that folder. Returns the exit status.
    """
    warn_on_stderr()
    try:
        if place.url:
            return act(RemoteDesk(log_in(place.url, place.password, place.ca), place.url))
        return _in_folder(place, act)
    except MisuseError as exc:
        typer.echo(str(exc), err=True)
        return 2
    except ConfigError as exc:
        lines = "\n  ".join(str(problem) for problem in exc.problems)
        typer.echo(f"It did not work: Nothing has been changed.\n  {lines}", err=True)
    except (ApiError, StoreFailed, FolderInUse) as exc:
        typer.echo(f"It did not work: {exc}", err=True)
    except OSError as exc:
        typer.echo(f"It did not work: {place.data}: {exc.strerror or exc}", err=True)
    return 1


def _in_folder(place: Place, act: Act) -> int:
    data = place.data
    _check_owner(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with working_on(data), asyncio.Runner() as runner:
            return act(LocalDesk(runner.run(open_office(data)), runner))
    except FolderInUse as exc:
        if not exc.url:
            raise
        manager = exc.url
    shown = (data / CERTIFICATES / SERVER_SET).glob("own-*.pem")
    known = trusting_just(shown) if manager.startswith("https:") else None
    api = log_in(manager, place.password, place.ca, known)
    return act(RemoteDesk(api, manager, is_here=True))


def _check_owner(data: Path) -> None:
    """What another user makes in it, root first of all, the manager could not read."""
    try:
        owner = data.stat().st_uid
    except FileNotFoundError:
        return
    if owner != os.geteuid():
        raise MisuseError(f"{data} belongs to {_name_of(owner)}: only that user may work in it")


def _name_of(number: int) -> str:
    try:
        return f"the user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"the user with the number {number}"
