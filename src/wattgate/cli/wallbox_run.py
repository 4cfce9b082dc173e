"""Puts the software wallbox together, and runs it at the terminal."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir

import structlog

from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.cli.backend_lines import print_line
from wattgate.cli.stdin_lines import watch_lines
from wattgate.cli.wallbox_setup import Setup, options_of, problems_of
from wattgate.cli.wallbox_tls import WallboxTls, opened
from wattgate.cli.wallbox_words import json_line, plain_line
from wattgate.core.ocpp.handshake import backend_url, basic_authorization
from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import Happened
from wattgate.core.wallbox.lines import (
    HELP,
    Help,
    Misunderstood,
    Quit,
    ReadMeterFile,
    SendRaw,
    read_line,
)
from wattgate.core.wallbox.moment import Moment
from wattgate.runtime.ends.wallbox_certificates import SET, WallboxCertificates
from wattgate.runtime.ends.wallbox_loop import Account, WallboxLoop
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor


def prepare(setup: Setup) -> tuple[WallboxTls, list[str]]:
    """Read the files that the options name; gives everything that is wrong with both as well."""
    tls, wrong_files = opened(setup.tls, SystemClock().wall())
    return tls, [*problems_of(setup), *map(str, wrong_files)]


def run(setup: Setup, tls: WallboxTls) -> int:
    """Run until `quit` or a signal; answers the exit status."""
    # Standard output belongs to the events.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with ExitStack() as stack:
        folder = setup.keys_folder or stack.enter_context(_folder_of_this_run())
        runner = stack.enter_context(asyncio.Runner(loop_factory=new_event_loop))
        return runner.run(_Terminal(setup, tls, folder).run())


@contextmanager
def _folder_of_this_run() -> Iterator[Path]:
    """Where keys live that are not to be kept: there once the first one is made, gone at the end.

    A wallbox that never makes one leaves nothing behind, however it ends.
    """
    folder = Path(gettempdir()) / f"wattgate-wallbox-{token_hex(16)}"
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


class _Terminal:
    """The person at the wallbox: types lines, reads events."""

    def __init__(self, setup: Setup, tls: WallboxTls, folder: Path) -> None:
        self._setup = setup
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._status = 0
        self._card = setup.id_tag
        moment = Moment(self._clock.monotonic(), self._clock.wall())
        self._vault = Vault(folder, self._clock)
        tls.installed = partial(self._vault.get, SET)
        self._wallbox = WallboxLoop(
            ChargePoint(options_of(setup), moment),
            Account(
                setup.station_id,
                backend_url(setup.url, setup.station_id, append_id=True),
                basic_authorization(setup.station_id, setup.password),
            ),
            PicowsDialer(tls.contexts, read_facts=facts_of_der),
            Tools(self._clock, SystemIdentifiers()),
            self._show,
            frames=setup.frames,
            certificates=WallboxCertificates(self._vault, setup.station_id, self._show),
        )

    async def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        await self._vault.reload()
        async with Supervisor() as supervisor:
            supervisor.spawn(self._drive(), name=f"wallbox {self._setup.station_id}")
            if self._setup.is_plugged:
                self._wallbox.handle(do.Plug())
            watch_lines(self._heed)
            await self._stop.wait()
        return self._status

    async def _drive(self) -> None:
        try:
            await self._wallbox.run()
        except Exception:
            self._status = 1
            self._stop.set()
            raise

    def _heed(self, text: str) -> None:
        line = read_line(text)
        match line:
            case None:
                pass
            case Misunderstood(reason):
                self._show(Happened("problem", {"what": reason}))
            case Quit():
                self._stop.set()
            case Help():
                self._print(HELP)
            case SendRaw(raw):
                self._wallbox.send_raw(raw)
            case ReadMeterFile(path):
                self._read_meter_file(path)
            case _:
                self._wallbox.handle(line)

    def _read_meter_file(self, path: str) -> None:
        """The text of the file is used to the last character but its final line end."""
        try:
            text = Path(path).read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            self._show(Happened("problem", {"what": f"{path} cannot be read: {error}"}))
        else:
            self._wallbox.handle(do.AddSignedText(text.removesuffix("\n")))

    def _show(self, event: Happened) -> None:
        at = self._clock.wall()
        if self._setup.as_json:
            self._print(json_line(self._setup.station_id, at, event))
        else:
            self._print(plain_line(at, event))
        if event.kind == "boot" and event.facts.get("status") == "Accepted":
            self._present_card()

    def _present_card(self) -> None:
        """The card of the options is held up once there is somebody to ask about it."""
        card, self._card = self._card, ""
        if card:
            asyncio.get_running_loop().call_soon(self._wallbox.handle, do.PresentCard(card))

    def _print(self, text: str) -> None:
        if not print_line(text):
            self._stop.set()
