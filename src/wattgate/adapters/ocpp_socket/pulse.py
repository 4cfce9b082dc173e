"""Finding out that a peer is gone although its TCP connection is not (R28)."""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

_LAST_DATA_RECV: Final = struct.Struct("52xI")
"""`tcpi_last_data_recv` of Linux' struct tcp_info: milliseconds since data last came in."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Ping every `interval_s` s; a peer silent for `timeout_s` s after a ping is gone."""

    interval_s: float
    timeout_s: float


class _Socket(Protocol):
    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes: ...


def silent_for_s(sock: _Socket) -> float:
    """Tell for how many seconds no data, not even part of a message, has come in."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECV.size)
    (milliseconds,) = _LAST_DATA_RECV.unpack(info)
    return float(milliseconds) / 1000


class Pulse:
    """Pings one peer and waits for any sign of life.

    Whoever receives from the peer sets `heard`; any frame will do, for a peer that talks lives.
    `ping` sends one, `silent_for_s` tells how long the socket has been silent: a slow peer in the
    middle of a long message cannot answer a ping before its end. `gone` is called once at most.
    """

    __slots__ = ("_gone", "_keepalive", "_loop", "_ping", "_silent_for_s", "_timer", "heard")

    def __init__(
        self,
        keepalive: KeepAlive | None,
        *,
        ping: Callable[[], None],
        silent_for_s: Callable[[], float],
        gone: Callable[[], None],
    ) -> None:
        self.heard = False
        self._keepalive = keepalive
        self._ping = ping
        self._silent_for_s = silent_for_s
        self._gone = gone
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop; without a KeepAlive nothing ever happens."""
        if self._keepalive is not None:
            self._loop = asyncio.get_running_loop()
            self._again(self._keepalive, self._keepalive.interval_s)

    def stop(self) -> None:
        """End; safe to repeat."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self, keepalive: KeepAlive, delay_s: float) -> None:
        self._timer = self._loop.call_later(delay_s, self._ask, keepalive)

    def _ask(self, keepalive: KeepAlive) -> None:
        self.heard = False
        self._timer = self._loop.call_later(keepalive.timeout_s, self._judge, keepalive)
        self._ping()

    def _judge(self, keepalive: KeepAlive) -> None:
        if self.heard or self._silent_for_s() < keepalive.timeout_s:
            self._again(keepalive, max(keepalive.interval_s - keepalive.timeout_s, 0.0))
        else:
            self._timer = None
            self._gone()
