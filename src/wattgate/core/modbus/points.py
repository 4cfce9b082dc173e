"""The registers that a definition file can describe: which are read, and which are written."""

from dataclasses import dataclass, field
from typing import Final

from wattgate.core.modbus.registers import HIGHEST_ADDRESS, MOST_READ, Access, Kind, Register
from wattgate.core.modbus.tables import Table
from wattgate.core.site.settings import setting
from wattgate.core.units import MIN_CHARGE_A

MOST_WORD: Final = 0xFFFF

_ALL_BITS: Final = 0xFFFF_FFFF
_MOST_A: Final = 1_000.0
_MOST_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A register that is read."""

    address: int = field(
        metadata=setting(
            "Where it begins, as in the request: from 0 on, without 30001 or 40001",
            at_least=0,
            at_most=HIGHEST_ADDRESS,
        )
    )
    table: Table = field(default=Table.HOLDING, metadata=setting("Which table it is in"))
    kind: Kind = field(default=Kind.UINT16, metadata=setting("How its words are read"))
    length: int = field(
        default=1,
        metadata=setting(
            "For `text`, `hex` and `version`: how long it is",
            unit="words",
            at_least=1,
            at_most=MOST_READ,
        ),
    )
    scale: float = field(
        default=1.0,
        metadata=setting(
            "What one count is in the unit that its role has: 0.001 for mA", at_least=1e-9
        ),
    )
    optional: bool = field(
        default=False,
        metadata=setting("true: not every firmware has it; it is left out where it is refused"),
    )

    def register(self, name: str) -> Register:
        """The register, under a name."""
        return Register(
            name=name,
            address=self.address,
            table=self.table,
            kind=self.kind,
            length=self.length,
            scale=self.scale,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPoint(Point):
    """A register that says yes or no."""

    on: int = field(default=1, metadata=setting("What it reads for yes", at_least=0))
    mask: int = field(
        default=_ALL_BITS,
        metadata=setting("Which of its bits are looked at", at_least=1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasesPoint(Point):
    """A register that says on how many phases it charges."""

    one: int = field(default=1, metadata=setting("What it reads for one", at_least=0))
    three: int = field(default=3, metadata=setting("What it reads for three", at_least=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A holding register that is written."""

    address: int = field(
        metadata=setting("Where it begins, as in the request", at_least=0, at_most=HIGHEST_ADDRESS)
    )
    kind: Kind = field(default=Kind.UINT16, metadata=setting("How its words are written"))
    scale: float = field(
        default=1.0, metadata=setting("What one count is in its unit", at_least=1e-9)
    )
    stored: bool = field(
        default=False,
        metadata=setting(
            "true: a write wears its memory, so that it is written only where it differs"
        ),
    )

    def register(self, name: str) -> Register:
        """The register, under a name."""
        return Register(
            name=name,
            address=self.address,
            kind=self.kind,
            scale=self.scale,
            access=Access.READ_WRITE,
            is_volatile=not self.stored,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTarget(Target):
    """A current in A that is 0, or within a range."""

    lowest_a: float = field(
        default=MIN_CHARGE_A,
        metadata=setting(
            "What is less is written as off", unit="A", at_least=MIN_CHARGE_A, at_most=_MOST_A
        ),
    )
    highest_a: float = field(
        default=63.0,
        metadata=setting(
            "What is more is written as this", unit="A", at_least=MIN_CHARGE_A, at_most=_MOST_A
        ),
    )
    step_a: float = field(
        default=0.0,
        metadata=setting(
            "It is rounded down to whole ones of these; 0: to what one count is, 0.1 A for a float",
            unit="A",
            at_least=0,
            at_most=1,
        ),
    )
    off: int | None = field(
        default=None,
        metadata=setting(
            "The count that stops charging; unsaid where `enable` does that",
            at_least=0,
            at_most=MOST_WORD,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTarget(Target):
    """A time in s that is 0, or within a range."""

    lowest_s: int = field(
        default=1,
        metadata=setting("What is less is written as this", unit="s", at_least=0, at_most=_MOST_S),
    )
    highest_s: int = field(
        default=3_600,
        metadata=setting("What is more is written as this", unit="s", at_least=0, at_most=_MOST_S),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchTarget(Target):
    """A register for yes and no."""

    on: int = field(
        default=1, metadata=setting("What is written for yes", at_least=0, at_most=MOST_WORD)
    )
    off: int = field(
        default=0, metadata=setting("What is written for no", at_least=0, at_most=MOST_WORD)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasesTarget(Target):
    """A register that selects phases."""

    one: int = field(
        default=1, metadata=setting("What is written for one", at_least=0, at_most=MOST_WORD)
    )
    three: int = field(
        default=3, metadata=setting("What is written for three", at_least=0, at_most=MOST_WORD)
    )


AnyTarget = CurrentTarget | TimeTarget | SwitchTarget | PhasesTarget
