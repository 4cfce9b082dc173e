"""`wattgate run`: the manager."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattgate.core.security.tls_mode import TlsMode

if TYPE_CHECKING:
    from wattgate.app import Addresses, Options

DATA_DIR = Path("wattgate-data")


def run(
    data: Annotated[
        Path, typer.Option(help="Where everything is kept.", metavar="DIR", envvar="WATTGATE_DATA")
    ] = DATA_DIR,
    site: Annotated[
        Path | None,
        typer.Option(
            help="Site file (TOML) to apply; without one the stored site goes on.", metavar="FILE"
        ),
    ] = None,
    http_host: Annotated[
        str, typer.Option(help="Address of the API; 127.0.0.1 serves this machine only.")
    ] = "127.0.0.1",
    http_port: Annotated[
        int, typer.Option(help="Port of the API; 0 takes any free one.", min=0, max=65535)
    ] = 19521,
    http_tls: Annotated[
        TlsMode,
        typer.Option(
            help="HTTPS on the API's port: off, on, or detect, which takes plain HTTP as well.",
        ),
    ] = TlsMode.DETECT,
    ocpp_port: Annotated[
        int | None,
        typer.Option(
            help="Port for wallboxes instead of the site's; 0 takes any free one.",
            min=0,
            max=65535,
        ),
    ] = None,
    backend_retry: Annotated[
        float,
        typer.Option(
            help="Shortest wait before a backend is tried again; it doubles up to 32 times.",
            metavar="SECONDS",
            min=0.05,
            max=3600,
        ),
    ] = 10.0,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Write the log as JSON lines.")
    ] = False,
) -> None:
    """Run the manager until it is told to stop (Ctrl-C, SIGTERM).

    The API's admin password is WATTGATE_ADMIN_PASSWORD, else the one that was set with the one-time
    token that the first start prints. Exit status: 0 stopped, 1 it could not start, 2 misused.
    """
    import os

    from wattgate.app import Options
    from wattgate.cli.check import read_site_file

    raise typer.Exit(
        _run(
            Options(
                data_dir=data,
                site_text=read_site_file(site) if site is not None else None,
                http_host=http_host,
                http_port=http_port,
                http_tls=http_tls,
                ocpp_port=ocpp_port,
                backend_retry_s=backend_retry,
                admin_password=os.environ.get("WATTGATE_ADMIN_PASSWORD") or None,
            ),
            site or data,
            log_json=log_json,
        )
    )


def _run(options: Options, source: Path, *, log_json: bool) -> int:
    import asyncio

    from wattgate.adapters.data_folder import FolderInUse
    from wattgate.adapters.descriptors import take_all_descriptors
    from wattgate.adapters.ocpp_socket.loop import new_event_loop
    from wattgate.cli.check import say_problems
    from wattgate.cli.logs import log_to_stderr
    from wattgate.core.errors import ConfigError
    from wattgate.ports.store import StoreFailed

    log_to_stderr(as_json=log_json)
    take_all_descriptors()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_until_told(options))
    except ConfigError as exc:
        say_problems(source, exc)
    except FolderInUse as exc:
        typer.echo(f"Cannot start: {exc}", err=True)
    except StoreFailed as exc:
        typer.echo(f"The data directory {options.data_dir} cannot be used: {exc}", err=True)
    except OSError as exc:
        typer.echo(f"Cannot start: {exc.strerror or exc}", err=True)
    else:
        return 0
    return 1


async def _until_told(options: Options) -> None:
    import asyncio
    import signal

    from wattgate.app import run_manager

    this = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if this is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, this.cancel)
    try:
        await run_manager(options, _say_addresses)
    except asyncio.CancelledError:
        typer.echo("Wattgate has stopped.")


def _say_addresses(addresses: Addresses) -> None:
    ocpp, *encrypted = addresses.ocpp
    typer.echo(f"Wallboxes connect to {ocpp}<ChargeBox ID>")
    for url in encrypted:
        typer.echo(f"or encrypted to {url}<ChargeBox ID>")
    first, *others = addresses.http
    typer.echo(f"API on {first}")
    for url in others:
        typer.echo(f"Encrypted on {url}")
    if addresses.setup_token is not None:
        typer.echo("No admin password yet: POST /api/v1/setup sets one, with this one-time token")
        typer.echo(addresses.setup_token)
