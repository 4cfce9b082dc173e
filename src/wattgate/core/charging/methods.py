"""The ways in which an OCPP 1.6 wallbox can be told its limit (R100)."""

from dataclasses import dataclass
from enum import StrEnum

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.profiles import Kind, RateUnit


class Strategy(StrEnum):
    """With which profiles the standing current and the grant are said."""

    TWO_PERIODS = "two periods"
    STANDING_AND_GRANT = "standing + grant"
    SINGLE_VALUE = "single value"
    TX_PROFILE = "TxProfile"
    CHARGE_POINT_MAX = "ChargePointMaxProfile"


@dataclass(frozen=True, slots=True)
class Method:
    """One way: the profiles, the unit of their limits, and from when their schedules count.

    A ChargePointMaxProfile belongs to no transaction, so that it cannot be Relative, and Recurring
    is no way to say a grant: both are a LocalUsageError.
    """

    strategy: Strategy
    unit: RateUnit = RateUnit.A
    kind: Kind = Kind.ABSOLUTE

    def __post_init__(self) -> None:
        ours = self.kind is Kind.ABSOLUTE or (
            self.kind is Kind.RELATIVE and self.strategy is not Strategy.CHARGE_POINT_MAX
        )
        if not ours:
            raise LocalUsageError(f"no {self.strategy} of the kind {self.kind}")

    def __str__(self) -> str:
        return f"{self.strategy}, {self.unit}, {self.kind}"

    @property
    def expires(self) -> bool:
        """Whether a grant ends by itself; else a silent wallbox gets no credit (R100a).

        A Relative schedule starts again with the next transaction, and from which moment of a
        transaction it counts is the wallbox's affair (OCPP 1.6 §7.9): its grants have no end that
        is known here.
        """
        return self.kind is Kind.ABSOLUTE and self.strategy is not Strategy.SINGLE_VALUE


def read_method(text: str) -> Method | None:
    """The method of these words, as `str` writes them; None for others."""
    parts = text.split(", ")
    if len(parts) != 3:
        return None
    try:
        return Method(Strategy(parts[0]), RateUnit(parts[1]), Kind(parts[2]))
    except (ValueError, LocalUsageError):
        return None
