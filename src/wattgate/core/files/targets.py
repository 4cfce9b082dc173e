"""Which addresses a backend may send us to: the manager must not reach into the house for it."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Its last 32 bits are an IPv4 address (RFC 6052)."""

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
"""Likewise, on this machine's own sockets (RFC 4291 §2.5.5.2)."""

_INTERNET: Final = IPv6Network("2000::/3")
"""Everything else of IPv6 is for houses, or means something else than a host (RFC 4291 §2.4)."""

_NETWORK_BITS: Final = 64
"""Of an IPv6 address: what all hosts of one network begin with (RFC 4291 §2.5.4)."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and not of a house or this machine.

    What is no address at all is not.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_of_the_internet, (found, *_within(found))))


def _is_of_the_internet(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _INTERNET:
        return address in _NAT64 or address in _MAPPED
    return address.is_global and not address.is_multicast


def is_beside(address: str, ours: str) -> bool:
    """Whether two addresses are one machine's, or of neighbours, public as they may be.

    With IPv6 whatever is in a house has a public address, and so has this machine. What is no
    address at all is beside nothing.
    """
    try:
        found, own = (ip_address(each.partition("%")[0]) for each in (address, ours))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and isinstance(own, IPv6Address):
        return int(found) >> _NETWORK_BITS == int(own) >> _NETWORK_BITS
    return found == own


def _within(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, IPv4Address):
        return ()
    led_to = address.ipv4_mapped or address.sixtofour
    if led_to is None and address in _NAT64:
        led_to = IPv4Address(int(address) & 0xFFFF_FFFF)
    return (led_to,) if led_to is not None else ()


def is_same_host(one: str, other: str) -> bool:
    """Whether two URLs' hosts are the same name or address."""
    return one.rstrip(".").casefold() == other.rstrip(".").casefold()
