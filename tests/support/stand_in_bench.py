"""A stand-in between a wallbox on Modbus and a central system, both scripted, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.virtual_time import FakeClock, ScriptedIdentifiers
from tests.support.world import Scripted, a_backend

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.core.site.model import DeviceType, EvseSettings
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.links import Receiver
from wattgate.runtime.modbus.memory_link import connect
from wattgate.runtime.modbus.stand_in import StandIn
from wattgate.runtime.modbus.stand_in_kept import Kept
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

MODEL = WallboxModel(vendor="Maker", model="Box 11", serial="4711", firmware="1.2")
SETTINGS = EvseSettings(id="garage", device_type=DeviceType.POWER_BRAIN, address="192.0.2.7")
IDLE = WallboxValues(pilot=Pilot.A, energy_wh=5000.0, power_w=0.0)


@dataclass
class ScriptedWallbox:
    """Is what it is told to be; `offers` are what it was let have."""

    model: WallboxModel | None = MODEL
    connection: int = 1
    offers: list[float | None] = field(default_factory=list)

    def offer(self, current_a: float | None) -> None:
        self.offers.append(current_a)


@dataclass
class Bench:
    """`store` outlives the stand-in, as a disk does; `values` are what the wallbox says now."""

    store: MemoryStore = field(default_factory=MemoryStore)
    central: Scripted = field(default_factory=lambda: a_backend(77))
    wallbox: ScriptedWallbox = field(default_factory=ScriptedWallbox)
    settings: EvseSettings = SETTINGS
    values: WallboxValues = IDLE
    stand_in: StandIn | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Bench"]:
        """Run a stand-in on what is stored; then it is killed."""
        kept = Kept.recovered(self.settings.id, (await self.store.recover()).notes)
        async with Supervisor() as tasks:
            tools = Tools(FakeClock(), ScriptedIdentifiers())
            self.stand_in = StandIn(
                lambda: self.settings, self.wallbox, self._dial, self.store, tools, tasks, kept
            )
            tasks.spawn(self.stand_in.run(), name="stand-in")
            await settle()
            yield self

    def _dial(self, receiver: Receiver) -> None:
        connect(receiver, self.central, near_address="garage", far_address="manager")

    async def says(self, **values: Any) -> None:  # noqa: ANN401 - the fields of WallboxValues
        """The wallbox says this from now on; it is looked at once."""
        assert self.stand_in is not None
        self.values = replace(self.values, **values)
        self.stand_in.heard(self.values)
        await settle()

    async def charges(self, card: str = "04A2") -> None:
        """A car is plugged in, a card is shown, and it draws 6.9 kW."""
        await self.says(pilot=Pilot.B, card="")
        await self.says(card=card)
        await self.says(pilot=Pilot.C, power_w=6900.0, currents_a=(10.0, 10.0, 10.0))

    async def command(self, action: str, payload: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask the stand-in; the payload of its answer, or the code of its CALLERROR."""
        frame = await self.central.ask(action, payload)
        return frame[2]

    def statuses(self) -> list[str]:
        """What connector 1 reported so far."""
        reports = self.central.all_of("StatusNotification")
        return [each["status"] for each in reports if each["connectorId"] == 1]


async def settle() -> None:
    """Let everything happen that needs no time."""
    await asyncio.sleep(0.001)
