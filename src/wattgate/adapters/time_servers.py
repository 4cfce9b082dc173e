"""Whether the kernel knows its clock to be kept by a time server (Linux, adjtimex(2))."""

import ctypes
from collections.abc import Callable
from typing import Final

_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5
_FAILED: Final = -1


class Timex(ctypes.Structure):
    """The beginning of `struct timex`, with room for all of it on every machine."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


Adjtimex = Callable[[Timex], int]
"""Fills the structure and answers with the state of the clock, -1 where it could not."""


def _adjtimex(timex: Timex) -> int:
    return int(ctypes.CDLL(None).adjtimex(ctypes.byref(timex)))


def is_kept(adjtimex: Adjtimex = _adjtimex) -> bool:
    """Ask the kernel, without setting anything; false where it does not say."""
    timex = Timex(modes=0)
    try:
        state = adjtimex(timex)
    except (AttributeError, OSError):  # no such call in this C library
        return False
    return state not in (_FAILED, _TIME_ERROR) and not timex.status & _STA_UNSYNC
