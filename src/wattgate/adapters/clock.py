"""The machine's clocks: the one place that reads them."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final


class SystemClock:
    """The operating system's clocks."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back. The event loop's own time."""
        return time.monotonic()  # noqa: TID251 - the one place that reads this clock

    def wall(self) -> datetime:
        """Date and time in UTC, timezone-aware; may jump."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads this clock

    def is_synchronised(self) -> bool:
        """Whether a time server keeps the clock on the wall; false where that cannot be known."""
        return is_kept()


# What Linux knows of its clock: adjtimex(2)

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
