"""A site whose wallboxes hang on one fuse, most of them on Modbus, and a watcher at the fuse."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from tests.support.boxes import WALL_START, Box, Outlet, all_come
from tests.support.modbus_box import BoxLine, BoxLines, ModbusBox
from tests.support.site_text import Value, evse, site
from tests.support.world import World

from wattgate.runtime.supervisor import Supervisor

LOOK_S = 0.1

EXCESS_A = 0.05


@dataclass
class Fuse:
    """Boxes on Modbus by EVSE id, and perhaps one OCPP wallbox "C", behind one fuse.

    `over_s` is for how long (s) the boxes' cars and what the OCPP wallbox may draw were more than
    the fuse carries although somebody drew that the manager could have lowered; in one piece, at
    most since `forgive`.
    """

    boxes: dict[str, ModbusBox]
    limit_a: float = 32.0
    ocpp: Box | None = None
    mode: str = "active"
    one_line: bool = False
    fields: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, BoxLine] = field(default_factory=dict)
    over_s: float = 0.0
    most_a: float = 0.0
    _over_since: float | None = None

    def __post_init__(self) -> None:
        places = BoxLines()
        evses = []
        shared = BoxLine(dict(enumerate(self.boxes.values(), start=1)))
        for unit, name in enumerate(self.boxes, start=1):
            place = "/dev/ttyUSB0,9600,8N1" if self.one_line else f"192.0.2.{unit}:4701"
            line = shared if self.one_line else BoxLine({1: self.boxes[name]})
            places.by_place[place] = self.lines[name] = line
            own: dict[str, Value] = {"device_type": "power-brain", "fallback_current_a": 6}
            own |= {"connector": unit if self.one_line else 1}
            evses.append(evse(name, place, **(own | self.fields)))
        if self.ocpp is not None:
            evses.append(evse("C", "C"))
        house: dict[str, Value] = {"max_current_a": self.limit_a, "load_management": self.mode}
        self.world = World(site(*evses, **(house | {"pause_s": 0})))
        self.world.other_lines = places

    @property
    def used_a(self) -> float:
        """A on each phase of the fuse."""
        at = WALL_START + timedelta(seconds=asyncio.get_running_loop().time())
        ocpp_a = self.ocpp.outlets[1].may_draw_a(at) if self.ocpp is not None else 0.0
        return ocpp_a + sum(box.drawn_a for box in self.boxes.values())

    @property
    def now(self) -> float:
        """Virtual s."""
        return asyncio.get_running_loop().time()

    def forgive(self) -> None:
        """Forget what was too much so far."""
        self.over_s, self.most_a = 0.0, 0.0

    async def start(self, tasks: Supervisor, *plugged: str) -> None:
        """Start the manager, plug cars in at these, and watch the fuse."""
        await self.world.start()
        tasks.spawn(self._watch(), name="fuse")
        if self.ocpp is not None:
            await all_come(self.world, self.ocpp)
        await asyncio.sleep(7)
        for name in plugged:
            self.boxes[name].plugged = True
        await asyncio.sleep(60)

    def _can_be_helped(self) -> bool:
        """Whether anybody draws who hears the manager and does what it says.

        One that has fallen back is tried now and then only: it has not heard anything yet.
        """
        takers = [
            box
            for name, box in self.boxes.items()
            if self.lines[name].is_whole and box.refuses_writes is None and not box.has_fallen
        ]
        return self.ocpp is not None or any(box.drawn_a for box in takers)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            used_a = self.used_a
            self.most_a = max(self.most_a, used_a)
            if used_a <= self.limit_a + EXCESS_A or not self._can_be_helped():
                self._over_since = None
            elif self._over_since is None:
                self._over_since = loop.time()
            if self._over_since is not None:
                self.over_s = max(self.over_s, loop.time() - self._over_since + LOOK_S)
            await asyncio.sleep(LOOK_S)


def an_ocpp_box() -> Box:
    """The wallbox "C"."""
    return Box(station_id="C", outlets={1: Outlet(16.0)})
