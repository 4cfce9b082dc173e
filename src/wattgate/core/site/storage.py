"""Settings of what is kept, and for how long."""

from dataclasses import dataclass, field

from wattgate.core.site.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """What is kept at most: nothing that a backend has still to get is ever dropped for age."""

    reserve_mb: int = field(
        default=16,
        metadata=setting(
            "Disk space that Wattgate keeps for itself, so that it can still store how things "
            "ended when the disk is full; 0: none",
            unit="MiB",
            at_least=0,
            at_most=4096,
        ),
    )
    queue_messages: int = field(
        default=100_000,
        metadata=setting(
            "How many messages may wait for one backend; beyond that every second of the periodic "
            "meter values without signed data goes, and nothing else",
            at_least=1_000,
            at_most=10_000_000,
        ),
    )
    transaction_days: int = field(
        default=3650,
        metadata=setting(
            "For how long a transaction is kept that has ended and was delivered",
            unit="days",
            at_least=30,
            at_most=36_500,
        ),
    )
    transactions: int = field(
        default=1_000_000,
        metadata=setting(
            "How many of them are kept at most, the newest", at_least=1_000, at_most=100_000_000
        ),
    )
    evidence_days: int = field(
        default=1095,
        metadata=setting(
            "For how long the frames of a transaction are kept as evidence",
            unit="days",
            at_least=1,
            at_most=36_500,
        ),
    )
    evidence_frames: int = field(
        default=2_000_000,
        metadata=setting(
            "How many frames are kept as evidence at most, the newest; 0: none",
            at_least=0,
            at_most=1_000_000_000,
        ),
    )
