"""Where a Modbus device is: `host:port`, or a serial line as `/dev/ttyUSB0,9600,8N1`."""

from dataclasses import dataclass
from typing import Final

POWER_BRAIN_PORT: Final = 4701
"""TCP port of a Power Brain's Modbus slave."""

MODBUS_PORT: Final = 502
"""TCP port that is registered for Modbus."""

MOST_UNITS: Final = {"tcp": 255, "serial": 247}
"""Largest unit id (Modbus over Serial Line 1.02 §2.2; over TCP all of a byte is used)."""

_BAUD_RATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_DATA_BITS: Final = "78"
_PARITIES: Final = "NEO"
_STOP_BITS: Final = "12"


@dataclass(frozen=True, slots=True)
class TcpPlace:
    """A device, or a gateway to several, that listens on a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SerialPlace:
    """A serial line; `parity` is N, E or O."""

    device: str
    baud_rate: int = 9600
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1

    def __str__(self) -> str:
        return f"{self.device},{self.baud_rate},{self.data_bits}{self.parity}{self.stop_bits}"


Place = TcpPlace | SerialPlace


class WrongPlace(ValueError):  # noqa: N818 - names what the text is
    """The text names no place; the message is for the person who wrote it."""


def read_place(text: str, default_port: int) -> Place:
    """Understand an address of the site file; without a port `default_port` counts.

    Raises:
        WrongPlace: it is neither a host nor a serial line.
    """
    if not text or any(character.isspace() for character in text):
        raise WrongPlace("must be host:port, or a serial line as /dev/ttyUSB0,9600,8N1")
    return _serial(text) if text.startswith("/") else _tcp(text, default_port)


def _tcp(text: str, default_port: int) -> TcpPlace:
    host, port_text = text, ""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise WrongPlace("an IPv6 address stands in brackets, as [fd00::1]:502")
        port_text = rest[1:]
    elif text.count(":") == 1:
        host, port_text = text.split(":")
    if not host or "/" in host or "," in host:
        raise WrongPlace("must be host:port, or a serial line as /dev/ttyUSB0,9600,8N1")
    if not port_text:
        return TcpPlace(host, default_port)
    if not (port_text.isascii() and port_text.isdigit() and 1 <= int(port_text) <= 65535):
        raise WrongPlace(f'"{port_text}" is no TCP port')
    return TcpPlace(host, int(port_text))


def _serial(text: str) -> SerialPlace:
    device, *rest = text.split(",")
    if len(rest) > 2:
        raise WrongPlace("a serial line is device, baud rate and format: /dev/ttyUSB0,9600,8N1")
    rate = rest[0] if rest else "9600"
    if not (rate.isascii() and rate.isdigit() and int(rate) in _BAUD_RATES):
        raise WrongPlace(f'"{rate}" is no baud rate: {", ".join(map(str, _BAUD_RATES))}')
    form = (rest[1] if len(rest) == 2 else "8N1").upper()
    if len(form) != 3 or not _is_form(*form):
        raise WrongPlace(f'"{form}" is no format: data bits, parity, stop bits, as 8N1 or 8E1')
    return SerialPlace(device, int(rate), int(form[0]), form[1], int(form[2]))


def _is_form(data_bits: str, parity: str, stop_bits: str) -> bool:
    return data_bits in _DATA_BITS and parity in _PARITIES and stop_bits in _STOP_BITS
