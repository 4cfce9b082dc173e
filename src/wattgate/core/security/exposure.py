"""Whether the HTTP port gives away what goes over it."""

from ipaddress import ip_address
from typing import Final

from wattgate.core.security.tls_mode import TlsMode

_SAID: Final[dict[TlsMode, str | None]] = {
    TlsMode.OFF: (
        "speaks plain HTTP with other machines: whoever is on the way reads passwords and tokens; "
        "start with --http-tls on, or put a proxy that speaks HTTPS before it"
    ),
    TlsMode.DETECT: (
        "takes plain HTTP from other machines, too: whoever is on the way reads the passwords and "
        "tokens of those who ask in plain; --http-tls on takes HTTPS only"
    ),
    TlsMode.ON: None,
}


def exposure(host: str, mode: TlsMode) -> str | None:
    """Say what others can read of a port that listens on `host` ("": everywhere); None: nothing."""
    return None if is_loopback(host) else _SAID[mode]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it: an address of its own, or `localhost`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
