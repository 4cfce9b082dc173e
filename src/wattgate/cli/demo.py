"""`wattgate demo`: manager, wallboxes and backend on this machine, and a view of them."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    seconds: Annotated[
        float | None,
        typer.Option(
            help="End by itself after so many seconds.", metavar="S", min=1, show_default=False
        ),
    ] = None,
    free_ports: Annotated[
        bool,
        typer.Option("--free-ports", help="Take any free ports, not 19520, 19521 and 9000."),
    ] = False,
) -> None:
    """Run a manager, three software wallboxes and a backend, and show what they do.

    Every one is a process of its own, and they talk over real sockets. Nothing is kept: the data
    directory is removed at the end (Ctrl-C). Ports that are in use are replaced by free ones. The
    view is drawn on a terminal; elsewhere the same comes as plain lines.

    Exit status: 0 it was ended, 1 a process failed.
    """
    from wattgate.cli.demo_run import run_demo

    raise typer.Exit(run_demo(seconds, free_ports=free_ports))
