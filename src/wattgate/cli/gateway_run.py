"""What the commands of `wattgate gateway` do; each returns its exit status."""

from collections.abc import Sequence

import typer

from wattgate.cli.api_client import ApiClient
from wattgate.cli.evse_login import MisuseError, somebody_is_there
from wattgate.cli.evse_run import find, path_of, read, say_json
from wattgate.cli.evse_words import plain
from wattgate.cli.gateway_words import Settings, in_words, settings_of


def list_all(api: ApiClient, evse_id: str, *, as_json: bool) -> int:
    """Every backend of an EVSE."""
    told, _ = _present(api, evse_id)
    return _say(told, as_json=as_json)


def add(api: ApiClient, evse_id: str, words: Sequence[str], *, ask: bool, as_json: bool) -> int:
    """One more."""
    settings = _settings(words, ask=ask)
    find(api, evse_id)
    return _say(api.ask("POST", _path(evse_id), settings), as_json=as_json)


def change(
    api: ApiClient, evse_id: str, number: int, words: Sequence[str], *, ask: bool, as_json: bool
) -> int:
    """Other settings of one."""
    settings = _settings(words, ask=ask)
    version = _with_number(api, evse_id, number)
    told, _ = api.ask_versioned("PATCH", _path(evse_id, number), settings, seen=version)
    return _say(told, as_json=as_json)


def remove(api: ApiClient, evse_id: str, number: int, *, as_json: bool) -> int:
    """One less."""
    version = _with_number(api, evse_id, number)
    told, _ = api.ask_versioned("DELETE", _path(evse_id, number), seen=version)
    return _say(told, as_json=as_json)


def _settings(words: Sequence[str], *, ask: bool) -> Settings:
    settings = settings_of(words)
    if ask:
        if not somebody_is_there():
            raise MisuseError("Nobody is there to be asked: say password=…")
        settings["password"] = typer.prompt(
            "Password at the backend", hide_input=True, confirmation_prompt=True, err=True
        )
    if not settings:
        raise MisuseError("Say at least one setting, as role=report")
    return settings


def _present(api: ApiClient, evse_id: str) -> tuple[bytes, str]:
    find(api, evse_id)
    return api.ask_versioned("GET", _path(evse_id))


def _with_number(api: ApiClient, evse_id: str, number: int) -> str:
    """The version in which the backend has this number; whoever changes it meanwhile was first."""
    told, version = _present(api, evse_id)
    count = len(read(told, list[Settings]))
    if number > count:
        there_are = f"there are {count}" if count else "there is none"
        raise MisuseError(plain(f"No backend of {evse_id} has the number {number}; {there_are}"))
    return version


def _path(evse_id: str, number: int | None = None) -> str:
    path = path_of(evse_id, "gateways")
    return path if number is None else f"{path}/{number}"


def _say(told: bytes, *, as_json: bool) -> int:
    if as_json:
        say_json(told)
        return 0
    gateways = read(told, list[Settings])
    for line in in_words(gateways) if gateways else ("No backend",):
        typer.echo(line)
    return 0
