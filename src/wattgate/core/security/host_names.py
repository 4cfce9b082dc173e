"""Host names and addresses, as a list that a person types and a certificate carries."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
_LONGEST: Final = 253


def names_of(text: str) -> tuple[str, ...]:
    """Split a list at its commas, each name once; blanks around a name do not count."""
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def is_host(name: str) -> bool:
    """Whether it is an address, or a host name as a certificate can carry it.

    `*.` may stand for the first label (RFC 6125 6.4.3); anything beyond ASCII has to be written in
    its encoded form (`xn--…`, RFC 5280 4.2.1.6).
    """
    return is_address(name) or (
        len(name) <= _LONGEST and all(map(_LABEL.fullmatch, name.removeprefix("*.").split(".")))
    )


def is_address(name: str) -> bool:
    """Whether it is an IPv4 or IPv6 address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_named(host: str, names: Iterable[str]) -> bool:
    """Whether a certificate with these names is one for this host or address (RFC 6125 6.4)."""
    wanted = _comparable(host)
    _, dot, domain = wanted.partition(".")
    found = set(map(_comparable, names))
    return wanted in found or bool(dot and not is_address(host) and f"*.{domain}" in found)


def _comparable(name: str) -> str:
    return str(ip_address(name)) if is_address(name) else name.lower()
