"""One EVSE whose backends are changed while everything runs, in virtual time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.frames import Literal, literal_backend, literal_wallbox, meter_values, settled
from tests.support.logins import RefusingDialer
from tests.support.site_text import Value, evse, site
from tests.support.world import BOOT, Json, World, status_of

from wattgate.core.site.gateways import ReplaceGateways
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.live_gateways import LINGER_S, LOOK_S
from wattgate.runtime.station.station_evse import StationEvse

EVSE = "stall-1"
GONE_S = LINGER_S + 3 * LOOK_S
"""s after which nothing is left of a backend that had nothing more to hear."""

Gateway = Mapping[str, Value]


def gateway(name: str, **fields: Value) -> Gateway:
    """A backend at `ws://name/`."""
    return {"url": f"ws://{name}/", "role": "primary", **fields}


def report(name: str, **fields: Value) -> Gateway:
    """One that is only told."""
    return gateway(name, **{"role": "report", **fields})


def toml(*gateways: Gateway, evse_id: str = EVSE, observes: bool = False, **fields: Value) -> str:
    """The site file; `fields` are the EVSE's."""
    management = "observe" if observes else "active"
    return site(evse(evse_id, "CP1", *gateways, **fields), load_management=management)


@dataclass
class LiveSite:
    """A wallbox, and every backend that it ever had by its name: the first part of the host.

    A backend `a` gives the ids from 1001 on, `b` from 2001 on, and so on.
    """

    world: World
    backends: dict[str, Literal]
    wallbox: Literal = field(default_factory=literal_wallbox)
    clock_min: int = 0

    @property
    def dialer(self) -> RefusingDialer:
        """By which its backends are reached."""
        assert isinstance(self.world.dialer, RefusingDialer)
        return self.world.dialer

    @property
    def evse(self) -> StationEvse:
        assert self.world.manager is not None
        (state,) = self.world.manager.evses()
        return state.evse

    def backend(self, name: str) -> EvseBackend:
        """What the manager has of that backend."""
        (found,) = [each for each in self.evse.backends if f" CP1@{name}" in each.link_id]
        return found

    @property
    def served(self) -> list[str]:
        """Whom it serves, in order; those that retire in brackets."""
        names = [(each.link_id.rpartition("@")[2], each.retiring) for each in self.evse.backends]
        return [f"({name})" if retiring else name for name, retiring in names]

    async def change(self, *gateways: Gateway) -> None:
        """These are the backends from now on."""
        assert self.world.manager is not None
        wanted = ReplaceGateways([dict(each) for each in gateways])
        await self.world.manager.gateways.change(EVSE, wanted, seen=None)
        await settled()

    async def restart(self, site_toml: str | None = None, *, away_s: float = 5.0) -> None:
        """Kill the manager, and start it on what is stored, with the same file or another."""
        assert self.world.manager is not None
        if site_toml is None:
            # As the stored site would be read back.
            self.world.site_toml = toml(*_tables(self.evse), enabled=self.evse.settings.enabled)
        else:
            self.world.site_toml = site_toml
        await self.world.kill()
        await asyncio.sleep(away_s)
        await self.world.start()
        self.wallbox.closed_with = None
        self.world.plug_in("CP1", self.wallbox)
        await settled()

    async def start(self, tag: str = "04A1") -> int:
        """Begin a transaction; our id of it."""
        self.clock_min += 1
        request = {
            "connectorId": 1,
            "idTag": tag,
            "meterStart": self.clock_min * 1000,
            "timestamp": f"2026-05-15T14:{self.clock_min:02}:12Z",
        }
        answer = await self.wallbox.ask("StartTransaction", request)
        number: int = answer[2]["transactionId"]
        await settled()
        return number

    async def measure(self, transaction_id: int) -> None:
        self.clock_min += 1
        values = meter_values(f"2026-05-15T14:{self.clock_min:02}:00Z", transaction_id)
        await self.wallbox.ask("MeterValues", values)
        await settled()

    async def stop(self, transaction_id: int) -> None:
        self.clock_min += 1
        request = {
            "transactionId": transaction_id,
            "meterStop": self.clock_min * 1000,
            "timestamp": f"2026-05-15T14:{self.clock_min:02}:00Z",
        }
        await self.wallbox.ask("StopTransaction", request)
        await settled()

    def billed(self, name: str) -> list[tuple[str, Json]]:
        """What a backend heard of transactions: the action, and by which id."""
        actions = ("StartTransaction", "MeterValues", "StopTransaction")
        return [
            (action, payload.get("transactionId"))
            for action, payload in self.backends[name].calls
            if action in actions
        ]

    def forget(self) -> None:
        """Forget what came so far."""
        for each in (self.wallbox, *self.backends.values()):
            each.calls.clear()


def session(backend_id: int, values: int = 1) -> list[tuple[str, Json]]:
    """What the backend that gives this id hears of a transaction with so many meter values."""
    middle = [("MeterValues", backend_id)] * values
    return [("StartTransaction", None), *middle, ("StopTransaction", backend_id)]


async def a_live_site(*gateways: Gateway, names: str = "abc", observes: bool = False) -> LiveSite:
    """Start it with these backends, boot the wallbox, and forget what came until then."""
    backends = {name: literal_backend(1000 * n + 1) for n, name in enumerate(names, 1)}
    dialer = RefusingDialer({f"ws://{name}/CP1": each for name, each in backends.items()})
    live = LiveSite(World(toml(*gateways, observes=observes), dialer=dialer), backends)
    await live.world.start()
    await live.world.boot("CP1", live.wallbox)
    await live.wallbox.ask("StatusNotification", status_of(0, "Available"))
    await asyncio.sleep(1)
    live.forget()
    return live


def _tables(evse: StationEvse) -> Sequence[Gateway]:
    from wattgate.core.site.writing import table_mapping

    tables = [table_mapping(each, secrets=True) for each in evse.settings.gateways]
    return [{key: value for key, value in each.items() if value is not None} for each in tables]


async def boots(live: LiveSite) -> None:
    """The wallbox boots again on its connection."""
    await live.wallbox.ask("BootNotification", BOOT)
    await live.wallbox.ask("StatusNotification", status_of(1, "Available"))
    await settled()
