"""What the commands of `wattgate key` do; each returns its exit status."""

from urllib.parse import quote

import msgspec
import typer

from wattgate.cli.api_client import PATIENCE_S, ApiClient
from wattgate.cli.evse_run import read, say_json
from wattgate.cli.evse_words import plain


class _Made(msgspec.Struct, frozen=True):
    says: str
    next: str | None
    authorization_key: str | None = None


def show(api: ApiClient, station_id: str, *, as_json: bool) -> int:
    """What opens the door for a wallbox."""
    _say(api.ask("GET", _path(station_id)), as_json=as_json)
    return 0


def new(api: ApiClient, station_id: str, *, as_json: bool) -> int:
    """A key for the installer; alone on its line, so that it can be copied."""
    _say(api.ask("POST", _path(station_id), {}), as_json=as_json)
    return 0


def write(api: ApiClient, station_id: str, *, restart: bool, as_json: bool) -> int:
    """A key for the wallbox; 1 where it has refused it."""
    wish = {"write": True, "restart": restart}
    told = api.ask("POST", _path(station_id), wish, patience_s=PATIENCE_S)
    made = _say(told, as_json=as_json)
    return 0 if made.next is not None else 1


def forget(api: ApiClient, station_id: str, *, as_json: bool) -> int:
    """The site's password holds again."""
    _say(api.ask("DELETE", _path(station_id)), as_json=as_json)
    return 0


def _path(station_id: str) -> str:
    return f"/api/v1/wallboxes/{quote(station_id, safe='')}/key"


def _say(told: bytes, *, as_json: bool) -> _Made:
    made = read(told, _Made)
    if as_json:
        say_json(told)
        return made
    if made.authorization_key is not None:
        typer.echo(plain(made.authorization_key))
    typer.echo(plain(made.says), err=made.authorization_key is not None)
    return made
