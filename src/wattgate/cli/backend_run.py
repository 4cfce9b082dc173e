"""Runs `wattgate backend`: its sockets, its state file, its standard input and output."""

import asyncio
import errno
import signal

from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.ocpp_socket.listener import OcppListener
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.cli.backend_authority import open_authority, signing_with
from wattgate.cli.backend_lines import event_line, print_line
from wattgate.cli.backend_options import BackendOptions
from wattgate.cli.logs import log_to_stderr
from wattgate.cli.stdin_lines import watch_lines
from wattgate.core.backend.central_system import CentralSystem
from wattgate.core.backend.events import Event
from wattgate.core.backend.notices import Listening
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.runtime.ends.backend_server import BackendServer
from wattgate.runtime.peer import Tools


def run_backend(options: BackendOptions, *, as_json: bool, frames: bool) -> str | None:
    """Run until told to stop; the words why it could not start, None if it could."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_serve(options, as_json=as_json, frames=frames))


async def _serve(options: BackendOptions, *, as_json: bool, frames: bool) -> str | None:
    # standard output belongs to the events
    log_to_stderr(as_json=False)
    stop = asyncio.Event()
    clock = SystemClock()
    authority = (
        None if options.authority is None else await open_authority(options.authority, clock)
    )
    if isinstance(authority, str):
        return authority

    def report(event: Event) -> None:
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
        signing=signing_with(authority, report),
    )
    listener = OcppListener(
        options.host,
        options.port,
        server,
        tls=options.tls.mode,
        contexts=options.tls.contexts,
        read_certificate=_read_certificate,
    )
    try:
        await listener.start()
    except OSError as error:
        return _why_not(options, error)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    url_host = f"[{options.host}]" if ":" in options.host else options.host
    report(
        Listening(
            f"{options.tls.scheme}://{url_host}:{listener.port}/", options.host, listener.port
        )
    )
    watch_lines(order)
    await stop.wait()
    server.close()
    await listener.close()
    return None


def _read_certificate(der: bytes) -> ClientCertificate | None:
    facts = facts_of_der(der)
    return None if facts is None else ClientCertificate(facts)


def _why_not(options: BackendOptions, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {options.port} on {options.host} is already in use; choose another --port"
    return f"cannot listen on {options.host}, port {options.port}: {error.strerror or error}"
