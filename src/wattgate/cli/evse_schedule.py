"""`wattgate evse schedule`: what limits an EVSE from now on, in words."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import typer

from wattgate.cli.api_client import ApiClient
from wattgate.cli.evse_run import find, path_of, read, say_json
from wattgate.cli.evse_words import plain


class Held(msgspec.Struct, frozen=True):
    """What holds from a time on, A per phase, and who allows no more."""

    at: datetime
    limit_a: float
    by: tuple[str, ...]


class Schedule(msgspec.Struct, frozen=True):
    """What the API says of it, as far as it is shown."""

    start: datetime
    fallback_a: float
    limits: tuple[Held, ...]


def schedule(api: ApiClient, evse_id: str, hours: int, *, as_json: bool) -> int:
    """Show what limits an EVSE in so many hours."""
    find(api, evse_id)
    told = api.ask("GET", f"{path_of(evse_id, 'schedule')}?duration_s={hours * 3600}")
    if as_json:
        say_json(told)
    else:
        for line in in_words(evse_id, read(told, Schedule)):
            typer.echo(plain(line))
    return 0


def in_words(evse_id: str, told: Schedule) -> Iterator[str]:
    """A line for each change; the day where it is another than before."""
    yield f"{evse_id}, from {told.start:%a %d %b %H:%M} UTC"
    days = [told.start.date(), *(each.at.date() for each in told.limits)]
    rows = [
        (f"{each.at:%H:%M}" if each.at.date() == before else f"{each.at:%a %H:%M}", each)
        for each, before in zip(told.limits, days, strict=False)
    ]
    width = max((len(at) for at, _ in rows), default=0)
    for at, each in rows:
        yield f"  {at.ljust(width)}  {f'{each.limit_a:g}'.rjust(4)} A  {', '.join(each.by)}"
    yield f"without the manager: {told.fallback_a:g} A"
