"""What `wattgate modbus probe` does; gives its exit status."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import typer

from wattgate.adapters.modbus.client import PymodbusLine
from wattgate.adapters.modbus.definition_files import load
from wattgate.cli.modbus_probe import Look, Probe
from wattgate.cli.modbus_probe_words import after, changes, everything
from wattgate.cli.modbus_probe_words import as_json as look_as_json
from wattgate.core.errors import ConfigError
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.places import MOST_UNITS, Place, TcpPlace, WrongPlace, read_place
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.ports.modbus import ModbusSilent

EVERY_S: Final = 2.0
"""s between two looks."""


class MisuseError(Exception):
    """Everything that is wrong with what was asked for."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def run(
    address: str, unit: int | None, definition: str, *, is_watching: bool, as_json: bool
) -> int:
    """Look once, or until somebody has seen enough.

    Raises:
        MisuseError: with every problem at once.
    """
    place, unit, known = understood(address, unit, definition)
    pause = asyncio.sleep if is_watching else None
    try:
        return asyncio.run(look(place, unit, known, as_json=as_json, pause=pause))
    except KeyboardInterrupt:
        return 0


def understood(address: str, unit: int | None, definition: str) -> tuple[Place, int, Definition]:
    """Read what was asked for.

    Raises:
        MisuseError: with every problem at once.
    """
    problems: list[str] = []
    known = POWER_BRAIN_DEFINITION
    if definition != known.name:
        try:
            known = load(definition)
        except ConfigError as exc:
            problems += [f"--definition: {problem}" for problem in exc.problems]
    place: Place = TcpPlace("", known.port)
    try:
        place = read_place(address, known.port)
    except WrongPlace as exc:
        problems.append(f'ADDRESS: "{address}" {exc}')
    unit = known.unit if unit is None else unit
    kind = "tcp" if isinstance(place, TcpPlace) else "serial"
    least = 0 if kind == "tcp" else 1
    if not least <= unit <= MOST_UNITS[kind]:
        problems.append(f"--unit: must be {least} to {MOST_UNITS[kind]} there, not {unit}")
    if problems:
        raise MisuseError(problems)
    return place, unit, known


async def look(
    place: Place,
    unit: int,
    definition: Definition,
    *,
    as_json: bool,
    pause: Callable[[float], Awaitable[object]] | None,
) -> int:
    """Print a look, and with `pause` what changes from then on."""
    line = PymodbusLine(place)
    probe = Probe(line, unit, definition)
    where = f"{place}, unit {unit}"
    try:
        seen = await probe.look()
        _say(where, definition, seen, as_json=as_json)
        is_right = _is_right(definition, seen)
        if pause is not None:
            await _watch(probe, seen, where if as_json else "", pause)
    except ModbusSilent as exc:
        typer.echo(f"It did not work: {exc.reason}", err=True)
        return 1
    finally:
        await line.close()
    return 0 if is_right else 1


async def _watch(
    probe: Probe, seen: Look, where: str, pause: Callable[[float], Awaitable[object]]
) -> None:
    """Print what changes; with `where` every look, in JSON. A missing answer ends nothing."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while True:
        await pause(EVERY_S)
        try:
            before, seen = seen, await probe.look()
        except ModbusSilent as exc:
            typer.echo(f"{after(loop.time() - began_s)}  {exc.reason}", err=True)
            continue
        if where:
            typer.echo(look_as_json(where, seen))
            continue
        for change in changes(before, seen):
            typer.echo(f"{after(loop.time() - began_s)}  {change}")


def _say(where: str, definition: Definition, seen: Look, *, as_json: bool) -> None:
    if as_json:
        typer.echo(look_as_json(where, seen))
        return
    for line in everything(where, definition, seen):
        typer.echo(line)


def _is_right(definition: Definition, seen: Look) -> bool:
    """Say what is wrong with what a wallbox says, on stderr."""
    refused = [row for row in seen.rows if row.refusal and not row.point.optional]
    if not seen.has_answers:
        typer.echo(f"It answers, but has none of the registers of {definition.name}", err=True)
        return False
    if refused:
        roles = ", ".join(f"{row.role} ({row.point.address})" for row in refused)
        typer.echo(f"It refuses what {definition.name} should have: {roles}", err=True)
    if seen.unknown_state:
        typer.echo(
            f"Its state is unknown ({seen.unknown_state}): is {definition.name} right for it?",
            err=True,
        )
    return not refused and not seen.unknown_state
