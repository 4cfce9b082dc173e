"""Opening a line: a TCP connection, or a serial line with its timing."""

import asyncio
import socket
import struct
from functools import partial
from typing import Final

from pymodbus.transport.serialtransport import SerialTransport

from wattgate.core.modbus.places import SerialPlace, TcpPlace

_AT_ONCE: Final = struct.pack("ii", 1, 0)


def character_s(place: SerialPlace) -> float:
    """Time that one character takes, with its start, parity and stop bits."""
    bits = 1 + place.data_bits + (place.parity != "N") + place.stop_bits
    return bits / place.baud_rate


def gap_s(place: SerialPlace) -> float:
    """Silence between two frames: 3.5 characters, or 1.75 ms on fast lines (RTU §2.5.1.1)."""
    return 1.75e-3 if place.baud_rate > 19200 else 3.5 * character_s(place)


async def open_tcp(place: TcpPlace, protocol: asyncio.Protocol) -> asyncio.Transport:
    """Connect to the first address of the host that answers.

    Raises:
        OSError: why the last of them did not.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    connect = partial(loop.create_connection, lambda: protocol, port=place.port)
    failed = OSError("the host has no address")
    for family, _, _, _, address in found:
        try:
            transport, _ = await connect(host=str(address[0]), family=family)
        except OSError as error:
            failed = error
        else:
            return transport
    raise failed


def open_serial(place: SerialPlace, protocol: asyncio.Protocol) -> asyncio.Transport:
    """Open a serial line, for us alone.

    Raises:
        OSError: it cannot be opened.
    """
    loop = asyncio.get_running_loop()
    transport = SerialTransport(
        loop,
        protocol,
        place.device,
        place.baud_rate,
        place.data_bits,
        place.parity,
        place.stop_bits,
        0,
    )
    transport.setup()
    return transport


def hang_up(transport: asyncio.Transport) -> None:
    """Close a line, so that nothing that it has not delivered yet is delivered later.

    The system would go on sending what it holds of a closed TCP connection: a stale limit would
    arrive when the network is back. The other end of the connection learns at once that it is gone.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
