"""What the test backend still knows after a restart, as one JSON text."""

import msgspec

from wattgate.core.backend.tags import TagStatus
from wattgate.core.backend.transactions import Transaction
from wattgate.core.errors import ConfigError, Problem

FORMAT = 1
"""Number of this layout."""


class StationMemory(msgspec.Struct, frozen=True):
    """A charge point that was here once.

    `registration` is the status of its last BootNotification, None before the first;
    `boot_text` that message's payload; `connectors` the last status of each connector.
    """

    registration: str | None = None
    boot_text: str | None = None
    connectors: dict[str, str] = {}


class Memory(msgspec.Struct, frozen=True):
    """Everything that outlives the process; `next_transaction_id` was never given out."""

    format: int = FORMAT
    next_transaction_id: int = 1
    transactions: tuple[Transaction, ...] = ()
    stations: dict[str, StationMemory] = {}
    tags: dict[str, TagStatus] = {}


def memory_text(memory: Memory) -> str:
    """Write it as JSON, one stable text for the same content."""
    return msgspec.json.format(msgspec.json.encode(memory, order="sorted"), indent=1).decode()


def read_memory(text: str, path: str) -> Memory:
    """Read what `memory_text` wrote; `path` names the file in words about a problem.

    Raises:
        ConfigError: this is not such a text, or one of another layout.
    """
    try:
        memory = msgspec.json.decode(text, type=Memory)
    except msgspec.DecodeError as error:
        raise ConfigError([Problem(path, f"not a state file of this backend: {error}")]) from error
    if memory.format != FORMAT:
        reason = f"layout {memory.format} is not known here, only {FORMAT}"
        raise ConfigError([Problem(path, reason)])
    return memory
