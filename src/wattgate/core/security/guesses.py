"""Wrong passwords of wallboxes: counted by host and by ChargeBox ID, and who may still try (S3).

What is limited is guessing; no flood of guesses may keep the genuine wallbox out. So a host that
guesses is refused unheard, but for an id with which it has once been right; and somebody who
guesses from many hosts never costs the wallbox more than a later answer to a wrong password.
"""

from collections import OrderedDict
from typing import Final

from wattgate.core.security.attempts import Attempts, host_key

REMEMBERED: Final = 4096
"""Pairs of a host and an id that are remembered."""

Pair = tuple[str, str]


class Guesses:
    """What has been tried since the start. Times are monotonic, in s."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._by_host = Attempts(key_of=host_key)
        self._by_id = Attempts()
        self._right: OrderedDict[Pair, int] = OrderedDict()
        self._last: OrderedDict[Pair, int] = OrderedDict()

    def wait_s(self, host: str, station_id: str, now: float) -> int:
        """Whole s for which this host is not even heard; 0: it may try."""
        if _pair(host, station_id) in self._right:
            return 0
        return self._by_host.wait_s(host, now)

    def right(self, host: str, station_id: str) -> None:
        """The password was right: from this host the wallbox is always heard."""
        self._keep(self._right, _pair(host, station_id), 1)

    def wrong(self, host: str, station_id: str, guess: str, now: float) -> int:
        """The password was wrong; whole s after which another guess at this id is welcome.

        A wallbox that is set up wrongly says the same again and again: that is no new guess.
        """
        pair = _pair(host, station_id)
        if self._last.get(pair) == hash(guess):
            return 0
        self._keep(self._last, pair, hash(guess))
        _ = self._by_host.take(host, now)
        if self._by_id.take(pair[1], now):
            return 0
        return self._by_id.wait_s(pair[1], now)

    def _keep(self, kept: OrderedDict[Pair, int], pair: Pair, what: int) -> None:
        kept[pair] = what
        kept.move_to_end(pair)
        if len(kept) > self._remembered:
            kept.popitem(last=False)


def _pair(host: str, station_id: str) -> Pair:
    return host_key(host), station_id.casefold()
