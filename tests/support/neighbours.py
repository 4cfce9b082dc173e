"""Two wallboxes on one circuit: A, of which something is in doubt, and its neighbour B."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from tests.support.shared_current import settle, site
from tests.support.simulated_box import SimulatedBox
from tests.support.world import BOOT, Scripted, ScriptedDialer, World, a_backend

from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.manager import Manager
from wattgate.runtime.station.station_evse import StationEvse

ALFEN: Final = {**BOOT, "chargePointVendor": "Alfen BV"}
"""Clears all its profiles whichever is named: not while a car charges."""

AT_BACKEND: Final = '[[evse.gateway]]\nurl = "ws://backend/"'


def circuit(limit_a: float, more: str = "", *, a: str = "", b: str = "") -> str:
    """A site of nothing but A and B; `more` is said of the site, `a` and `b` of each EVSE."""
    head = f"[site]\nmax_current_a = {limit_a}\nhouse_load_a = 0\npause_s = 0\n{more}\n"
    return site("A", "B", head=head, A=a, B=b)


@dataclass
class Neighbours:
    """A site with A and B; `backend` is that of A, where `site_toml` names it."""

    site_toml: str
    a: SimulatedBox = field(default_factory=lambda: SimulatedBox(station_id="A"))
    b: SimulatedBox = field(default_factory=lambda: SimulatedBox(station_id="B"))
    backend: Scripted = field(default_factory=a_backend)

    def __post_init__(self) -> None:
        dialer = ScriptedDialer({"ws://backend/A": self.backend})
        self.world = World(self.site_toml, dialer)

    @property
    def manager(self) -> Manager:
        assert self.world.manager is not None
        return self.world.manager

    def state(self, evse_id: str = "A") -> EvseState:
        state = self.manager.evse(evse_id)
        assert state is not None
        return state

    @property
    def evse(self) -> StationEvse:
        """A, as load management knows it."""
        return self.state().evse

    @property
    def drawn_a(self) -> list[float]:
        """What flows to A and to B, A per phase."""
        return [self.a.draw_a(1), self.b.draw_a(1)]

    @property
    def counted_a(self) -> float:
        """What A counts for, A per phase."""
        return self.manager.limits.position("A").worst_a

    @property
    def writes(self) -> int:
        """How many profiles A was sent."""
        return len(self.a.all_of("SetChargingProfile"))

    async def come(self) -> None:
        """Start the manager; both wallboxes boot."""
        await self.world.start()
        await self.a.come(self.world)
        await self.b.come(self.world)

    async def charge(self) -> None:
        """A car at each, and both have what they get."""
        await self.a.plug()
        await self.b.plug()
        await settle(60)

    async def kill(self) -> None:
        """The manager ends without a word, and both wallboxes notice."""
        await self.world.kill()
        await self.a.go()
        await self.b.go()

    async def largest_sum_a(self, within_s: float, every_s: float = 1.0) -> float:
        """The most that flows to both during so many seconds, A per phase."""
        loop = asyncio.get_running_loop()
        end, most_a = loop.time() + within_s, sum(self.drawn_a)
        while loop.time() < end:
            await asyncio.sleep(every_s)
            most_a = max(most_a, sum(self.drawn_a))
        return round(most_a, 6)
