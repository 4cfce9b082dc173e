"""What a register is: where it stands, how its words are read, and what they mean."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.modbus.tables import Table

Value = int | float | str
"""What a register says: a number in its unit, or a text."""

MOST_READ: Final = 125
"""Words that one request may read (Modbus Application Protocol 1.1b3 §6.3)."""

MOST_WRITTEN: Final = 123
"""Words that one request may write (Modbus Application Protocol 1.1b3 §6.12)."""

HIGHEST_ADDRESS: Final = 0xFFFF


class Kind(StrEnum):
    """How the words of a register are read; words are big-endian within themselves."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    """IEEE 754; NaN is for what is not available."""
    TEXT = "text"
    """Two characters a word, filled up with NUL or blanks."""
    HEX = "hex"
    """Bytes as hex digits; empty if all are 0."""
    VERSION = "version"
    """Bytes as numbers with dots between them: 0x030a is "3.10"."""


class WordOrder(StrEnum):
    """Which word of a number of more than 16 bits comes first."""

    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


class Access(StrEnum):
    """What a master may do to a register."""

    READ = "r"
    WRITE = "w"
    READ_WRITE = "rw"


_WORDS: Final = {
    Kind.UINT16: 1,
    Kind.INT16: 1,
    Kind.UINT32: 2,
    Kind.INT32: 2,
    Kind.UINT64: 4,
    Kind.FLOAT32: 2,
}

BYTE_KINDS: Final = frozenset(set(Kind) - set(_WORDS))
"""Kinds that are as long as their register says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register of a map.

    Its value is the number in its words times `scale`, in `unit`. `length` is in words and only for
    kinds that have none of their own. `allowed` are ranges, both ends included, that may be
    written; none if all that fits may. `is_volatile`: a write costs no flash, so that it may be
    repeated as often as one likes. `fixed` is the value of one that never changes.
    """

    name: str
    address: int
    kind: Kind = Kind.UINT16
    length: int = 1
    scale: float = 1
    unit: str = ""
    access: Access = Access.READ
    is_volatile: bool = False
    allowed: tuple[tuple[float, float], ...] = ()
    fixed: Value | None = None
    table: Table = Table.HOLDING
    meaning: str = ""

    @property
    def words(self) -> int:
        """How many words it takes."""
        return _WORDS.get(self.kind, self.length)

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.words

    @property
    def is_readable(self) -> bool:
        """Whether a master may read it."""
        return self.access is not Access.WRITE

    @property
    def is_writable(self) -> bool:
        """Whether a master may write it."""
        return self.access is not Access.READ
