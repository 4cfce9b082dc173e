"""`wattgate evse`: look at the EVSEs of a running manager, and act on one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattgate.cli.api_client import ApiClient

evse = typer.Typer(
    help="Look at the EVSEs of a running manager, and act on one of them.",
    epilog="WATTGATE_TOKEN (an API token) or WATTGATE_ADMIN_PASSWORD takes the place of a prompt, "
    "WATTGATE_CA that of --ca.",
    no_args_is_help=True,
)

EvseId = Annotated[str, typer.Argument(help="Its key in the site file.", metavar="ID")]
Url = Annotated[str, typer.Option("--url", help="Where the manager's API is.", metavar="URL")]
Password = Annotated[
    str, typer.Option("--password", help="The admin password; better in the environment.")
]
Ca = Annotated[
    str,
    typer.Option(
        "--ca",
        help="Certificate to trust over https: the manager's own or its root's.",
        metavar="FILE",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print what the API answers.")]

LOCAL = "http://127.0.0.1:19521"


@evse.command("list")
def list_all(url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False) -> None:
    """Every EVSE: what it may draw, what it draws, whether it obeys.

    Exit status of all these commands: 0 done, 1 it did not work, 2 misused.
    """
    from wattgate.cli.evse_run import list_all

    run_command(url, ca, password, lambda api: list_all(api, as_json=json))


@evse.command()
def show(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """All that is known of one EVSE and of how its wallbox takes limits."""
    from wattgate.cli.evse_run import show

    run_command(url, ca, password, lambda api: show(api, id, as_json=json))


@evse.command()
def schedule(
    id: EvseId,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How far to look ahead.")] = 24,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """What limits one EVSE in the next hours, and who: its backends, load management or itself."""
    from wattgate.cli.evse_schedule import schedule

    run_command(url, ca, password, lambda api: schedule(api, id, hours, as_json=json))


@evse.command("clear-profiles")
def clear_profiles(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Delete the charging profiles in the wallbox once; load management sets its limit again."""
    _operate(id, url, ca, password, json, "clear-profiles")


@evse.command()
def adopt(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Delete what others left in the wallbox, and set our own limit."""
    _operate(id, url, ca, password, json, "adopt")


@evse.command()
def release(
    id: EvseId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Delete the limits in the wallbox and set none any more, until the EVSE is activated."""
    from wattgate.cli.evse_run import release

    run_command(url, ca, password, lambda api: release(api, id, is_sure=yes, as_json=json))


@evse.command()
def activate(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Take it into service and limit it again, whether it was released or deactivated."""
    _operate(id, url, ca, password, json, "activate")


@evse.command()
def deactivate(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Take it out of service: it may do only what `on_deactivation` of the site says."""
    _operate(id, url, ca, password, json, "deactivate")


@evse.command()
def wake(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Wake a car that sleeps though it may charge; for wallboxes on Modbus that can."""
    _operate(id, url, ca, password, json, "wake")


@evse.command()
def phases(
    id: EvseId,
    count: Annotated[int, typer.Argument(help="1 or 3.", metavar="1|3", min=1, max=3)],
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Charge on one phase or on three; for wallboxes on Modbus that can.

    A car that charges pauses for that. Load management counts the phases of the settings as before.
    """
    from wattgate.cli.evse_run import select_phases

    run_command(url, ca, password, lambda api: select_phases(api, id, count, as_json=json))


@evse.command()
def prove(
    id: EvseId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Prove, step by step, that limits end by themselves and survive a power cycle.

    A car has to charge. Ctrl-C gives the proof up. Exit status 0 only if both are proven.
    """
    import time

    from wattgate.cli.evse_prove import prove

    run_command(url, ca, password, lambda api: prove(api, id, as_json=json, wait=time.sleep))


def _operate(id: str, url: str, ca: str, password: str, as_json: bool, operation: str) -> None:
    from wattgate.cli.evse_run import operate

    run_command(url, ca, password, lambda api: operate(api, id, operation, as_json=as_json))


def run_command(url: str, ca: str, password: str, act: Callable[[ApiClient], int]) -> None:
    """Log in at the manager, act, and end with the exit status of that."""
    from wattgate.cli.api_client import ApiError
    from wattgate.cli.evse_login import MisuseError, log_in

    try:
        status = act(log_in(url, password, ca))
    except MisuseError as exc:
        typer.echo(str(exc), err=True)
        status = 2
    except ApiError as exc:
        typer.echo(f"It did not work: {exc}", err=True)
        status = 1
    raise typer.Exit(status)
