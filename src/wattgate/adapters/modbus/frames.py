"""Frames on TCP and on serial lines, built and checked by pymodbus.

Hunting for a frame between other bytes is ours: pymodbus gives up all it has heard at the first
wrong checksum, and a slave on a shared line hears the frames of all others.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)  # what it says, we say in our words

REQUESTS: Final = DecodePDU(is_server=True)
ANSWERS: Final = DecodePDU(is_server=False)
"""What a master sends, and what a slave sends."""

EXCEPTION: Final = 0x80
"""Set in the function code of an answer that is an exception."""

BROADCAST: Final = 0
"""Unit id of a write to all on a serial line; nobody answers."""

MOST_HEARD: Final = 2 * FramerRTU.MAX_SIZE
"""Bytes of a serial line that are looked through: what is older is no part of a frame."""

MOST_AHEAD: Final = 16 * 260
"""Bytes over TCP at once: the guide allows 16 requests under way, and a frame is 260 at most.

Whoever sends more than that without waiting for an answer would keep everybody else from theirs.
"""

_SOCKET: Final = FramerSocket(REQUESTS)
_RTU: Final = FramerRTU(REQUESTS)
_MBAP_BYTES: Final = 6
_LENGTHS: Final = range(2, 255)
"""Bytes after the length field: unit id, function code and at most 252 more (TCP guide §3.1.3)."""


class BrokenFrames(Exception):  # noqa: N818 - says what is there, not whose error it is
    """What came over TCP is not Modbus; where the next frame begins cannot be known."""


class Frame(NamedTuple):
    """A message of one unit; `pdu` is its function code and data."""

    unit: int
    pdu: bytes
    transaction: int = 0

    @property
    def function(self) -> int:
        """The function code, without the mark of an exception."""
        return self.pdu[0] & ~EXCEPTION


def tcp_bytes(frame: Frame) -> bytes:
    """Write a frame for TCP."""
    return _SOCKET.encode(frame.pdu, frame.unit, frame.transaction)


def rtu_bytes(frame: Frame) -> bytes:
    """Write a frame for a serial line."""
    return _RTU.encode(frame.pdu, frame.unit, 0)


def take_tcp(heard: bytearray) -> Iterator[Frame]:
    """Take whole frames from the beginning of what was heard; leaves what is not whole.

    Raises:
        BrokenFrames: this is not Modbus.
    """
    while len(heard) >= _MBAP_BYTES:
        if heard[2:4] != b"\0\0" or int.from_bytes(heard[4:6], "big") not in _LENGTHS:
            raise BrokenFrames
        used, unit, transaction, pdu = _SOCKET.decode(bytes(heard))
        if not used:
            return
        del heard[:used]
        yield Frame(unit, pdu, transaction)


def take_rtu(
    heard: bytearray, decoder: DecodePDU, is_wanted: Callable[[int, int], bool]
) -> Frame | None:
    """Take the first whole frame whose unit and function code are wanted, and all before it.

    None: there is none yet. Whatever else is there stays, as its end cannot be known.
    """
    for start in range(len(heard) - 3):
        if not is_wanted(heard[start], heard[start + 1]):
            continue
        rest = bytes(heard[start:])
        if (end := _end(rest, decoder)) is None:
            continue
        del heard[: start + end]
        return Frame(rest[0], rest[1 : end - 2])
    return None


def whole_rtu(heard: bytes) -> Frame | None:
    """Read a frame that is all of what was heard between two silences."""
    is_whole = 4 <= len(heard) <= FramerRTU.MAX_SIZE and _has_right_checksum(heard)
    return Frame(heard[0], heard[1:-2]) if is_whole else None


def _end(heard: bytes, decoder: DecodePDU) -> int | None:
    kind = decoder.lookupPduClass(heard)
    if kind is None:
        return None
    end = kind.calculateRtuFrameSize(heard)
    is_frame = 4 <= end <= len(heard) and _has_right_checksum(heard[:end])
    return end if is_frame else None


def _has_right_checksum(frame: bytes) -> bool:
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))
