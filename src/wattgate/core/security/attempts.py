"""How often somebody may fail to prove who they are: token buckets (S3)."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Final

BURST: Final = 20
"""Failures in a row that are free."""

REFILL_S: Final = 6.0
"""s until one more is free."""

REMEMBERED: Final = 1024
"""Keys that are told apart; of more, those that failed longest ago are forgotten."""


def as_it_is(key: str) -> str:
    """Every key is one of its own."""
    return key


def host_key(address: str) -> str:
    """Name the host of an address: an IPv6 one stands for its /64, which is one host's.

    `address` without a port; what is none stands for itself.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or IPv6Network((int(parsed), 64), strict=False))
    return address


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Attempts:
    """One token bucket per key, which may be an address, a user or a ChargeBox ID.

    `key_of` says which keys share a bucket. Times are monotonic, in s.
    """

    def __init__(
        self,
        burst: int = BURST,
        refill_s: float = REFILL_S,
        remembered: int = REMEMBERED,
        *,
        key_of: Callable[[str], str] = as_it_is,
    ) -> None:
        self._burst = burst
        self._refill_s = refill_s
        self._remembered = remembered
        self._key_of = key_of
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> bool:
        """Begin an attempt, or count a failure; False where none is left."""
        bucket = self._bucket(self._key_of(key), now)
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True

    def give_back(self, key: str) -> None:
        """The attempt was right, so it does not count."""
        bucket = self._buckets.get(self._key_of(key))
        if bucket is not None:
            bucket.left = min(self._burst, bucket.left + 1)

    def wait_s(self, key: str, now: float) -> int:
        """Whole s until there is one more attempt; 0 where there is one now."""
        known = self._buckets.get(self._key_of(key))
        left = self._burst if known is None else self._filled(known, now)
        return max(0, ceil((1 - left) * self._refill_s))

    def _filled(self, bucket: _Bucket, now: float) -> float:
        return min(self._burst, bucket.left + (now - bucket.at) / self._refill_s)

    def _bucket(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
        bucket.left = self._filled(bucket, now)
        bucket.at = now
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return bucket
