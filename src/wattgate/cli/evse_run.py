"""What the commands of `wattgate evse` do, apart from the proof; each returns its exit status."""

from typing import TypeVar
from urllib.parse import quote

import msgspec
import typer

from wattgate.cli.api_client import PATIENCE_S, ApiClient, ApiError
from wattgate.cli.evse_answers import Done, Evse
from wattgate.cli.evse_login import MisuseError, somebody_is_there
from wattgate.cli.evse_words import everything, plain, table

EVSES = "/api/v1/evses"

T = TypeVar("T")


def list_all(api: ApiClient, *, as_json: bool) -> int:
    """Every EVSE in a line."""
    told = api.ask("GET", EVSES)
    if as_json:
        say_json(told)
    else:
        for line in table(read(told, tuple[Evse, ...])):
            typer.echo(line)
    return 0


def show(api: ApiClient, evse_id: str, *, as_json: bool) -> int:
    """All about one EVSE."""
    evse = find(api, evse_id)
    if as_json:
        say_json(api.ask("GET", path_of(evse_id)))
    else:
        for line in everything(evse):
            typer.echo(line)
    return 0


def operate(api: ApiClient, evse_id: str, operation: str, *, as_json: bool) -> int:
    """Do something to an EVSE that needs no more than its name."""
    return _post(api, evse_id, operation, None, as_json=as_json)


def select_phases(api: ApiClient, evse_id: str, phases: int, *, as_json: bool) -> int:
    """Have an EVSE charge on one phase or on three."""
    if phases not in (1, 3):
        raise MisuseError("Say 1 or 3: there is nothing in between")
    return _post(api, evse_id, "phases", {"phases": phases}, as_json=as_json)


def _post(api: ApiClient, evse_id: str, operation: str, body: object, *, as_json: bool) -> int:
    find(api, evse_id)
    told = api.ask("POST", path_of(evse_id, operation), body, patience_s=PATIENCE_S)
    done = read(told, Done)
    if as_json:
        say_json(told)
    else:
        typer.echo(plain(done.says))
    return 0 if done.has_worked else 1


def release(api: ApiClient, evse_id: str, *, is_sure: bool, as_json: bool) -> int:
    """Release an EVSE, once somebody has said that it is meant."""
    evse = find(api, evse_id)
    if not is_sure:
        question = (
            f"Nothing limits {plain(evse_id)} any more then, also after a restart, until it is "
            f"activated; it counts with its {evse.limits.max_current_a:g} A. Release it?"
        )
        if not somebody_is_there():
            raise MisuseError("Nobody is there to be asked: say --yes to release it")
        if not typer.confirm(question, err=True):
            return 1
    return operate(api, evse_id, "release", as_json=as_json)


def find(api: ApiClient, evse_id: str) -> Evse:
    """Return the EVSE; raises MisuseError with those that there are."""
    evses = read(api.ask("GET", EVSES), tuple[Evse, ...])
    known = {evse.id: evse for evse in evses}
    if evse_id not in known:
        names = ", ".join(known) or "none"
        raise MisuseError(plain(f"No EVSE has the id {evse_id}; there are: {names}"))
    return known[evse_id]


def path_of(evse_id: str, operation: str = "") -> str:
    """Return the path of an EVSE, whatever its id consists of."""
    return "/".join(filter(None, (EVSES, quote(evse_id, safe=""), operation)))


def read(told: bytes, kind: type[T]) -> T:
    """Read an answer; raises ApiError for one that no manager of this version would give."""
    try:
        return msgspec.json.decode(told, type=kind)
    except msgspec.DecodeError as exc:
        raise ApiError(f"what answers there is no manager of this version: {exc}") from None


def say_json(told: bytes) -> None:
    """Print an answer for programs, one fact per line."""
    typer.echo(msgspec.json.format(told, indent=2).decode())
