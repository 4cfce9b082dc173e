"""Where fresh identifiers and chance come from."""

from typing import Protocol


class Identifiers(Protocol):
    """Fresh identifiers and random fractions; scripted in tests."""

    def message_id(self) -> str:
        """A new UUIDv4 as text, 36 characters: unique message id (OCPP-J 1.6 §4.1.4, R5)."""
        ...

    def salt(self) -> bytes:
        """32 bytes that nobody can guess."""
        ...

    def authorization_key(self) -> str:
        """A new AuthorizationKey: 20 bytes that nobody can guess, in hexadecimal (R24)."""
        ...

    def fraction(self) -> float:
        """A random number in [0, 1), for jitter."""
        ...
