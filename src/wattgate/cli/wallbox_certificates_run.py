"""What the commands of `wattgate cert wallbox` do; each returns its exit status."""

from urllib.parse import quote

import msgspec
import typer

from wattgate.cli.api_client import PATIENCE_S, ApiClient
from wattgate.cli.evse_run import read, say_json
from wattgate.cli.evse_words import plain


class Trusted(msgspec.Struct, frozen=True):
    """An authority that a wallbox trusts, in the words of the API."""

    algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


class _Done(msgspec.Struct, frozen=True):
    says: str


def list_trusted(api: ApiClient, station_id: str, *, as_json: bool) -> int:
    """Whom it trusts, one in a line, as `distrust` takes it."""
    told = api.ask("GET", _path(station_id), patience_s=PATIENCE_S)
    if as_json:
        say_json(told)
        return 0
    trusted = read(told, list[Trusted])
    for each in trusted:
        typer.echo(plain(" ".join(msgspec.structs.astuple(each))))
    if not trusted:
        typer.echo("It trusts nobody in particular.", err=True)
    return 0


def tell(api: ApiClient, station_id: str, what: str, *, as_json: bool) -> int:
    """Have it do something; the reason is told where it does not."""
    return _say(
        api.ask("POST", f"{_path(station_id)}/{what}", patience_s=PATIENCE_S), as_json=as_json
    )


def distrust(api: ApiClient, station_id: str, authority: Trusted, *, as_json: bool) -> int:
    """Have it trust that one no more."""
    body = msgspec.to_builtins(authority)
    told = api.ask("POST", f"{_path(station_id)}/distrust", body, patience_s=PATIENCE_S)
    return _say(told, as_json=as_json)


def _path(station_id: str) -> str:
    return f"/api/v1/wallboxes/{quote(station_id, safe='')}/certificates"


def _say(told: bytes, *, as_json: bool) -> int:
    if as_json:
        say_json(told)
    else:
        typer.echo(plain(read(told, _Done).says))
    return 0
