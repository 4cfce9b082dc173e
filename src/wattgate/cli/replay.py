"""`wattgate replay`: play a recording against a manager."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def replay(
    file: Annotated[Path, typer.Argument(help="What `wattgate traffic --save` wrote.")],
    id: Annotated[str, typer.Option(help="ChargeBox ID to connect as.")],
    to: Annotated[str, typer.Option(help="URL of the manager; the ID is appended.", metavar="URL")],
    speed: Annotated[
        float, typer.Option(help="How many times faster than recorded.", metavar="N")
    ] = 1.0,
    fast: Annotated[
        bool, typer.Option("--fast", help="As fast as answers come, whatever the recording says.")
    ] = False,
    password: Annotated[
        str, typer.Option(help="Password; empty for none.", envvar="WATTGATE_WALLBOX_PASSWORD")
    ] = "",
    ca: Annotated[
        list[Path] | None,
        typer.Option(
            help="Who may vouch for a manager with wss://: a root, or its own certificate; again "
            "for more. Without, it is not verified.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Play the wallbox of a recording against a manager, and say what it answers differently.

    Exit status: 0 the answers are the same, 1 they are not, or the play could not end, 2 misused.
    """
    from wattgate.cli.replay_run import Wish, run

    raise typer.Exit(run(Wish(file, id, to, None if fast else speed, password, tuple(ca or ()))))
