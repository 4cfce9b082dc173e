"""`wattgate key`: with what a wallbox proves itself, and a key of its own instead of a password."""

from typing import Annotated

import typer

from wattgate.cli.evse import LOCAL, Ca, Json, Password, Url, run_command

key = typer.Typer(
    help="With what a wallbox proves itself, and a key of its own instead of a password.",
    epilog="WATTGATE_TOKEN (an API token) or WATTGATE_ADMIN_PASSWORD takes the place of a prompt, "
    "WATTGATE_CA that of --ca.",
    no_args_is_help=True,
)

StationId = Annotated[str, typer.Argument(help="ChargeBox ID of the wallbox.", metavar="ID")]


@key.command()
def show(
    id: StationId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Say what opens the door for a wallbox, and how far a new key is; never the key.

    Exit status of all these commands: 0 done, 1 it did not work, 2 misused.
    """
    from wattgate.cli.key_run import show

    run_command(url, ca, password, lambda api: show(api, id, as_json=json))


@key.command()
def new(
    id: StationId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Make a key for somebody to enter at the wallbox; it is printed once.

    What the wallbox has now opens the door until it comes with the key.
    """
    from wattgate.cli.key_run import new

    run_command(url, ca, password, lambda api: new(api, id, as_json=json))


@key.command()
def write(
    id: StationId,
    restart: Annotated[
        bool, typer.Option("--restart", help="Restart it if it asks for that and no car charges.")
    ] = False,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Make a key and write it into the wallbox, which comes back with it.

    What the wallbox has now opens the door until then.
    """
    from wattgate.cli.key_run import write

    run_command(url, ca, password, lambda api: write(api, id, restart=restart, as_json=json))


@key.command()
def forget(
    id: StationId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Let the password of the site hold again, as for a wallbox that lost its key in a reset.

    A wallbox that still has its key is not let in any more.
    """
    from wattgate.cli.key_run import forget

    run_command(url, ca, password, lambda api: forget(api, id, as_json=json))
