"""Fresh identifiers and chance: the one place that asks for them.

Python seeds its generator from the operating system. Asking that for every message would cost a
system call each, and nothing here must be hard to guess: what is secret comes from `secrets`.
"""

import random
import secrets
from typing import Final

_CHOSEN_BITS: Final = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_4: Final = 0x4000 << 64 | 0x8000 << 48
"""The version and the variant of RFC 9562 §5.4; chance has all other bits."""

AUTHORIZATION_KEY_BYTES: Final = 20
"""As long as OCPP-J 1.6 allows (§6.2.2)."""


class SystemIdentifiers:
    """UUIDs and jitter."""

    def message_id(self) -> str:
        """A new UUIDv4 as text, 36 characters: unique message id (OCPP-J 1.6 §4.1.4, R5)."""
        bits = random.getrandbits(128) & _CHOSEN_BITS | _VERSION_4
        digits = f"{bits:032x}"
        parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
        return "-".join(parts)

    def salt(self) -> bytes:
        """32 bytes that nobody can guess."""
        return secrets.token_bytes(32)

    def authorization_key(self) -> str:
        """A new AuthorizationKey: 20 bytes that nobody can guess, in hexadecimal (R24)."""
        return secrets.token_hex(AUTHORIZATION_KEY_BYTES).upper()

    def fraction(self) -> float:
        """A random number in [0, 1), for jitter."""
        return random.random()  # noqa: S311 - spreads reconnects, guards no secret
