"""`wattgate modbus`: which wallboxes on Modbus are known, and what one of them says."""

from __future__ import annotations

from typing import Annotated

import typer

modbus = typer.Typer(
    help="Which wallboxes on Modbus are known, and what one of them says.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print it for programs.")]


@modbus.command()
def definitions(json: Json = False) -> None:
    """List the definitions that come with Wattgate, and the documents they are from.

    The first is what `device_type` "power-brain" means, the others are for "modbus".
    """
    from wattgate.cli.modbus_lists import definitions

    for line in definitions(as_json=json):
        typer.echo(line)


@modbus.command()
def registers(json: Json = False) -> None:
    """List all registers of a Power Brain, as `wattgate wallbox` serves them."""
    from wattgate.cli.modbus_lists import registers

    for line in registers(as_json=json):
        typer.echo(line)


@modbus.command()
def probe(
    address: Annotated[
        str,
        typer.Argument(
            help="Where it is: host:port, or a serial line as /dev/ttyUSB0,9600,8N1.",
            metavar="ADDRESS",
        ),
    ],
    unit: Annotated[
        int | None, typer.Option(help="Its unit id; unsaid: that of the definition.", metavar="N")
    ] = None,
    definition: Annotated[
        str,
        typer.Option(help="One that comes with Wattgate, or a file.", metavar="NAME|FILE"),
    ] = "power-brain",
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with what changes, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Read a wallbox: its registers, and what the manager would make of them. Writes nothing.

    Most wallboxes take any read as a sign of life from their master: while --watch runs, they do
    not fall back. On a serial line nobody else may be asking meanwhile.

    Exit status: 0 it answers, 1 it does not or says something else, 2 misused.
    """
    from wattgate.cli.modbus_probe_run import MisuseError, run

    try:
        status = run(address, unit, definition, is_watching=watch, as_json=json)
    except MisuseError as exc:
        for problem in exc.problems:
            typer.echo(problem, err=True)
        status = 2
    raise typer.Exit(status)
