"""Where a backend is: what a URL and an identity must look like, and when two are the same."""

import hashlib
from urllib.parse import SplitResult, unquote, urlsplit

from wattgate.core.ocpp.handshake import backend_url
from wattgate.core.site.backends import GatewaySettings

_DEFAULT_PORTS = {"ws": 80, "wss": 443}

Destination = tuple[str, str, int | None, str, str]
"""Scheme, host, port, path with the identity, query: equal where a backend sees one client."""


def url_complaint(url: str) -> str | None:
    """What keeps a backend from being reached under this URL (P2); None: nothing.

    Never repeats the URL: it may hold the backend's key.
    """
    parts = _parts_of(url)
    return parts if isinstance(parts, str) else _complaint_about(parts)


def page_complaint(url: str) -> str | None:
    """What keeps paths from being put behind this URL of a web server; None: nothing."""
    parts = _parts_of(url)
    if isinstance(parts, str):
        return parts
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must begin with http:// or https:// and name a host"
    if parts.username is not None or parts.query or parts.fragment:
        return "must not contain a user, a query (?…) or a fragment (#…)"
    return None


def identity_complaint(identity: str) -> str | None:
    """What keeps an identity from being the last part of a URL's path; None: nothing.

    Anything else is percent-encoded there (R26); RFC 3986 §5.2.4 removes `.` and `..`.
    """
    if identity != identity.strip():
        return "must not begin or end with a space"
    if identity in {".", ".."}:
        return "must not be . or ..: they vanish from a URL's path"
    return None


def destination(gateway: GatewaySettings, charge_box_id: str) -> Destination:
    """What tells one backend connection from another; the URL must have no complaint."""
    identity = gateway.identity(charge_box_id)
    parts = urlsplit(backend_url(gateway.url, identity, gateway.append_id))
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return (parts.scheme, parts.hostname or "", port, unquote(parts.path.rstrip("/")), parts.query)


def link_place(gateway: GatewaySettings, identity: str) -> str:
    """Where messages in a queue are for, as part of its name in the store, for ever.

    A path may hold a key, so only its digest is in the name; the scheme may change under it.
    """
    url = urlsplit(gateway.url)
    port = f":{url.port}" if url.port is not None else ""
    place = f"{url.path.strip('/')}?{url.query}"
    digest = "" if place == "?" else f"/{hashlib.sha256(place.encode()).hexdigest()[:8]}"
    return f"{identity}@{url.hostname}{port}{digest}"


def _parts_of(url: str) -> SplitResult | str:
    """The URL in its parts, or a complaint."""
    if any(character.isspace() for character in url):
        return "must not contain spaces"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a URL: its host or port cannot be read"
    return parts


def _complaint_about(parts: SplitResult) -> str | None:
    if parts.scheme not in _DEFAULT_PORTS:
        return "must begin with ws:// or wss://"
    if not parts.hostname:
        return "must name a host, as in ws://backend.example/"
    if parts.username is not None:
        return "must not contain a user or password: client_id and password are for that"
    if parts.fragment:
        return "must not contain a fragment (#…)"
    return None
