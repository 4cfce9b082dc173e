"""Whose wishes count at a wallbox that several backends want something of (R80, R106)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wattgate.core.gateway.configuration.config_superset import CARD_KEYS
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.gateway.evse_backend import EvseBackend


@dataclass(frozen=True, slots=True)
class Voice:
    """A backend of the wallbox as its wishes count there.

    `authorises` tells whether it is primary at an EVSE, `may_change` whether it has the right to
    change configuration and is not about to go.
    """

    configuration: BackendConfiguration
    authorises: bool = True
    may_change: bool = True

    def counts_for(self, key: str) -> bool:
        """Whether the wallbox heeds what it wants of that key."""
        return self.may_change and (self.authorises or key not in CARD_KEYS)


def voices_of(backends: Iterable[EvseBackend]) -> list[Voice]:
    """The backends of a wallbox's EVSEs, each login once and none that retires."""
    voices: dict[str, Voice] = {}
    for each in backends:
        if each.retiring:
            continue
        before = voices.get(each.link_id, Voice(each.north.configuration, False, False))
        voices[each.link_id] = replace(
            before,
            authorises=before.authorises or each.is_primary,
            may_change=before.may_change or each.gateway.rights.may("ChangeConfiguration"),
        )
    return list(voices.values())
