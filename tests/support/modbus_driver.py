"""A Modbus wallbox of the manager with a box on its line, and a control loop that only lives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.modbus_box import BoxLine, ModbusBox, one_box
from tests.support.virtual_time import FakeClock

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.wallbox_values import SetFailSafe, WallboxValues
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.modbus import ModbusLine
from wattgate.ports.store import Store
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.fail_safe_book import FailSafeBook, Whose
from wattgate.runtime.modbus.shared_line import SharedLine
from wattgate.runtime.modbus.wallbox import ModbusWallbox
from wattgate.runtime.supervisor import Supervisor

CYCLE_S = 3.0


@dataclass
class Driver:
    """`events` are what the wallbox told, in order; `lives` false stalls the control loop."""

    wallbox: ModbusWallbox
    device: ModbusDevice
    box: ModbusBox
    line: BoxLine
    tasks: Supervisor
    lives: bool = True
    events: list[str] = field(default_factory=list)
    heard: list[WallboxValues] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.wallbox.on_found = lambda: self.events.append("found")
        self.wallbox.on_lost = lambda: self.events.append("lost")
        self.wallbox.on_values = self.heard.append
        self.wallbox.on_news = self._news.set
        self.wallbox.fail_safe_wanted = lambda: SetFailSafe(180, 6.0)

    async def loop(self) -> None:
        """Live as the control loop does: cycle by cycle, and when there is news."""
        while True:
            if self.lives:
                self.wallbox.alive(asyncio.get_running_loop().time())
            try:
                async with asyncio.timeout(CYCLE_S):
                    await self._news.wait()
                    await asyncio.sleep(0.05)
            except TimeoutError:
                continue
            self._news.clear()

    async def passes(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)

    @property
    def now(self) -> float:
        """Virtual s."""
        return asyncio.get_running_loop().time()


def a_book(evse_id: str, tasks: Supervisor, store: Store | None = None) -> FailSafeBook:
    """An empty one, in a store of its own unless another is given."""
    whose = Whose("power-brain", "", "192.0.2.1", 1)
    return FailSafeBook(evse_id, whose, store or MemoryStore(), tasks)


@asynccontextmanager
async def driving(
    box: ModbusBox | None = None,
    *,
    line: ModbusLine | None = None,
    definition: Definition = POWER_BRAIN_DEFINITION,
) -> AsyncIterator[Driver]:
    """Drive a box, as unit 1 of a line of its own unless another is given."""
    box = box or ModbusBox()
    box_line = one_box(box)
    async with Supervisor() as tasks:
        clock = FakeClock()
        device = ModbusDevice(definition, SharedLine(line or box_line), 1, clock)
        wallbox = ModbusWallbox("e1", device, clock, tasks, a_book("e1", tasks))
        driver = Driver(wallbox, device, box, box_line, tasks)
        tasks.spawn(driver.loop(), name="control loop")
        yield driver


async def is_led_at(driver: Driver, current_a: float) -> None:
    """Load management has said its first limit, and everything that follows from that is done."""
    await driver.passes(1)
    assert await driver.wallbox.limit(current_a) is LimitOutcome.ACCEPTED
    await driver.passes(3)
