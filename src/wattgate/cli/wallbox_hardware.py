"""The options that make the software wallbox a Power Brain: what can be wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wattgate.core.modbus.places import (
    MOST_UNITS,
    Place,
    SerialPlace,
    TcpPlace,
    WrongPlace,
    read_place,
)

_MOST_PORT: Final = 65_535
_ANY_PORT: Final = 0
_MOST_PAUSE_S: Final = 3600


@dataclass(frozen=True, slots=True)
class HardwareSetup:
    """The options as typed.

    `modbus_port` None: no TCP slave, 0: on whichever port is free. `switch_pause_s` is how long a
    car pauses when phases are switched, before `speed` makes it shorter. `data` None: everything is
    forgotten at the end.
    """

    modbus_port: int | None = None
    modbus_host: str = "127.0.0.1"
    modbus_serial: str = ""
    modbus_unit: int = 1
    switch_pause_s: float = 120.0
    data: Path | None = None
    card_reader: str = ""
    has_reader: bool = True
    signs: bool = False
    is_asleep: bool = False
    api_port: int | None = None

    @property
    def is_on_modbus(self) -> bool:
        """Whether a Modbus master may decide."""
        return self.modbus_port is not None or bool(self.modbus_serial)

    def places(self) -> tuple[Place, ...]:
        """Where its Modbus slave is; only for options without problems."""
        tcp = () if self.modbus_port is None else (TcpPlace(self.modbus_host, self.modbus_port),)
        serial = (serial_place(self.modbus_serial),) if self.modbus_serial else ()
        return (*tcp, *serial)


_UNSAID: Final = HardwareSetup()


def hardware_problems(setup: HardwareSetup, *, has_backend: bool) -> Iterator[str]:
    """Everything that is wrong with the options, in words."""
    if not has_backend and not setup.is_on_modbus:
        yield "--backend: is needed, unless --modbus-port or --modbus-serial is given"
    for option, port in (("--modbus-port", setup.modbus_port), ("--api-port", setup.api_port)):
        if port is not None and not _ANY_PORT <= port <= _MOST_PORT:
            yield f"{option} {port}: must be within 0 to {_MOST_PORT}"
    if not 0 <= setup.switch_pause_s <= _MOST_PAUSE_S:
        yield f"--phase-pause {setup.switch_pause_s:g}: must be within 0 to {_MOST_PAUSE_S}"
    for option, text in (
        ("--modbus-serial", setup.modbus_serial),
        ("--card-reader", setup.card_reader),
    ):
        if text and (complaint := _serial_complaint(text)) is not None:
            yield f"{option} {text}: {complaint}"
    most = MOST_UNITS["serial" if setup.modbus_serial else "tcp"]
    if not 1 <= setup.modbus_unit <= most:
        yield f"--modbus-unit {setup.modbus_unit}: must be within 1 to {most}"
    yield from _in_vain(setup)
    if setup.card_reader and not setup.has_reader:
        yield "--no-reader: contradicts --card-reader"
    if setup.signs and not has_backend:
        yield "--sign: needs --backend, for somebody who gets the readings"


def _in_vain(setup: HardwareSetup) -> Iterator[str]:
    """Options that change nothing: whoever typed one believes that a master can limit it."""
    if setup.modbus_port is None and setup.modbus_host != _UNSAID.modbus_host:
        yield "--modbus-host: needs --modbus-port"
    if not setup.is_on_modbus and setup.modbus_unit != _UNSAID.modbus_unit:
        yield "--modbus-unit: needs --modbus-port or --modbus-serial"


def serial_place(text: str) -> SerialPlace:
    """A serial line as typed.

    Raises:
        WrongPlace: it is none.
    """
    place = read_place(text, 0)
    if not isinstance(place, SerialPlace):
        raise WrongPlace("must be a serial line as /dev/ttyUSB0,9600,8N1")
    return place


def _serial_complaint(text: str) -> str | None:
    try:
        serial_place(text)
    except WrongPlace as wrong:
        return str(wrong)
    return None
