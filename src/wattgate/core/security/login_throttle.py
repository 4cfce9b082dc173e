"""How often a password may be guessed: by one address, and by all strangers together (S3)."""

from collections import OrderedDict
from ipaddress import ip_address, ip_network
from typing import Final

from wattgate.core.security.attempts import Attempts, host_key

STRANGERS_BURST: Final = 100
"""Failures that all addresses together have free from which nobody has logged in yet."""

FRIENDS: Final = 256
"""Addresses that are remembered because somebody has logged in from them."""

_NEAR: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Networks that nobody reaches from afar (RFC 1918, 3927, 4193, 4291)."""


class LoginThrottle:
    """Two limits: whoever guesses from many addresses is slowed down as well.

    Strangers cannot lock out an address from which somebody has logged in before, nor this machine:
    those have only their own limit. Strangers from afar cannot lock out the local network, which
    has a limit of its own. Times are monotonic, in s.
    """

    def __init__(self) -> None:
        self._by_address = Attempts(key_of=_host)
        self._strangers = Attempts(STRANGERS_BURST)
        self._friends: OrderedDict[str, None] = OrderedDict()

    def begin(self, address: str, now: float) -> bool:
        """Begin an attempt; False where none is left, and then nothing is to be looked at."""
        if not self._by_address.take(address, now):
            return False
        if self._is_known(address) or self._strangers.take(_share(address), now):
            return True
        self._by_address.give_back(address)
        return False

    def succeeded(self, address: str) -> None:
        """The attempt was right: it does not count, and its address is a stranger's no more."""
        self._by_address.give_back(address)
        if not self._is_known(address):
            self._strangers.give_back(_share(address))
        host = _host(address)
        self._friends[host] = None
        self._friends.move_to_end(host)
        if len(self._friends) > FRIENDS:
            self._friends.popitem(last=False)

    def wait_s(self, address: str, now: float) -> int:
        """Whole s until an attempt may begin; 0 where it may now."""
        own_s = self._by_address.wait_s(address, now)
        if self._is_known(address):
            return own_s
        return max(own_s, self._strangers.wait_s(_share(address), now))

    def _is_known(self, address: str) -> bool:
        host = _host(address)
        return host == _THIS_MACHINE or host in self._friends


_THIS_MACHINE: Final = "127.0.0.1"


def _host(address: str) -> str:
    """Name the host of an address; this machine has many addresses, and one name."""
    host = host_key(address)
    try:
        return _THIS_MACHINE if ip_address(host).is_loopback else host
    except ValueError:  # a network of IPv6 is one
        return _THIS_MACHINE if address == "::1" else host


def _share(address: str) -> str:
    """Name the strangers whose limit an address shares."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "far"
    at = getattr(parsed, "ipv4_mapped", None) or parsed
    return "near" if any(at in network for network in _NEAR) else "far"
