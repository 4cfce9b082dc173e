"""What a backend may command at an EVSE."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from wattgate.core.gateway.policy import POLICY, Sender

COMMANDS: Final = tuple(row.action for row in POLICY.values() if row.sender is not Sender.WALLBOX)
"""Every action that a backend may ask for, in the order of the policy table."""

_READING: Final = frozenset(
    {
        "ExtendedTriggerMessage",
        "GetCompositeSchedule",
        "GetConfiguration",
        "GetInstalledCertificateIds",
        "GetLocalListVersion",
        "TriggerMessage",
    }
)
"""What changes nothing, neither at the wallbox nor for another backend."""

_BY_WORD: Final[Mapping[str, frozenset[str]]] = {
    "all": frozenset(COMMANDS),
    "read": _READING,
    "none": frozenset(),
}

WORDS: Final = tuple(_BY_WORD)
"""The rights that have a name of their own."""


@dataclass(frozen=True, slots=True)
class Rights:
    """One of `WORDS`, or the actions that are allowed, as in `commands` of a gateway."""

    words: tuple[str, ...]

    ALL: ClassVar["Rights"]
    READ: ClassVar["Rights"]
    NONE: ClassVar["Rights"]

    @classmethod
    def to(cls, *actions: str) -> "Rights":
        """Rights to these actions of `COMMANDS`: equal for the same ones in any order."""
        return cls(tuple(each for each in COMMANDS if each in actions)) if actions else cls.NONE

    def may(self, action: str) -> bool:
        """Whether a backend with these rights may ask for this action of OCPP 1.6."""
        return any(action in _BY_WORD.get(word, {word}) for word in self.words)


Rights.ALL = Rights(("all",))
Rights.READ = Rights(("read",))
Rights.NONE = Rights(("none",))
