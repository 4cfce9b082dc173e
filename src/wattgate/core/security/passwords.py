"""Passwords of wallboxes: how they are kept, and what HTTP Basic carries compared with that (R24).

What is kept is a keyed hash: without the key, which is not in the database, not even a short
password can be found from it by trying. The hash of a password is the same every time, so that a
site file applied twice changes nothing.
"""

import hmac
import re
from dataclasses import dataclass, field
from typing import Final

KEY_BYTES: Final = range(16, 21)
"""Length of an AuthorizationKey of OCPP-J 1.6 (§6.2.2), in bytes."""

SECRET_BYTES: Final = 32
"""Length of the key under which passwords are kept: as long as what SHA-256 gives."""

MARK: Final = "$wg1$"
"""What a kept password begins with; a password itself must not."""

_KEPT: Final = re.compile(r"\$wg1\$([0-9a-f]{8})\$([0-9a-f]{64})\$([0-9a-f]{64})?")
_NO_PASSWORD: Final = b"\0" * SECRET_BYTES
_PURPOSE: Final = b"wattgate wallbox password "
_PURPOSE_OF_MARKS: Final = b"wattgate mark of a text "
_NAME_OF_KEY: Final = b"wattgate name of this key"


@dataclass(frozen=True, slots=True)
class PasswordKey:
    """The key under which a site's wallbox passwords are kept: 32 bytes that nobody can guess."""

    secret: bytes = field(repr=False)

    def kept(self, password: str) -> str:
        """Write a password as it is kept; what is kept already, and an empty one, stay.

        That is `$wg1$`, a name of this key, the hash of the text, and, where the text is a
        hexadecimal AuthorizationKey, that of its bytes.
        """
        if not password or is_kept(password):
            return password
        key = key_bytes(password)
        as_key = self._hash(key).hex() if key is not None else ""
        return f"{MARK}{self._name()}${self._hash(password.encode()).hex()}${as_key}"

    def matches(self, presented: bytes, kept: str) -> bool:
        """Whether this is the password that is kept; the time taken does not tell.

        Wallboxes differ in what they make of a hexadecimal AuthorizationKey: some send its text,
        some the bytes that it stands for. Both match. An empty `kept` matches nothing.
        """
        found = _KEPT.fullmatch(kept)
        text, key = (found[2], found[3]) if found is not None else (None, None)
        digest = self._hash(presented)
        as_text = hmac.compare_digest(digest, _digest(text))
        as_key = hmac.compare_digest(digest, _digest(key))
        return as_text or as_key

    def made(self, kept: str) -> bool:
        """Whether it was kept under this key; otherwise nobody can prove to know it any more."""
        found = _KEPT.fullmatch(kept)
        return found is not None and found[1] == self._name()

    def mark_of(self, text: bytes) -> str:
        """A mark of a text that holds passwords: another text has another one.

        Without the key nobody can try which text it is.
        """
        return hmac.digest(self.secret, _PURPOSE_OF_MARKS + text, "sha256").hex()[:32]

    def _name(self) -> str:
        return hmac.digest(self.secret, _NAME_OF_KEY, "sha256").hex()[:8]

    def _hash(self, password: bytes) -> bytes:
        return hmac.digest(self.secret, _PURPOSE + password, "sha256")


def is_kept(text: str) -> bool:
    """Whether a text is a password as it is kept, under whatever key."""
    return _KEPT.fullmatch(text) is not None


def wallbox_password_matches(presented: bytes, configured: str) -> bool:
    """Whether the wallbox knows a password that is kept as it is, as a test backend does.

    As text and as the bytes of an AuthorizationKey; the time taken does not tell how much of it
    is right. An empty `configured` matches nothing.
    """
    if not configured:
        return False
    text = configured.encode()
    as_text = hmac.compare_digest(presented, text)
    as_key = hmac.compare_digest(presented, key_bytes(configured) or text)
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


def key_bytes(text: str) -> bytes | None:
    """The bytes of a hexadecimal AuthorizationKey, None where the text is none."""
    key = bytes.fromhex(text) if is_hexadecimal(text) else b""
    return key if len(key) in KEY_BYTES else None


def _digest(kept: str | None) -> bytes:
    """What to compare with; where nothing is kept, what no password gives."""
    return bytes.fromhex(kept) if kept else _NO_PASSWORD
