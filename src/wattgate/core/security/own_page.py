"""Whether a request comes from a page of ours, or may come from one of somebody else's.

A browser adds the password or the cookie that it knows to the requests of other pages, too.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing (RFC 9110 §9.2.1), and the answer is not shown to other pages."""

_OURS: Final = frozenset({"same-origin", "none"})
"""`none`: a person typed it (W3C Fetch Metadata §2.3). Other ports of our host are others."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as it tells where it comes from; None for a header that it lacks."""

    method: str
    is_secure: bool
    host: str | None = None
    origin: str | None = None
    fetch_site: str | None = None


def is_foreign(asked: Asked) -> bool:
    """Whether a page of another origin may have sent it, and it may change something.

    What tells neither `Origin` nor `Sec-Fetch-Site` was sent by no browser of these days.
    """
    if asked.method in SAFE_METHODS:
        return False
    if asked.fetch_site is not None and asked.fetch_site not in _OURS:
        return True
    return asked.origin is not None and not _is_ours(asked.origin, asked)


def _is_ours(origin: str, asked: Asked) -> bool:
    """A plain page of our own host is no page of ours over HTTPS: anybody may have written it.

    The other way round it is: a proxy in front of us speaks HTTPS for us.
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.netloc == asked.host and (parts.scheme == "https" or not asked.is_secure)
