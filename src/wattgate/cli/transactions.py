"""`wattgate transactions`: what is on record of one."""

from __future__ import annotations

from typing import Annotated

import typer

from wattgate.cli.evse import LOCAL, Ca, Json, Password, Url, run_command

transactions = typer.Typer(
    help="Look at the transactions of a running manager.",
    epilog="WATTGATE_TOKEN (an API token) or WATTGATE_ADMIN_PASSWORD takes the place of a prompt, "
    "WATTGATE_CA that of --ca.",
    no_args_is_help=True,
)

TransactionId = Annotated[
    int, typer.Argument(help="The id that the wallbox knows.", metavar="ID", min=1)
]
Save = Annotated[
    str, typer.Option("--save", help="Write all of it as JSON into a new file.", metavar="FILE")
]


@transactions.callback()
def _group() -> None:
    """Look at the transactions of a running manager."""


@transactions.command()
def evidence(
    id: TransactionId,
    save: Save = "",
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """What is kept of a transaction for a dispute, and whether what was signed is genuine.

    Exit status: 0 done, 1 it did not work or a signature is wrong, 2 misused.
    """
    from wattgate.cli.transactions_run import evidence

    run_command(url, ca, password, lambda api: evidence(api, id, save=save, as_json=json))
