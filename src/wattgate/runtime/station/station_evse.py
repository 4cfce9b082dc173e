"""An EVSE of a wallbox, whatever it is spoken to with: what all kinds have in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from wattgate.core.modbus.phase_selection import Obstacle
from wattgate.ports.evse import Cleared, Confirmation, EvseReading, LimitOutcome
from wattgate.runtime.station.evse_known import KnownEvse


@dataclass(frozen=True, slots=True)
class PhasesSelected:
    """How selecting phases ended; where there was an `obstacle`, nothing was sent."""

    outcome: LimitOutcome
    obstacle: Obstacle | None = None


class StationEvse(KnownEvse, ABC):
    """What is known of an EVSE, and how its current is limited. Implements ControllableEvse.

    How each of these behaves is said in `ports/evse.py`.
    """

    @property
    def settle_s(self) -> float:
        """After how many s the current must have followed a new limit."""
        return self.wallbox.settle_s

    @property
    def is_outdated(self) -> bool:
        """Whether it was told of limits to come that are others now; most are told of none."""
        return False

    @property
    @abstractmethod
    def method(self) -> str:
        """How it is told its limits, in words for a person; empty before the first."""

    @property
    @abstractmethod
    def counts_by_transaction(self) -> bool:
        """Whether what it was told is for one transaction, so that the next needs it anew."""

    @property
    @abstractmethod
    def profile_writes(self) -> int:
        """How often something was written that wears the wallbox's memory."""

    @property
    @abstractmethod
    def standing_confirmation(self) -> Confirmation:
        """By what the limit is confirmed that was set when the manager took it over."""

    @property
    @abstractmethod
    def may_be_cleared(self) -> bool:
        """Whether clearing does no harm now."""

    @property
    @abstractmethod
    def was_swept(self) -> bool:
        """Whether the last limit that was to be set afresh did remove what others left."""

    @property
    @abstractmethod
    def lifetime_s(self) -> float:
        """How long a grant lasts, s."""

    @abstractmethod
    def reading(self, now: float) -> EvseReading:
        """What load management needs to know at `now`."""

    @abstractmethod
    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        """Let it draw at most `current_a` A per phase."""

    @abstractmethod
    async def release(self, *, whole: bool) -> Cleared:
        """Remove every limit of ours."""

    @abstractmethod
    async def sweep(self) -> LimitOutcome:
        """Remove what others left."""

    @abstractmethod
    async def stop_charging(self) -> LimitOutcome:
        """End the transaction, unless the site forbids it (R100b)."""

    @abstractmethod
    def ask_for_measurement(self, now: float) -> None:
        """Have it measure where a limit has changed and nothing was heard since."""

    async def wake(self) -> LimitOutcome:
        """Wake a car that sleeps though it may charge; REFUSED where that cannot be done."""
        return LimitOutcome.REFUSED

    async def select_phases(self, phases: int) -> PhasesSelected:
        """Charge on so many phases, 1 or 3, from now on; it counts on all of its own as before."""
        return PhasesSelected(LimitOutcome.REFUSED, Obstacle.NO_REGISTER)

    @abstractmethod
    def next_method(self) -> bool:
        """Say limits in another way from now on."""

    @abstractmethod
    def is_obeyed(self) -> None:
        """Its draw was seen to follow the present method."""
