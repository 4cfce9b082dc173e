"""`wattgate gateway`: look at the backends of an EVSE of a running manager, and change them."""

from typing import Annotated

import typer

from wattgate.cli.evse import LOCAL, Ca, EvseId, Json, Password, Url, run_command

gateway = typer.Typer(
    help="Look at the backends of an EVSE of a running manager, and change them.",
    epilog="WATTGATE_TOKEN (an API token) or WATTGATE_ADMIN_PASSWORD takes the place of a prompt, "
    "WATTGATE_CA that of --ca. A site file that is applied at a later start wins for what it says.",
    no_args_is_help=True,
)

Number = Annotated[
    int, typer.Argument(help="Which backend, as `list` counts them.", metavar="NUMBER", min=1)
]
Settings = Annotated[
    list[str],
    typer.Argument(
        help="As a gateway has it in the site file: url=ws://…, role=report, "
        "commands=Reset,ClearCache, password= for none.",
        metavar="SETTING=VALUE…",
    ),
]
AskPassword = Annotated[
    bool,
    typer.Option("--ask-password", help="Type the backend's password, so that nobody reads it."),
]


@gateway.command("list")
def list_all(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """The backends of an EVSE with their settings, but for passwords.

    Exit status of all these commands: 0 done, 1 it did not work, 2 misused.
    """
    from wattgate.cli.gateway_run import list_all

    run_command(url, ca, password, lambda api: list_all(api, id, as_json=json))


@gateway.command()
def add(
    id: EvseId,
    settings: Settings,
    ask_password: AskPassword = False,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Add a backend: it logs in at once, and hears of what begins from then on."""
    from wattgate.cli.gateway_run import add

    run_command(
        url, ca, password, lambda api: add(api, id, settings, ask=ask_password, as_json=json)
    )


@gateway.command()
def change(
    id: EvseId,
    number: Number,
    settings: Annotated[list[str] | None, Settings.__metadata__[0]] = None,
    ask_password: AskPassword = False,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Change settings of a backend while cars charge; what is not said stays."""
    from wattgate.cli.gateway_run import change

    run_command(
        url,
        ca,
        password,
        lambda api: change(api, id, number, settings or [], ask=ask_password, as_json=json),
    )


@gateway.command()
def remove(
    id: EvseId,
    number: Number,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Remove a backend: it hears of nothing new, and gets the end of what it has heard of."""
    from wattgate.cli.gateway_run import remove

    run_command(url, ca, password, lambda api: remove(api, id, number, as_json=json))
