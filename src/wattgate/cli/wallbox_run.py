"""Puts the software wallbox together, and runs it at the terminal."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Final

import typer

from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.cli.backend_lines import print_line
from wattgate.cli.logs import log_to_stderr
from wattgate.cli.stdin_lines import watch_lines
from wattgate.cli.wallbox_doors import Doors
from wattgate.cli.wallbox_memory import Memory, memory
from wattgate.cli.wallbox_screen import Screen, is_terminal
from wattgate.cli.wallbox_setup import (
    Setup,
    brain_options_of,
    card_complaint,
    options_of,
    problems_of,
)
from wattgate.cli.wallbox_tls import WallboxTls, opened
from wattgate.cli.wallbox_view import View, view_of
from wattgate.cli.wallbox_words import json_line, plain_line
from wattgate.cli.wallbox_works import Works, works
from wattgate.core.errors import ConfigError
from wattgate.core.ocpp.handshake import backend_url, basic_authorization
from wattgate.core.wallbox import actions as do
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
from wattgate.runtime.ends.machine import NotKept
from wattgate.runtime.ends.wallbox_certificates import SET, WallboxCertificates
from wattgate.runtime.ends.wallbox_loop import Account, WallboxLoop
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

_ONLINE: Final = {"connected": True, "disconnected": False}


def prepare(setup: Setup) -> tuple[WallboxTls, list[str]]:
    """Read the files that the options name; gives everything that is wrong with both as well."""
    tls, wrong_files = opened(setup.tls, SystemClock().wall())
    return tls, [*problems_of(setup), *map(str, wrong_files)]


def run(setup: Setup, tls: WallboxTls) -> int:
    """Run until `quit` or a signal; answers the exit status."""
    # Standard output belongs to the events.
    log_to_stderr(as_json=False)
    try:
        with ExitStack() as stack:
            kept = stack.enter_context(
                memory(setup.hardware.data, setup.keys_folder, signs=setup.hardware.signs)
            )
            options = replace(options_of(setup), signing=kept.signing)
            brain_options = brain_options_of(setup)
            at_work = stack.enter_context(works(options, brain_options, kept, SystemClock()))
            runner = stack.enter_context(asyncio.Runner(loop_factory=new_event_loop))
            return runner.run(_Terminal(setup, tls, kept, at_work).run())
    except ConfigError as wrong:
        typer.echo(str(wrong), err=True)
        return 2


class _Terminal:
    """The person at the wallbox: types lines, reads events."""

    def __init__(self, setup: Setup, tls: WallboxTls, kept: Memory, at_work: Works) -> None:
        self._setup = setup
        self._works = at_work
        self._signing = kept.signing
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._status = 0
        self._card = setup.id_tag
        self._is_online = False
        self._vault = Vault(kept.keys_folder, self._clock)
        tls.installed = partial(self._vault.get, SET)
        self._wallbox = WallboxLoop(
            at_work.wallbox,
            _account(setup),
            PicowsDialer(tls.contexts, read_facts=facts_of_der),
            Tools(self._clock, SystemIdentifiers()),
            self._show,
            frames=setup.frames,
            certificates=WallboxCertificates(self._vault, setup.station_id, self._show),
        )
        self._screen = (
            Screen(self._view, self._heed, self._stop.set)
            if is_terminal() and not setup.as_json and setup.is_power_brain
            else None
        )

    async def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        await self._vault.reload()
        if self._signing is not None:
            self._show(Happened("meter-key", {"public_key": self._signing.public_key}))
        doors = Doors(
            self._setup.hardware,
            unit=self._works.unit,
            handler=self._wallbox.request,
            look=self._facts,
            on_card=self._card_shown,
            tell=self._show,
        )
        async with doors, Supervisor() as supervisor:
            supervisor.spawn(self._drive(), name=f"wallbox {self._setup.station_id}")
            if self._setup.is_plugged:
                self._do(do.Plug())
            if self._setup.hardware.is_asleep:
                self._do(do.FallAsleep())
            if not self._setup.url:
                self._present_card()
            if self._screen is not None:
                supervisor.spawn(self._screen.show(), name="screen")
            else:
                watch_lines(self._heed)
            await self._stop.wait()
        return self._status

    def _view(self) -> View | None:
        brain = self._works.view()
        if brain is None:
            return None
        return view_of(
            self._setup.station_id,
            brain,
            closed_phases=self._works.closed_phases() or 0,
            backend=self._backend(),
        )

    def _backend(self) -> str:
        if not self._setup.url:
            return "none: Modbus alone decides"
        return f"{self._setup.url}, {'connected' if self._is_online else 'not connected'}"

    def _facts(self) -> Mapping[str, object]:
        view = self._view()
        return {} if view is None else asdict(view)

    async def _drive(self) -> None:
        try:
            await self._wallbox.run()
        except NotKept as failure:
            self._problem(f"nothing can be kept any more: {failure}")
            self._fail()
        except Exception:
            self._fail()
            raise

    def _fail(self) -> None:
        self._status = 1
        self._stop.set()

    def _heed(self, text: str) -> None:
        line = read_line(text)
        match line:
            case None:
                pass
            case Misunderstood(reason):
                self._problem(reason)
            case Quit():
                self._stop.set()
            case Help():
                self._print(HELP)
            case SendRaw(raw):
                self._wallbox.send_raw(raw)
            case ReadMeterFile(path):
                self._read_meter_file(path)
            case do.PresentCard(card, connector):
                self._card_shown(card, connector)
            case _:
                self._do(line)

    def _do(self, action: do.Action) -> None:
        """What happens to the car or its plug is seen by the hardware, if there is any."""
        if self._works.act(action):
            self._wallbox.look()
        else:
            self._wallbox.handle(action)

    def _card_shown(self, card: str, connector: int | None = None) -> str | None:
        """A card from wherever; answers why it does not count, None where it does."""
        complaint = card_complaint(card, has_reader=self._setup.hardware.has_reader)
        if complaint is None:
            self._wallbox.handle(do.PresentCard(card, connector))
        else:
            self._problem(complaint)
        return complaint

    def _problem(self, words: str) -> None:
        self._show(Happened("problem", {"what": words}))

    def _read_meter_file(self, path: str) -> None:
        """The text of the file is used to the last character but its final line end."""
        try:
            text = Path(path).read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            self._problem(f"{path} cannot be read: {error}")
        else:
            self._wallbox.handle(do.AddSignedText(text.removesuffix("\n")))

    def _show(self, event: Happened) -> None:
        charge = self._works.state_of_charge()
        if event.kind == "state" and charge is not None:
            event = Happened("state", {**event.facts, "soc_percent": round(charge * 100, 1)})
        self._is_online = _ONLINE.get(event.kind, self._is_online)
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
        if self._screen is not None:
            self._screen.say(text)
        elif not print_line(text):
            self._stop.set()


def _account(setup: Setup) -> Account | None:
    if not setup.url:
        return None
    return Account(
        setup.station_id,
        backend_url(setup.url, setup.station_id, append_id=True),
        basic_authorization(setup.station_id, setup.password),
    )
