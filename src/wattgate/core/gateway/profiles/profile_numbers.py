"""What the profiles of several backends are called in one wallbox (R98, R101, R105).

The backend chooses chargingProfileId (OCPP 1.6 §7.8), and a wallbox has each number once. Where it
has several EVSEs, each with backends of its own, their profiles get numbers of ours in it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from wattgate.core.ocpp.splice import Path, read_scalar, replace_scalar

FIRST: Final = 20_001
"""The first number that is given; those of load management itself are below."""

NUMBERED: Final[Mapping[str, Path]] = {
    "SetChargingProfile": ("csChargingProfiles", "chargingProfileId"),
    "RemoteStartTransaction": ("chargingProfile", "chargingProfileId"),
    "ClearChargingProfile": ("id",),
}
"""Where a message names a profile."""


@dataclass(frozen=True, slots=True)
class ProfileNumbers:
    """The numbers in one wallbox, by who set the profile and what it is called there; a value."""

    given: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def with_one(self, owner: str, their_id: int, in_use: Collection[int]) -> "ProfileNumbers":
        """Give a profile its number, the old one if it has one.

        Of the same owner only the profiles `in_use` keep theirs.
        """
        kept = {
            (whose, name): number
            for (whose, name), number in self.given.items()
            if whose != owner or name in in_use or name == their_id
        }
        if (owner, their_id) not in kept:
            taken = set(self.given.values())
            kept[owner, their_id] = next(each for each in count(FIRST) if each not in taken)
        return ProfileNumbers(kept)

    def of(self, owner: str) -> dict[int, int]:
        """The numbers of one owner's profiles, by its names of them."""
        return {name: number for (whose, name), number in self.given.items() if whose == owner}

    def text_of(self, owner: str) -> str:
        """Those, for the store."""
        return json.dumps(sorted(self.of(owner).items()))

    def taken_up(self, owner: str, text: str) -> "ProfileNumbers":
        """Take up what `text_of` said."""
        return ProfileNumbers({**self.given, **{(owner, each): n for each, n in json.loads(text)}})


def named_profile(action: str, payload_text: str) -> int | None:
    """The id of the profile that a message names; None for none, or for no integer."""
    named = read_scalar(payload_text, NUMBERED[action])
    return named if isinstance(named, int) and not isinstance(named, bool) else None


def renumbered(action: str, payload_text: str, number: int) -> str:
    """The message with the wallbox's number of the profile that it names."""
    return replace_scalar(payload_text, NUMBERED[action], str(number))
