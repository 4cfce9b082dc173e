"""Whose host has proved before who it is: a flood of strangers must not crowd it out (S3)."""

from collections import OrderedDict
from typing import Final

from wattgate.core.security.attempts import host_key

REMEMBERED: Final = 4096
"""Hosts that are remembered; of more, those that were here longest ago are forgotten."""


class Regulars:
    """Hosts from which somebody came with a right password or certificate, since the start."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._hosts: OrderedDict[str, None] = OrderedDict()

    def note(self, host: str) -> None:
        """Somebody there has proved who they are."""
        key = host_key(host)
        self._hosts[key] = None
        self._hosts.move_to_end(key)
        if len(self._hosts) > self._remembered:
            self._hosts.popitem(last=False)

    def knows(self, host: str) -> bool:
        """Whether anybody there ever has."""
        return host_key(host) in self._hosts
