"""The OCPP security profile of our login at a backend, and what a higher one takes (R32, R37).

"Improved security for OCPP 1.6-J" §2 (the profiles) and A05 (how a backend raises one):
0 nothing, 1 password, 2 TLS and password, 3 TLS with a client certificate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wattgate.core.security.certificates import Origin

HIGHEST: Final = 3


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the two ends of a link prove to each other.

    `is_tls`: the address begins with `wss`. `is_verified`: the backend's certificate was checked
    when the present connection was made, or will be with the next one where there is none yet.
    `has_authority`: somebody may vouch for the backend from the next connection on.
    `certificate`: where our own one came from; None: there is none.
    """

    is_tls: bool
    is_verified: bool
    has_authority: bool
    has_password: bool
    certificate: Origin | None


def present_profile(facts: LinkFacts, agreed: int | None = None) -> int:
    """The profile that the link truly has; `agreed` is what a backend has raised it to.

    TLS with a backend that nobody vouches for is no more than a password over a plain line (R34).
    A certificate that the backend has signed is there for profile 3, which it has yet to ask for;
    one that a person stored, or that stands alone, is used for that already.
    """
    if facts.is_verified and facts.certificate is not None and _is_used(facts, agreed):
        return 3
    if not facts.has_password:
        return 0
    return 2 if facts.is_verified else 1


def complaint(wanted: str, facts: LinkFacts, agreed: int | None = None) -> str | None:
    """Why a backend may not set this SecurityProfile; None: it may (A05.FR.01-04)."""
    if len(wanted) != 1 or not wanted.isascii() or not wanted.isdigit() or int(wanted) > HIGHEST:
        return "there is no such security profile"
    present = present_profile(facts, agreed)
    if int(wanted) <= present:
        return f"the security profile is {present}, and never lowered"
    missing = tuple(_missing(int(wanted), facts))
    return f"for security profile {wanted} there is no {', no '.join(missing)}" if missing else None


def _is_used(facts: LinkFacts, agreed: int | None) -> bool:
    by_backend = facts.certificate is Origin.INSTALLED
    return agreed == HIGHEST or not (by_backend and facts.has_password)


def _missing(profile: int, facts: LinkFacts) -> Iterator[str]:
    if profile >= 2 and not facts.is_tls:
        yield "wss:// address of the backend in the site file"
    if profile >= 2 and not facts.has_authority:
        yield "certificate that vouches for the backend"
    if profile < HIGHEST and not facts.has_password:
        yield "password"
    if profile == HIGHEST and facts.certificate is None:
        yield "certificate of ours"
