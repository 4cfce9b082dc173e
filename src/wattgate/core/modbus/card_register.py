"""A card at the reader of a wallbox on Modbus: a register that holds the last one."""

from dataclasses import dataclass
from typing import Final, Self

LONGEST_CARD: Final = 20
"""Characters of an idTag at most (OCPP 1.6 §7.28)."""


@dataclass(frozen=True, slots=True)
class CardRegister:
    """What the register held when it was looked at last; None while nobody has looked.

    `connection` numbers the connections to the wallbox: what the register holds when one begins
    was there before, and is no card that is presented now.
    """

    held: str | None = None
    connection: int = -1

    def after(self, card: str, connection: int) -> Self:
        """What is known after another look."""
        return type(self)(card, connection)

    def shows(self, card: str, connection: int) -> bool:
        """Whether a card is presented: the register has changed to it before our eyes."""
        if self.held is None or connection != self.connection:
            return False
        return card not in ("", self.held)


def id_tag_of(card: str) -> str | None:
    """The card as OCPP names it; None where it does not fit: cut short it might be another's."""
    return card if 0 < len(card) <= LONGEST_CARD else None
