"""How often an address may try to guess a password."""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Final

BURST: Final = 20
"""Failures in a row that an address has free."""

REFILL_S: Final = 6.0
"""s until an address has one more free."""

REMEMBERED: Final = 1024
"""Addresses that are told apart; of more, those that tried longest ago are forgotten."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Attempts:
    """One token bucket per address; an IPv6 address stands for its /64, which is one host's."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Begin an attempt at `now` (monotonic, s); False where none is left."""
        bucket = self._bucket(_host(address), now)
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True

    def give_back(self, address: str) -> None:
        """The attempt was right, so it does not count."""
        bucket = self._buckets.get(_host(address))
        if bucket is not None:
            bucket.left = min(BURST, bucket.left + 1)

    def wait_s(self, address: str, now: float) -> int:
        """Whole s until the address may try again; 0 where it may now."""
        left = self._bucket(_host(address), now).left
        return max(0, ceil((1 - left) * REFILL_S))

    def _bucket(self, host: str, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(host, _Bucket(BURST, now))
        bucket.left = min(BURST, bucket.left + (now - bucket.at) / REFILL_S)
        bucket.at = now
        self._buckets.move_to_end(host)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket


def _host(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((int(parsed), 64), strict=False))
    return address
