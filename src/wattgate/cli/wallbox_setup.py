"""The options of the software wallbox: what can be wrong with them, and what they mean."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wattgate import __version__
from wattgate.cli.tls_options import ClientTls, Profile, client_problems
from wattgate.cli.wallbox_hardware import HardwareSetup, hardware_problems
from wattgate.core.site.destinations import identity_complaint, url_complaint
from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.configuration import KEYS
from wattgate.core.wallbox.modbus_side import Stored
from wattgate.core.wallbox.options import Options, Permission
from wattgate.core.wallbox.power_brain import BrainOptions
from wattgate.core.wallbox.quirks import Quirk

_MAX_TAG_CHARS: Final = 20
_MAX_SERIAL_CHARS: Final = 25
_MAX_OFFSET_S: Final = 86_400 * 366
_MOST_CONNECTOR: Final = 100


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of the command, as typed; `firmware` None is the version of this program.

    Without a `url` there is no central system; `connector_id` is what its connector is called
    there, the first one where it has two.
    """

    station_id: str
    url: str = ""
    password: str = field(default="", repr=False)
    connectors: int = 1
    connector_id: int = 1
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
    vendor: str = "Wattgate"
    model: str = "Software wallbox"
    firmware: str | None = None
    quirks: tuple[str, ...] = ()
    clock_offset_s: float | None = None
    keys: tuple[str, ...] = ()
    tls: ClientTls = field(default_factory=ClientTls)
    keys_folder: Path | None = None
    hardware: HardwareSetup = field(default_factory=HardwareSetup)
    as_json: bool = False
    frames: bool = False

    @property
    def is_power_brain(self) -> bool:
        """Whether its hardware is behind ports, so that another master may decide as well."""
        hardware = self.hardware
        has_more = hardware.data is not None or hardware.api_port is not None
        return has_more or hardware.is_on_modbus or hardware.signs


def problems_of(setup: Setup) -> list[str]:
    """Everything that is wrong with the options, in words."""
    ranges = (
        ("--connectors", setup.connectors, 1, 2),
        ("--connector-id", setup.connector_id, 1, _MOST_CONNECTOR),
        ("--max-current", setup.max_current_a, MIN_CHARGE_A, 1000),
        ("--phases", setup.phases, 1, 3),
        ("--car-max-current", setup.car_max_current_a, MIN_CHARGE_A, 1000),
        ("--car-phases", setup.car_phases, 1, 3),
        ("--battery-kwh", setup.battery_kwh, 0.1, 10_000),
        ("--soc", setup.soc, 0, 1),
        ("--taper-from", setup.taper_from, 0, 1),
        ("--meter-interval", setup.meter_interval_s, 0, 86_400),
        ("--speed", setup.speed, 0.001, 100_000),
        ("--clock-offset", setup.clock_offset_s or 0.0, -_MAX_OFFSET_S, _MAX_OFFSET_S),
    )
    problems = [
        f"{option} {value:g}: must be within {least:g} to {most:g}"
        for option, value, least, most in ranges
        if not least <= value <= most
    ]
    wrong_keys = (problem for key in setup.keys if (problem := _wrong_key(key)))
    wrong_tls = client_problems(setup.tls, setup.url, setup.password)
    wrong_hardware = [*hardware_problems(setup.hardware, has_backend=bool(setup.url))]
    if setup.is_power_brain and setup.connectors == 2:
        wrong_hardware.append("--connectors 2: a Power Brain has one")
    if setup.hardware.is_on_modbus and setup.phases == 2:
        wrong_hardware.append("--phases 2: a master could not tell it from 1, or come back from 1")
    if setup.id_tag and not setup.hardware.has_reader:
        wrong_hardware.append("--rfid: contradicts --no-reader")
    if setup.hardware.is_asleep and not setup.is_plugged:
        wrong_hardware.append("--asleep: needs --plug, as a car is awake when it is plugged in")
    return [*_wrong_names(setup), *problems, *wrong_keys, *wrong_tls, *wrong_hardware]


def options_of(setup: Setup) -> Options:
    """The wallbox and its car; only for options without problems."""
    serial = setup.station_id if len(setup.station_id) <= _MAX_SERIAL_CHARS else ""
    capacity_wh = setup.battery_kwh * 1000
    keys = dict(_split(key) for key in setup.keys)
    return Options(
        station_id=setup.station_id,
        connectors=setup.connectors,
        first_connector=setup.connector_id,
        permission=Permission.TRANSACTION if setup.url else Permission.PLUG,
        has_hardware=setup.is_power_brain,
        keeps=setup.hardware.data is not None,
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
        vendor=setup.vendor,
        model=setup.model,
        firmware=__version__ if setup.firmware is None else setup.firmware,
        boot_on_reconnect=setup.boot_on_reconnect,
        echo_data=setup.echo_data,
        quirks=frozenset(map(Quirk, setup.quirks)),
        clock_offset_s=setup.clock_offset_s,
        configuration={
            "MeterValueSampleInterval": str(setup.meter_interval_s),
            "SecurityProfile": str(_profile(setup).value),
            **keys,
        },
    )


def brain_options_of(setup: Setup) -> BrainOptions:
    """What of a Power Brain is not its charge point's; simulated time makes its pause shorter."""
    return BrainOptions(
        has_modbus=setup.hardware.is_on_modbus,
        switch_pause_s=setup.hardware.switch_pause_s / max(1.0, setup.speed),
        cable_a=setup.max_current_a,
        stored=Stored(slave_id=setup.hardware.modbus_unit),
    )


def card_complaint(card: str, *, has_reader: bool) -> str | None:
    """Why a card cannot be shown; None: it can."""
    if not has_reader:
        return "this wallbox has no reader"
    if not 1 <= len(card) <= _MAX_TAG_CHARS:
        return f"a card's text has 1 to {_MAX_TAG_CHARS} characters"
    return None


def _profile(setup: Setup) -> Profile:
    wanted = setup.tls.profile
    reached = setup.tls.reached(setup.url, setup.password)
    return reached if wanted is None else Profile(wanted)


def _wrong_names(setup: Setup) -> Iterator[str]:
    complaint = identity_complaint(setup.station_id) if setup.station_id else "must not be empty"
    if complaint is not None:
        yield f"--id: {complaint}"
    complaint = url_complaint(setup.url) if setup.url else None
    if complaint is not None:
        yield f"--backend: {complaint}"
    for option, id_tag in (("--rfid", setup.id_tag), ("--fixed-rfid", setup.fixed_id_tag)):
        if len(id_tag) > _MAX_TAG_CHARS:
            yield f"{option}: a card's text has at most {_MAX_TAG_CHARS} characters"
    # Longer words would make a BootNotification that nobody may accept (OCPP 1.6 §6.3).
    for option, text, most in (
        ("--vendor", setup.vendor, 20),
        ("--model", setup.model, 20),
        ("--firmware", setup.firmware or "", 50),
    ):
        if len(text) > most:
            yield f"{option}: has at most {most} characters"
    for quirk in setup.quirks:
        if quirk not in set(Quirk):
            yield f"--quirk {quirk}: is not known; `--quirk list` shows them"


def _wrong_key(text: str) -> str | None:
    name, value = _split(text)
    key = KEYS.get(name)
    if key is None or "=" not in text:
        return f"--key {text}: must be NAME=VALUE with a known configuration key"
    return None if key.check(value) else f"--key {text}: {name} cannot hold this value"


def _split(text: str) -> tuple[str, str]:
    name, _equals, value = text.partition("=")
    return name, value
