"""An EVSE without a wallbox: what it reports and how it answers is up to the test."""

from dataclasses import dataclass, field, replace

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.load.demand import EvseView
from wattgate.core.load.ledger import Ledger, Position
from wattgate.core.load.sensing import Draw
from wattgate.ports.evse import Cleared, EvseReading, LimitOutcome

METHOD = Method(Strategy.TWO_PERIODS)

VIEW = EvseView("a", frozenset({0, 1, 2}), minimum_a=6, maximum_a=32, transaction_open=True)

CHARGING = EvseReading(
    view=VIEW,
    seen=True,
    ready=True,
    silent_s=0,
    connection=1,
    booted=True,
    idle=False,
    draw=None,
    waiting_since=5.0,
)


@dataclass
class ScriptedEvse:
    """Implements ControllableEvse; `said` are the limits it got as (A, lifetime in s)."""

    now_seen: EvseReading = CHARGING
    in_use: bool = True
    lifetime_s: float = 900.0
    settle_s: float = 30.0
    standing_a: float = 0.0
    may_be_cleared: bool = True
    was_swept: bool = True
    method: str = str(METHOD)
    evse_id: str = "a"
    station_id: str = "CP1"
    outcome: LimitOutcome = LimitOutcome.ACCEPTED
    swept: LimitOutcome = LimitOutcome.ACCEPTED
    is_outdated: bool = False
    methods: list[str] = field(default_factory=list)
    said: list[tuple[float, int | None]] = field(default_factory=list)
    sweeps: int = 0
    obeyed: int = 0
    asked: int = 0

    def reading(self, now: float) -> EvseReading:
        return self.now_seen

    def draws(self, at: float, current_a: float) -> EvseReading:
        """A new sample of the current on every phase."""
        self.now_seen = replace(self.now_seen, draw=Draw(at, current_a, current_a))
        return self.now_seen

    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        self.said.append((current_a, lifetime_s))
        return self.outcome

    async def release(self, *, whole: bool) -> Cleared:
        raise AssertionError("nobody asked for that")

    async def sweep(self) -> LimitOutcome:
        self.sweeps += 1
        return self.swept

    async def stop_charging(self) -> LimitOutcome:
        raise AssertionError("nobody asked for that")

    def ask_for_measurement(self, now: float) -> None:
        self.asked += 1

    def next_method(self) -> bool:
        if not self.methods:
            return False
        self.method = self.methods.pop(0)
        return True

    def is_obeyed(self) -> None:
        self.obeyed += 1


@dataclass
class ScriptedLimits:
    """A ledger without a control loop."""

    ledger: Ledger = field(default_factory=lambda: Ledger().assumed("a", 32))
    unknown: set[str] = field(default_factory=set)
    aside: set[str] = field(default_factory=set)
    said_again: int = 0
    handed_back: int = 0
    ends_at: float = 1000.0

    def position(self, evse_id: str) -> Position:
        return self.ledger.position(evse_id)

    def allow(self, current_a: float) -> None:
        """The EVSE has accepted a limit."""
        self.ledger = self.ledger.sent("a", current_a).accepted("a")

    def count_drawn(self, evse_id: str, drawn_a: float | None) -> None:
        self.ledger = self.ledger.drawing(evse_id, drawn_a)

    def say_again(self, evse_id: str) -> None:
        self.said_again += 1

    def ends_by(self, evse_id: str) -> float:
        return self.ends_at

    def take_aside(self, evse_id: str) -> None:
        self.aside.add(evse_id)

    def hand_back(self, evse_id: str) -> None:
        self.aside.remove(evse_id)
        self.handed_back += 1
