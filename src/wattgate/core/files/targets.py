"""Which addresses a backend may send us to: the manager must not reach into the house for it."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Its last 32 bits are an IPv4 address (RFC 6052)."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and not of a house or this machine.

    What is no address at all is not.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in (found, *_within(found)))


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
