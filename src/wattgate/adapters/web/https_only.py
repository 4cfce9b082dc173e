"""What a plain request gets where only HTTPS is spoken: the way there, and never a service."""

from http import HTTPStatus
from typing import Final

from litestar.types import HTTPScope

from wattgate.adapters.web.refusals import Refusal, refusal

HTTPS_ONLY: Final = "https_only"
"""Key of an ASGI scope's `state`: the connection is plain, and plain is not served."""

SAID: Final = "This port speaks HTTPS only: begin the address with https://."

_LOOKS_ONLY: Final = frozenset({"GET", "HEAD"})


def to_https(scope: HTTPScope) -> Refusal:
    """Send a browser to the same place over HTTPS; anything else is told so.

    A program that has sent a password already is not helped on its way: it is to be mended.
    """
    headers = dict(scope["headers"])
    host = headers.get(b"host")
    if scope["method"] not in _LOOKS_ONLY or b"authorization" in headers or not host:
        return refusal(HTTPStatus.BAD_REQUEST, SAID)
    query = scope["query_string"]
    place = b"https://" + host + scope["raw_path"] + (b"?" + query if query else b"")
    return refusal(HTTPStatus.PERMANENT_REDIRECT, SAID, ((b"location", place),))
