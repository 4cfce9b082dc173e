"""Fresh identifiers and chance from the operating system: the one place that asks for them."""

import random
import uuid


class SystemIdentifiers:
    """UUIDs and jitter."""

    def message_id(self) -> str:
        """A new UUIDv4 as text, 36 characters: unique message id (OCPP-J 1.6 §4.1.4, R5)."""
        return str(uuid.uuid4())

    def fraction(self) -> float:
        """A random number in [0, 1), for jitter."""
        return random.random()  # noqa: S311 - spreads reconnects, guards no secret
