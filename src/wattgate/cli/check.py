"""`wattgate check`: everything that is wrong with a site file, before a wallbox finds out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wattgate.core.errors import ConfigError, Problem
    from wattgate.core.site.model import Site


def check(
    site: Annotated[Path, typer.Option(help="The site file (TOML).", metavar="FILE")],
) -> None:
    """Say every problem of a site file at once; change nothing.

    Exit status: 0 the site is fine, 1 it has problems, 2 the file cannot be read.
    """
    from wattgate.core.errors import ConfigError
    from wattgate.core.site.reading import read_toml
    from wattgate.core.site.remarks import remarks

    text = read_site_file(site)
    try:
        described = read_toml(text)
        devices = _devices(described)
    except ConfigError as exc:
        say_problems(site, exc)
        raise typer.Exit(1) from None
    typer.echo(f"Site OK: {_summary(described)}")
    for remark in (*remarks(described), *devices):
        typer.echo(f"  Note: {remark}")


def _devices(site: Site) -> list[Problem]:
    """Load the definitions of all wallboxes on Modbus, and return what is worth saying of them.

    Raises:
        ConfigError: with every problem of every definition.
    """
    from wattgate.adapters.modbus.definition_files import definitions_of
    from wattgate.core.modbus.remarks import remarks_on

    evses = site.modbus_evses()
    definitions = definitions_of(evses)
    return [said for evse in evses for said in remarks_on(evse, definitions.get(evse.id))]


def read_site_file(file: Path) -> str:
    """Return the text of a site file; where it cannot be read, say why and exit with 2."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        reason = f"line {line} is not UTF-8 text"
    except OSError as exc:
        reason = exc.strerror or str(exc)
    typer.echo(f"Cannot read {file}: {reason}", err=True)
    raise typer.Exit(2)


def say_problems(file: Path, error: ConfigError) -> None:
    """Print every problem of a site file to stderr, one per line."""
    typer.echo(f"{file}: {_count(len(error.problems), 'problem')}", err=True)
    for problem in error.problems:
        typer.echo(f"  {problem}", err=True)


def _summary(site: Site) -> str:
    """A login that EVSEs share is one backend."""
    from wattgate.core.site.destinations import link_place
    from wattgate.core.site.model import GatewayRole

    logins = {
        link_place(gateway, gateway.identity(evse.own_identity)): gateway.role
        for evse in site.evses
        for gateway in evse.gateways
    }
    reports = sum(role is GatewayRole.REPORT for role in logins.values())
    wallboxes = len(site.station_ids()) + len(site.modbus_evses())
    parts = [
        site.site.title,
        f"load management {site.site.load_management}",
        f"{_count(len(site.evses), 'EVSE')} on {_count(wallboxes, 'wallbox')}",
        _count(len(logins), "backend") + (f" ({reports} to report to)" if reports else ""),
        _count(len(site.cards), "card"),
    ]
    return ", ".join(each for each in parts if each)


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith('x') else 's'}"
