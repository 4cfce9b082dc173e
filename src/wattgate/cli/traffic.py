"""`wattgate traffic`: what goes over the links of an EVSE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattgate.cli.evse import LOCAL, Ca, EvseId, Json, Password, Url, run_command


def traffic(
    id: EvseId,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(help="Save all that is remembered, for `wattgate replay`.", metavar="FILE"),
    ] = None,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Show the last frames between wallbox, manager and backend, and what became of each.

    Exit status: 0 done, 1 it did not work, 2 misused.
    """
    import time

    from wattgate.cli import traffic_run

    if save is not None:
        if follow or json:
            typer.echo(
                "--save: saves what is remembered now, without --follow and --json", err=True
            )
            raise typer.Exit(2)
        run_command(url, ca, password, lambda api: traffic_run.save(api, id, save))
    else:
        run_command(
            url,
            ca,
            password,
            lambda api: traffic_run.show(
                api, id, as_json=json, wait=time.sleep if follow else None
            ),
        )
