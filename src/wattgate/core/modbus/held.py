"""What a wallbox on Modbus is to be told: by load management, by its backend, or by neither.

While load management leads it, its limit is the least of what both allow, whatever others have
written. While it does not, somebody else may be in charge of the wallbox: then the backend can take
away from what the other allows, and add nothing.
"""

from dataclasses import dataclass, replace
from math import inf
from typing import Final

from wattgate.core.units import chargeable

SAME_A: Final = 0.06
"""A by which two limits may differ and be the same: registers hold tenths."""


def is_kept(wanted_a: float, now_a: float | None) -> bool:
    """Whether the wallbox says that it holds no more than it was told, where it says anything."""
    return now_a is None or now_a <= wanted_a + SAME_A


@dataclass(frozen=True, slots=True)
class Holding:
    """Who allows one wallbox how much, and what it holds of that, A per phase.

    `load_a` is what load management allows, None while it does not lead the wallbox; `offer_a` what
    its backend allows, None where that has no say. `others_a` is what somebody else has written
    last, None while nobody was seen to. `told_a` is what it was told last and has confirmed,
    `held_a` how it says that itself (some allow less than they were told); None while in doubt.
    """

    load_a: float | None = None
    offer_a: float | None = None
    others_a: float | None = None
    told_a: float | None = None
    held_a: float | None = None

    @property
    def is_led(self) -> bool:
        """Whether load management has a say."""
        return self.load_a is not None

    @property
    def target_a(self) -> float | None:
        """What it is to be told, 0 or at least 6; None: nothing at all."""
        if self.load_a is not None:
            return self.offered_a(self.load_a)
        return None if self.offer_a is None else self.offered_a(_or_all(self.others_a))

    @property
    def is_told(self) -> bool:
        """Whether it was told what it is to be told."""
        return self.target_a is None or _is_same(self.target_a, self.told_a)

    def offered_a(self, most_a: float) -> float:
        """What of `most_a` its backend lets it have, 0 or at least 6."""
        return chargeable(min(most_a, _or_all(self.offer_a)))

    def led(self, load_a: float) -> "Holding":
        """Load management allows so much from now on; what others want does not count."""
        return replace(self, load_a=load_a, others_a=None)

    def left(self) -> "Holding":
        """Load management has no say any more."""
        return replace(self, load_a=None, others_a=None)

    def capped(self, most_a: float) -> "Holding":
        """Load management's part is no more than that."""
        return self if self.load_a is None else replace(self, load_a=min(self.load_a, most_a))

    def in_doubt(self) -> "Holding":
        """A limit is on its way, or was lost with a restart."""
        return replace(self, told_a=None, held_a=None)

    def confirmed(self, current_a: float, now_a: float | None) -> "Holding":
        """It was told `current_a`, and says that it holds `now_a`, None where it does not say."""
        return replace(self, told_a=current_a, held_a=current_a if now_a is None else now_a)

    def is_exceeded(self, now_a: float | None) -> bool:
        """Whether somebody has given it more than it held of us."""
        return now_a is not None and self.held_a is not None and now_a > self.held_a + SAME_A

    def is_not_done(self, now_a: float | None) -> bool:
        """Whether it holds more than it was told, and never said that it took that."""
        target_a = self.target_a
        is_in_doubt = self.held_a is None and target_a is not None
        return is_in_doubt and not is_kept(target_a or 0.0, now_a)

    def seen(self, now_a: float | None) -> "Holding":
        """It says what it holds, and nothing of ours is on its way."""
        if now_a is None or _is_same(now_a, self.held_a):
            return self
        if self.load_a is not None:  # less than it was told: to be told again
            return self if self.held_a is None else self.in_doubt()
        is_ours = self.held_a is None and _is_same(now_a, self.target_a)
        others_a = self.others_a if is_ours else now_a
        return replace(self, told_a=now_a, held_a=now_a, others_a=others_a)

    def begun_anew(self, now_a: float | None) -> "Holding":
        """It has restarted, and says what it holds since."""
        if self.load_a is not None or self.held_a is None:
            return self.in_doubt().seen(now_a)
        return replace(self, told_a=now_a, held_a=now_a)


def _is_same(one_a: float | None, other_a: float | None) -> bool:
    if one_a is None or other_a is None:
        return one_a is other_a
    return abs(one_a - other_a) <= SAME_A


def _or_all(current_a: float | None) -> float:
    return inf if current_a is None else current_a
