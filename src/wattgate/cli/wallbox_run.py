"""Puts the software wallbox together, and runs it at the terminal."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from wattgate import __version__
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.cli.backend_lines import print_line
from wattgate.cli.stdin_lines import watch_lines
from wattgate.cli.wallbox_words import json_line, plain_line
from wattgate.core.ocpp.handshake import backend_url, basic_authorization
from wattgate.core.site.destinations import identity_complaint, url_complaint
from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.configuration import KEYS
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
from wattgate.core.wallbox.options import Options
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor
from wattgate.runtime.wallbox_loop import Account, WallboxLoop

_MAX_TAG_CHARS = 20
_MAX_SERIAL_CHARS = 25


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of the command, as typed."""

    station_id: str
    url: str
    password: str = field(default="", repr=False)
    connectors: int = 1
    max_current_a: float = 16.0
    phases: int = 3
    car_max_current_a: float = 16.0
    car_phases: int = 3
    battery_kwh: float = 40.0
    soc: float = 0.5
    taper_from: float = 1.0
    is_plugged: bool = False
    id_tag: str = ""
    fixed_id_tag: str = ""
    meter_interval_s: int = 10
    speed: float = 1.0
    boot_on_reconnect: bool = False
    echo_data: bool = False
    keeps_profiles: bool = True
    keys: tuple[str, ...] = ()
    as_json: bool = False
    frames: bool = False


def problems_of(setup: Setup) -> list[str]:
    """Everything that is wrong with the options, in words."""
    ranges = (
        ("--connectors", setup.connectors, 1, 2),
        ("--max-current", setup.max_current_a, MIN_CHARGE_A, 1000),
        ("--phases", setup.phases, 1, 3),
        ("--car-max-current", setup.car_max_current_a, MIN_CHARGE_A, 1000),
        ("--car-phases", setup.car_phases, 1, 3),
        ("--battery-kwh", setup.battery_kwh, 0.1, 10_000),
        ("--soc", setup.soc, 0, 1),
        ("--taper-from", setup.taper_from, 0, 1),
        ("--meter-interval", setup.meter_interval_s, 0, 86_400),
        ("--speed", setup.speed, 0.001, 100_000),
    )
    problems = [
        f"{option} {value:g}: must be within {least:g} to {most:g}"
        for option, value, least, most in ranges
        if not least <= value <= most
    ]
    return [*_wrong_names(setup), *problems, *(p for key in setup.keys if (p := _wrong_key(key)))]


def run(setup: Setup) -> int:
    """Run until `quit` or a signal; answers the exit status."""
    # Standard output belongs to the events.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_Terminal(setup).run())


class _Terminal:
    """The person at the wallbox: types lines, reads events."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._status = 0
        self._card = setup.id_tag
        moment = Moment(self._clock.monotonic(), self._clock.wall())
        self._wallbox = WallboxLoop(
            ChargePoint(_options(setup), moment),
            Account(
                setup.station_id,
                backend_url(setup.url, setup.station_id, append_id=True),
                basic_authorization(setup.station_id, setup.password),
            ),
            PicowsDialer(),
            Tools(self._clock, SystemIdentifiers()),
            self._show,
            frames=setup.frames,
        )

    async def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
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


def _options(setup: Setup) -> Options:
    serial = setup.station_id if len(setup.station_id) <= _MAX_SERIAL_CHARS else ""
    capacity_wh = setup.battery_kwh * 1000
    keys = dict(_split(key) for key in setup.keys)
    return Options(
        station_id=setup.station_id,
        connectors=setup.connectors,
        max_current_a=setup.max_current_a,
        phases=setup.phases,
        car=Car(
            phases=setup.car_phases,
            max_current_a=setup.car_max_current_a,
            capacity_wh=capacity_wh,
            charged_wh=capacity_wh * setup.soc,
            taper_from=setup.taper_from if setup.taper_from < 1 else None,
        ),
        speed=setup.speed,
        fixed_id_tag=setup.fixed_id_tag,
        serial=serial,
        firmware=__version__,
        boot_on_reconnect=setup.boot_on_reconnect,
        echo_data=setup.echo_data,
        keeps_profiles=setup.keeps_profiles,
        configuration={"MeterValueSampleInterval": str(setup.meter_interval_s), **keys},
    )


def _wrong_names(setup: Setup) -> Iterator[str]:
    complaint = identity_complaint(setup.station_id) if setup.station_id else "must not be empty"
    if complaint is not None:
        yield f"--id: {complaint}"
    complaint = url_complaint(setup.url)
    if complaint is not None:
        yield f"--backend: {complaint}"
    for option, id_tag in (("--rfid", setup.id_tag), ("--fixed-rfid", setup.fixed_id_tag)):
        if len(id_tag) > _MAX_TAG_CHARS:
            yield f"{option}: a card's text has at most {_MAX_TAG_CHARS} characters"


def _wrong_key(text: str) -> str | None:
    name, value = _split(text)
    key = KEYS.get(name)
    if key is None or "=" not in text:
        return f"--key {text}: must be NAME=VALUE with a known configuration key"
    return None if key.check(value) else f"--key {text}: {name} cannot hold this value"


def _split(text: str) -> tuple[str, str]:
    name, _equals, value = text.partition("=")
    return name, value
