"""The card that a Modbus master can read."""

from dataclasses import dataclass
from typing import Final

CARD_STAYS_S: Final = 120.0
"""How long a card can be read where no car comes."""


@dataclass(slots=True)
class ShownCard:
    """The last card at the reader, and how many were shown since the start.

    It can be read while a car is there, or up to `until` (monotonic s).
    """

    id_tag: str = ""
    count: int = 0
    until: float = 0.0

    def show(self, id_tag: str, now: float) -> None:
        """It is held to the reader."""
        self.id_tag, self.until = id_tag, now + CARD_STAYS_S
        self.count += 1

    def settle(self, now: float, *, came_from_car: bool, is_plugged: bool) -> None:
        """Forget it when its car leaves, or when none comes."""
        has_left = came_from_car and not is_plugged
        if has_left or (now >= self.until and not is_plugged):
            self.id_tag = ""

    def deadline(self, *, is_plugged: bool) -> float | None:
        """When it will be forgotten by itself; None: not while things are as they are."""
        return self.until if self.id_tag and not is_plugged else None
