"""`wattgate messages`: messages that a backend finally did not take, and sending them once more."""

from typing import Annotated

import typer

from wattgate.cli.evse import LOCAL, Ca, Json, Password, Url, run_command

messages = typer.Typer(
    help="Messages that a backend finally did not take, and sending them once more.",
    epilog="WATTGATE_TOKEN (an API token) or WATTGATE_ADMIN_PASSWORD takes the place of a prompt, "
    "WATTGATE_CA that of --ca.",
    no_args_is_help=True,
)


@messages.command("list")
def list_all(url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False) -> None:
    """List the last 100, newest first.

    Exit status of all these commands: 0 done, 1 it did not work, 2 misused.
    """
    from wattgate.cli.messages_run import list_all

    run_command(url, ca, password, lambda api: list_all(api, as_json=json))


@messages.command()
def resend(
    number: Annotated[
        int, typer.Argument(help="As the list numbers it; without: all of --backend.")
    ] = 0,
    backend: Annotated[
        str, typer.Option("--backend", help="As the list names it.", metavar="NAME")
    ] = "",
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Queue one message again, or all of a backend, behind what waits for it already."""
    from wattgate.cli.messages_run import resend

    run_command(url, ca, password, lambda api: resend(api, number, backend, as_json=json))
