"""A wallbox with one connector that several backends hear of."""

from dataclasses import dataclass, field

from tests.support.frames import HOUSE, STALL, Literal, literal_backend, literal_wallbox, settled
from tests.support.world import Json, World

from wattgate.core.station.transactions import TransactionRecord
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.station.station_evse import StationEvse

REPORTS = """
[[evse.gateway]]
url = "ws://one/"
role = "report"
[[evse.gateway]]
url = "ws://two/"
role = "report"
"""
NAMES = ("backend", "one", "two")
"""The one that bills, and those that are only told."""

FIRST_IDS = {"backend": 9001, "one": 501, "two": 9001}
"""From which number each counts transactions: two of them from the same."""

ONE_BILLS_TWO_HEAR = HOUSE + STALL + REPORTS
BILLED = ("StartTransaction", "MeterValues", "StopTransaction")


def link_of(name: str) -> str:
    """The queue of a backend."""
    return f"stall-1 CP1@{name}"


@dataclass
class Several:
    """The wallbox, its backends by name, and what the site makes of them."""

    world: World
    wallbox: Literal
    backends: dict[str, Literal] = field(default_factory=dict)

    @property
    def evse(self) -> StationEvse:
        """The EVSE as the manager has it."""
        assert self.world.manager is not None
        (state,) = self.world.manager.evses()
        assert isinstance(state.evse, StationEvse)
        return state.evse

    def of(self, name: str) -> EvseBackend:
        """A backend as the EVSE has it."""
        found = self.evse.backend_of(link_of(name))
        assert found is not None
        return found

    async def record(self, transaction_id: int = 1) -> TransactionRecord:
        """A transaction as it is stored."""
        found = await self.world.store.any_transaction(transaction_id)
        assert found is not None
        return found

    def comes(self, name: str) -> None:
        """A backend is there from now on."""
        self.world.dialer.backends[f"ws://{name}/CP1"] = self.backends[name]

    def heard(self, name: str) -> list[tuple[str, Json]]:
        """What a backend heard of transactions, in order."""
        return [call for call in self.backends[name].calls if call[0] in BILLED]

    def ids(self, name: str) -> list[int]:
        """The transaction ids in that."""
        named = (payload.get("transactionId") for _, payload in self.heard(name))
        return [each for each in named if each is not None]

    async def waiting(self, name: str) -> list[str]:
        """The actions of what waits for a backend."""
        return [each.draft.action for each in await self.world.store.outbox(link_of(name))]


async def several(
    site_toml: str = ONE_BILLS_TWO_HEAR,
    *,
    away: tuple[str, ...] = (),
    world: World | None = None,
    **others: Literal,
) -> Several:
    """Start it with the usual backends, or with `others` in their place, and boot CP1."""
    usual = {name: literal_backend(first) for name, first in FIRST_IDS.items()}
    site = Several(world or World(site_toml), literal_wallbox(), usual | others)
    for name in NAMES:
        if name not in away:
            site.comes(name)
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    await settled()
    return site
