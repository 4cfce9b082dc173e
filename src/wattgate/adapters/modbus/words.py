"""What went wrong on a line, in words for the person who connected it."""

import errno
import socket
from typing import Final, assert_never

from wattgate.core.modbus.places import Place, SerialPlace, TcpPlace
from wattgate.core.modbus.requests import ModbusCode

CODES: Final = {
    ModbusCode.ILLEGAL_FUNCTION: "the device does not know this function",
    ModbusCode.ILLEGAL_DATA_ADDRESS: "the device has no such register",
    ModbusCode.ILLEGAL_DATA_VALUE: "the device does not take this value or number of registers",
    ModbusCode.SERVER_DEVICE_FAILURE: "the device failed to do it",
    ModbusCode.ACKNOWLEDGE: "the device needs longer for it",
    ModbusCode.SERVER_DEVICE_BUSY: "the device is busy",
    ModbusCode.MEMORY_PARITY_ERROR: "the device's memory is damaged",
    ModbusCode.GATEWAY_PATH_UNAVAILABLE: "the gateway has no way to the device",
    ModbusCode.GATEWAY_TARGET_SILENT: "the gateway got no answer from the device",
}

_TCP: Final = {
    errno.ECONNREFUSED: "nobody listens at {place}",
    errno.EHOSTUNREACH: "{place} cannot be reached: is it switched on and in this network?",
    errno.ENETUNREACH: "{place} cannot be reached: this machine is not in its network",
    errno.ETIMEDOUT: "{place} does not answer: is it switched on, is the address right?",
}

_LISTEN: Final = {
    errno.EADDRINUSE: "port {place.port} is in use by another program",
    errno.EACCES: "port {place.port} may not be used by this user: ports below 1024 are root's",
    errno.EADDRNOTAVAIL: "this machine has no address {place.host}",
}

_SERIAL: Final = {
    errno.ENOENT: "there is no serial line {place.device}: is the adapter plugged in?",
    errno.EACCES: "{place.device} may not be opened by this user: is it in the group dialout?",
    errno.EAGAIN: "{place.device} is in use by another program",
    errno.EBUSY: "{place.device} is in use by another program",
}


def refusal(code: int) -> str:
    """Say what an exception code means."""
    if code not in CODES:
        return f"exception {code}, which is not in the standard"
    return f"exception {code}: {CODES[ModbusCode(code)]}"


def no_way_to(place: Place, error: OSError) -> str:
    """Say why a line could not be opened."""
    match place:
        case TcpPlace():
            if isinstance(error, socket.gaierror):
                return f'no host has the name "{place.host}"'
            known = errno.ETIMEDOUT if isinstance(error, TimeoutError) else error.errno
            form = _TCP.get(known or 0, "{place} cannot be reached: {error}")
        case SerialPlace():
            form = _SERIAL.get(error.errno or 0, "{place.device} is no usable serial line: {error}")
        case _:
            assert_never(place)
    return form.format(place=place, error=error.strerror or error)


def no_port(place: Place, error: OSError) -> str:
    """Say why a slave cannot be reached at a place."""
    form = _LISTEN.get(error.errno or 0) if isinstance(place, TcpPlace) else None
    return no_way_to(place, error) if form is None else form.format(place=place)


def silence(place: Place, unit: int, heard_bytes: int, after_s: float) -> str:
    """Say that a request got no answer, and what may be the reason."""
    match place:
        case TcpPlace():
            if heard_bytes:
                return f"{place} sent {heard_bytes} bytes that answer nothing that was asked"
            return f"{place} did not answer within {after_s:g} s; is its unit id {unit}?"
        case SerialPlace():
            if heard_bytes:
                return (
                    f"{heard_bytes} bytes came over {place.device} that are no answer; "
                    f"are {place.baud_rate} baud and the format right?"
                )
            return f"unit {unit} did not answer on {place.device} within {after_s:.1f} s"
        case _:
            assert_never(place)
