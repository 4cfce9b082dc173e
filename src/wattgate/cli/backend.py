"""`wattgate backend`: a small real OCPP 1.6 backend for trying things out."""

import asyncio
import errno
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wattgate.cli.backend_options import BackendOptions
    from wattgate.core.backend.events import Event


def backend(
    port: Annotated[str, typer.Option(metavar="PORT", help="0 takes a free one.")] = "9000",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    password: Annotated[str, typer.Option(help="Common to all charge points; empty: none.")] = "",
    id_password: Annotated[
        list[str] | None, typer.Option(metavar="ID=PASSWORD", help="Own password; repeatable.")
    ] = None,
    known: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Refuse all others; repeatable.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="A card it accepts; repeatable.")
    ] = None,
    accept_all: Annotated[
        bool | None,
        typer.Option(
            "--accept-all/--no-accept-all",
            help="Accept cards that are not listed; the default unless --tag is given.",
        ),
    ] = None,
    vendor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VENDOR[=DATA]",
            help="Accept DataTransfer of this vendor, answer DATA, refuse others; repeatable.",
        ),
    ] = None,
    first_transaction_id: Annotated[str, typer.Option(metavar="N")] = "5000",
    dedupe: Annotated[
        bool, typer.Option("--dedupe/--no-dedupe", help="Recognise repeated transactions.")
    ] = True,
    require_boot: Annotated[
        bool, typer.Option("--require-boot", help="Every connection must begin with a Boot.")
    ] = False,
    interval: Annotated[str, typer.Option(metavar="S", help="Heartbeat interval.")] = "300",
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Remember across restarts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
    frames: Annotated[bool, typer.Option("--frames", help="Print every frame too.")] = False,
) -> None:
    """Run a small OCPP 1.6 backend; takes commands as lines on stdin, `help` lists them."""
    from wattgate.adapters.ocpp_socket.loop import new_event_loop
    from wattgate.cli.backend_options import RawOptions, read_options
    from wattgate.core.errors import ConfigError

    raw = RawOptions(
        host=host,
        port=port,
        password=password,
        id_passwords=id_password or (),
        known=known or (),
        tags=tag or (),
        accept_all=accept_all,
        vendors=vendor or (),
        first_transaction_id=first_transaction_id,
        dedupe=dedupe,
        require_boot=require_boot,
        interval=interval,
        state=state,
    )
    try:
        options = read_options(raw)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        trouble = runner.run(_serve(options, as_json=as_json, frames=frames))
    if trouble is not None:
        typer.echo(trouble, err=True)
        raise typer.Exit(1)


async def _serve(options: "BackendOptions", *, as_json: bool, frames: bool) -> str | None:
    """Run until told to stop; the words why it could not, None if it could."""
    import structlog

    from wattgate.adapters.clock import SystemClock
    from wattgate.adapters.identifiers import SystemIdentifiers
    from wattgate.adapters.ocpp_socket.listener import OcppListener
    from wattgate.cli.backend_lines import event_line, print_line
    from wattgate.cli.stdin_lines import watch_lines
    from wattgate.core.backend.central_system import CentralSystem
    from wattgate.core.backend.notices import Listening
    from wattgate.runtime.backend_server import BackendServer
    from wattgate.runtime.peer import Tools

    # standard output belongs to the events
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    stop = asyncio.Event()
    clock = SystemClock()

    def report(event: "Event") -> None:
        if not print_line(event_line(event, clock.wall(), as_json=as_json)):
            stop.set()

    def order(line: str) -> None:
        if not server.order(line):
            stop.set()

    server = BackendServer(
        CentralSystem(options.manners, options.tags, options.memory),
        options.guests,
        Tools(clock, SystemIdentifiers()),
        report,
        save=None if options.file is None else options.file.save,
        frames=frames,
    )
    listener = OcppListener(options.host, options.port, server)
    try:
        await listener.start()
    except OSError as error:
        return _why_not(options, error)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    url_host = f"[{options.host}]" if ":" in options.host else options.host
    report(Listening(f"ws://{url_host}:{listener.port}/", options.host, listener.port))
    watch_lines(order)
    await stop.wait()
    server.close()
    await listener.close()
    return None


def _why_not(options: "BackendOptions", error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {options.port} on {options.host} is already in use; choose another --port"
    return f"cannot listen on {options.host}, port {options.port}: {error.strerror or error}"
