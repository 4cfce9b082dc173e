"""By which names and addresses others may reach this machine."""

import fcntl
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

from wattgate.core.security.host_names import is_host

_SIOCGIFADDR: Final = 0x8915
_IFREQ_B: Final = 40
_ADDRESS_AT: Final = 20
"""Where `struct ifreq` has an IPv4 address: netdevice(7)."""


def machine_names() -> tuple[str, ...]:
    """Host name, `localhost`, and every address; what belongs to one cable only is left out."""
    own = socket.gethostname()
    names = [own, f"{own}.local" if "." not in own else own, "localhost"]
    addresses = [*_ipv4(), *_ipv6(Path("/proc/net/if_inet6")), "127.0.0.1"]
    useful = [address for address in addresses if not ip_address(address).is_link_local]
    return tuple(dict.fromkeys(name for name in (*names, *useful) if is_host(name)))


def _ipv4() -> Iterator[str]:
    """The address of each interface, asked of the kernel: no name server takes part."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, interface in socket.if_nameindex():
            request = struct.pack(f"{_IFREQ_B}s", interface.encode())
            try:
                answer = fcntl.ioctl(asking, _SIOCGIFADDR, request)
            except OSError:  # it has none
                continue
            yield socket.inet_ntoa(answer[_ADDRESS_AT : _ADDRESS_AT + 4])


def _ipv6(listing: Path) -> Iterator[str]:
    """Addresses as Linux lists them; none without IPv6."""
    try:
        lines = listing.read_text(encoding="ascii").splitlines()
    except OSError:
        return
    for line in lines:
        yield str(IPv6Address(bytes.fromhex(line.split()[0])))
