"""What the connectors of one OCPP 1.6 wallbox share when they are told their limits."""

from collections.abc import Callable
from dataclasses import dataclass, field

from wattgate.core.station.models import read_model
from wattgate.core.station.quirks import traits_of
from wattgate.core.station.traits import Traits
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.charging_keys import KnownKeys
from wattgate.runtime.charging.confirmation import CompositeSchedules
from wattgate.runtime.charging.profile_commands import Commands
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.supervisor import Supervisor


@dataclass(slots=True)
class WallboxLine:
    """One wallbox as its connectors speak to it; `alone` where it has one EVSE only.

    `in_use` tells by connector whether a transaction runs there.
    """

    presence: Presence
    commands: Commands
    keys: KnownKeys
    schedules: CompositeSchedules
    behaviours: Behaviours | None
    tasks: Supervisor | None
    alone: bool
    in_use: dict[int, Callable[[], bool]] = field(default_factory=dict)

    @property
    def traits(self) -> Traits:
        """In what it differs from OCPP."""
        return traits_of(read_model(self.presence.boot_text))

    @property
    def is_in_use(self) -> bool:
        """Whether a transaction runs at any connector."""
        return any(in_use() for in_use in self.in_use.values())

    @property
    def may_clear(self) -> bool:
        """Whether removing a profile frees no car: some then set what charges to the maximum."""
        return not (self.traits.never_clear_in_session and self.is_in_use)

    def others_in_use(self, connector: int) -> bool:
        """Whether a transaction runs at a sibling."""
        return any(in_use() for number, in_use in self.in_use.items() if number != connector)
