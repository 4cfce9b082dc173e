"""One wallbox with its EVSEs as load management commands them, without a manager around them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.virtual_time import FakeClock, ScriptedIdentifiers
from tests.support.world import Answer, Json, Scripted, World, a_wallbox, connect

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.ocpp.frames import Call
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.evse import EvseReading
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.supervisor import Supervisor

BOOT = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}


@dataclass
class Bench:
    """The wallbox CP1 with EVSEs A, B... at connectors 1, 2...; `box` is its scripted far end."""

    tasks: Supervisor
    keys: dict[str, str] = field(default_factory=dict)
    connectors: int = 1
    wallbox: WallboxSettings = field(default_factory=lambda: WallboxSettings(id="CP1"))
    box: Scripted = field(init=False)

    def __post_init__(self) -> None:
        self.box = a_wallbox(GetConfiguration=lambda _: self._configured())
        self.tools = Tools(FakeClock(), ScriptedIdentifiers())
        self.presence = Presence("CP1", self.tools.clock)
        self.store = MemoryStore()
        self.behaviours = Behaviours(self.store, self.tools, self.tasks)
        self.alone = self.connectors == 1
        self.restart()

    def restart(self) -> None:
        """Forget what is not stored, as a manager does that was killed."""
        self.charging = SmartCharging(
            self.presence, alone=self.alone, behaviours=self.behaviours, tasks=self.tasks
        )
        self.evses = [self._evse(number) for number in range(1, self.connectors + 1)]

    def _evse(self, number: int) -> EvseOcpp16:
        settings = EvseSettings(id=" AB"[number], address="CP1", connector=number)
        connectors = ConnectorMap(number, alone=self.alone)
        return EvseOcpp16(settings, self.wallbox, connectors, self.presence, self.charging)

    @property
    def evse(self) -> EvseOcpp16:
        return self.evses[0]

    def come(self, **boot: str) -> None:
        """Connect, and boot."""
        peer = Peer("CP1", self, self.tools)
        connect(peer, self.box)
        self.boot(**boot)

    def boot(self, **boot: str) -> None:
        self.presence.booted(json.dumps(BOOT | boot))
        self.charging.forget()

    async def go(self) -> None:
        """Lose the connection."""
        self.box.hang_up()
        await asyncio.sleep(0.001)

    def start(self, number: int = 1, transaction_id: int = 7) -> None:
        """Let a transaction run that began right now."""
        now = self.tools.clock.wall().isoformat()
        start = TransactionStart("CP1", number, " AB"[number], None, "04A1", 0, now, "key")
        record = TransactionRecord(transaction_id, start)
        self.evses[number - 1].transaction = OpenTransaction(record, self.tools.clock.monotonic())

    async def limit(
        self, current_a: float, number: int = 1, *, afresh: bool = False, reduction: bool = False
    ) -> str:
        evse = self.evses[number - 1]
        outcome = await evse.limit(current_a, reduction=reduction, afresh=afresh)
        return outcome.value

    def news(self) -> list[str]:
        """The CALLs since the last look, in short: what was set as `id: limits`, what cleared."""
        calls, self.box.calls[:] = list(self.box.calls), []
        return [in_short(action, payload) for action, payload in calls]

    def says(self, **answers: Answer) -> None:
        """Change what the wallbox answers."""
        self.box.answers.update(answers)

    def _configured(self) -> Json:
        return {"configurationKey": [{"key": k, "value": v} for k, v in self.keys.items()]}

    # PeerOwner

    def peer_opened(self, peer: Peer) -> None:
        self.presence.came(peer)

    def peer_called(self, peer: Peer, call: Call) -> None:
        raise AssertionError(call)

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        self.presence.left()


def reading(world: World, evse_id: str = "CP1") -> EvseReading:
    """What load management reads of an EVSE right now."""
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    return state.evse.reading(asyncio.get_running_loop().time())


def an_evse(settings: EvseSettings, wallbox: WallboxSettings) -> EvseOcpp16:
    """An EVSE whose wallbox has never been here."""
    presence = Presence("CP1", FakeClock())
    charging = SmartCharging(presence, alone=True)
    return EvseOcpp16(settings, wallbox, ConnectorMap(1, alone=True), presence, charging)


def in_short(action: str, payload: Any) -> str:  # noqa: ANN401 - any JSON
    """`set 9101: 16 4500:0`, `clear 9102`, `clear 1 TxProfile`, or the action."""
    if action == "ClearChargingProfile":
        return " ".join(["clear", *(str(value) for value in payload.values())])
    if action != "SetChargingProfile":
        return action
    profile = payload["csChargingProfiles"]
    schedule = profile["chargingSchedule"]
    periods = [
        f"{period['startPeriod']}:{period['limit']:g}"
        if period["startPeriod"]
        else f"{period['limit']:g}"
        for period in schedule["chargingSchedulePeriod"]
    ]
    unit = "" if schedule["chargingRateUnit"] == "A" else " W"
    return f"set {profile['chargingProfileId']}: {' '.join(periods)}{unit}"


@asynccontextmanager
async def bench(**more: Any) -> AsyncIterator[Bench]:  # noqa: ANN401 - the fields of Bench
    """A wallbox that has connected and booted."""
    async with Supervisor() as tasks:
        here = Bench(tasks, **more)
        here.come()
        yield here
