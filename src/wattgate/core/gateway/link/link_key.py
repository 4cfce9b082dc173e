"""The key that a backend gave us for our login there, and the password before it (R24, R37).

The backend that has sent a key drops the old one when we accept (A01.FR.03 of "Improved security
for OCPP 1.6-J"). Should it refuse the new one all the same, the one before still opens the door.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

import msgspec

from wattgate.core.security.passwords import KEY_BYTES

MAX_DIGITS: Final = 40
"""Hexadecimal digits of an AuthorizationKey (OCPP-J 1.6 §6.2.2)."""


class LinkKey(msgspec.Struct, frozen=True):
    """A key that replaced another, as it is stored.

    `key` and `former` in hexadecimal; `former` None is the site file's password. `site_digest`
    names that password as it was, without saying it: another one there counts as newer. `proven`:
    the backend has let us in with the key.
    """

    key: str
    site_digest: str
    former: str | None = None
    proven: bool = False

    def __repr__(self) -> str:
        return f"LinkKey(proven={self.proven})"


@dataclass(frozen=True, slots=True)
class Secret:
    """What is sent as the password: text or bytes as the site file says, or the bytes of a key."""

    password: str | bytes = field(repr=False)


def is_key(text: str) -> bool:
    """Whether a text is an AuthorizationKey: 16 to 20 bytes in hexadecimal digits."""
    return (
        len(text) <= MAX_DIGITS and text.isascii() and text.isalnum() and _length(text) in KEY_BYTES
    )


def rekeyed(before: LinkKey | None, key: str, site_password: str | bytes) -> LinkKey:
    """Take a new key; what opens the door now becomes the former one."""
    return LinkKey(key, digest_of(site_password), _proven(before))


def secret(link_key: LinkKey | None, site_password: str | bytes) -> Secret:
    """What to send now."""
    if link_key is None:
        return Secret(site_password)
    return Secret(bytes.fromhex(link_key.key))


def former_secret(link_key: LinkKey | None, site_password: str | bytes) -> Secret | None:
    """What to try where the backend refuses the key; None where there is nothing else to try."""
    if link_key is None or link_key.proven:
        return None
    if link_key.former is None:
        return Secret(site_password)
    return Secret(bytes.fromhex(link_key.former))


def after_success(link_key: LinkKey) -> LinkKey:
    """The key has opened the door: the former one is forgotten."""
    return LinkKey(link_key.key, link_key.site_digest, None, proven=True)


def after_fallback(link_key: LinkKey) -> LinkKey | None:
    """The former one has opened the door: the key is forgotten; None: the site's password holds."""
    if link_key.former is None:
        return None
    return LinkKey(link_key.former, link_key.site_digest, None, proven=True)


def write(link_key: LinkKey) -> str:
    """As it is stored."""
    return msgspec.json.encode(link_key).decode()


def read(text: str | None, site_password: str | bytes) -> LinkKey | None:
    """What was stored, where it still counts; a password newly written in the site file wins."""
    if text is None:
        return None
    try:
        link_key = msgspec.json.decode(text, type=LinkKey)
    except msgspec.MsgspecError:
        return None
    if link_key.site_digest != digest_of(site_password) or not is_key(link_key.key):
        return None
    return link_key


def digest_of(site_password: str | bytes) -> str:
    """Tells one password of the site file from another, and its text from its bytes."""
    if isinstance(site_password, bytes):
        return hashlib.sha256(b"wattgate link key " + site_password).hexdigest()
    return hashlib.sha256(f"wattgate link {site_password}".encode()).hexdigest()


def _proven(before: LinkKey | None) -> str | None:
    """The key that is known to open the door; None where it is the site's password."""
    if before is None:
        return None
    return before.key if before.proven else before.former


def _length(text: str) -> int:
    try:
        return len(bytes.fromhex(text))
    except ValueError:
        return 0
