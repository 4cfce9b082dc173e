"""How often a password may be guessed: by one address, and by all strangers together (S3)."""

from collections import OrderedDict
from typing import Final

from wattgate.core.security.attempts import Attempts, host_key

STRANGERS_BURST: Final = 100
"""Failures that all addresses together have free from which nobody has logged in yet."""

FRIENDS: Final = 256
"""Addresses that are remembered because somebody has logged in from them."""

_STRANGERS: Final = ""


class LoginThrottle:
    """Two limits: whoever guesses from many addresses is slowed down as well.

    Strangers cannot lock out an address from which somebody has logged in before: that one has
    only its own limit. Times are monotonic, in s.
    """

    def __init__(self) -> None:
        self._by_address = Attempts(key_of=host_key)
        self._strangers = Attempts(STRANGERS_BURST)
        self._friends: OrderedDict[str, None] = OrderedDict()

    def begin(self, address: str, now: float) -> bool:
        """Begin an attempt; False where none is left, and then nothing is to be looked at."""
        if not self._by_address.take(address, now):
            return False
        if self._is_friend(address) or self._strangers.take(_STRANGERS, now):
            return True
        self._by_address.give_back(address)
        return False

    def succeeded(self, address: str) -> None:
        """The attempt was right: it does not count, and its address is a stranger's no more."""
        self._by_address.give_back(address)
        if not self._is_friend(address):
            self._strangers.give_back(_STRANGERS)
        host = host_key(address)
        self._friends[host] = None
        self._friends.move_to_end(host)
        if len(self._friends) > FRIENDS:
            self._friends.popitem(last=False)

    def wait_s(self, address: str, now: float) -> int:
        """Whole s until an attempt may begin; 0 where it may now."""
        own_s = self._by_address.wait_s(address, now)
        if self._is_friend(address):
            return own_s
        return max(own_s, self._strangers.wait_s(_STRANGERS, now))

    def _is_friend(self, address: str) -> bool:
        return host_key(address) in self._friends
