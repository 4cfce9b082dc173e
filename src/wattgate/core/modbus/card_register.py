"""A card at the reader of a wallbox on Modbus: a register that holds the last one."""

from dataclasses import dataclass
from typing import Final

LONGEST_CARD: Final = 20
"""Characters of an idTag at most (OCPP 1.6 §7.28)."""


@dataclass(frozen=True, slots=True)
class CardRegister:
    """What the register held when it was looked at last; None while nobody has looked.

    `count` is how many cards were shown by then, None where the wallbox does not count.
    `connection` numbers the connections to the wallbox: what the register holds when one begins
    was there before, and is no card that is presented now.
    """

    held: str | None = None
    count: int | None = None
    connection: int = -1

    def shows(self, now: "CardRegister") -> bool:
        """Whether a card was presented between this look and the next one.

        Either the register has changed to it before our eyes, or the same card was counted again.
        """
        if self.held is None or now.connection != self.connection or not now.held:
            return False
        return now.held != self.held or now.count != self.count


def id_tag_of(card: str) -> str | None:
    """The card as OCPP names it; None where it does not fit: cut short it might be another's."""
    return card if 0 < len(card) <= LONGEST_CARD else None
