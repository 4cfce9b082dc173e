"""Passwords of wallboxes: what HTTP Basic carries compared with what the site file says (R24)."""

import hmac
from typing import Final

KEY_BYTES: Final = range(16, 21)
"""Length of an AuthorizationKey of OCPP-J 1.6 (§6.2.2), in bytes."""


def wallbox_password_matches(presented: bytes, configured: str) -> bool:
    """Whether the wallbox knows the password; the time taken does not tell how much of it.

    Wallboxes differ in what they make of a hexadecimal AuthorizationKey: some send its text, some
    the bytes that it stands for. Both match. An empty `configured` matches nothing.
    """
    if not configured:
        return False
    text = configured.encode()
    as_text = hmac.compare_digest(presented, text)
    as_key = hmac.compare_digest(presented, _key(configured) or text)
    return as_text or as_key


def is_hexadecimal(text: str) -> bool:
    """Whether a text is hexadecimal digits, two per byte; the empty one is."""
    if text and not text.isalnum():  # fromhex would skip white space
        return False
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True


def _key(configured: str) -> bytes | None:
    """The bytes of a hexadecimal AuthorizationKey, None where the text is none."""
    key = bytes.fromhex(configured) if is_hexadecimal(configured) else b""
    return key if len(key) in KEY_BYTES else None
