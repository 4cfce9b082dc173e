"""Thirty days without a backend, fifty wallboxes, and then everything at once.

Wallboxes charge twice a day with a sample every half-hour; the manager is restarted again
and again, and wallboxes lose their connections. Load management stands still, since nothing here is
about current, and the store is tidied once a day instead of once an hour.
"""

import asyncio
import json
import random
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

import pytest
from tests.support.site_text import card, evse, site
from tests.support.virtual_time import run_virtual
from tests.support.world import BOOT, Json, Scripted, World, a_backend, a_wallbox, status_of

from wattgate.core.gateway.link.backoff import Backoff
from wattgate.runtime import housekeeping
from wattgate.runtime.gateway.delivery.outbox_pump import WINDOW
from wattgate.runtime.load.control_loop import ControlLoop
from wattgate.runtime.supervisor import Supervisor

pytestmark = pytest.mark.story

BOXES: Final = 50
DAYS: Final = 30
RESTARTS: Final = 5
SAMPLES: Final = 4
DAY_S: Final = 86_400.0
HALF_AN_HOUR_S: Final = 1800.0
FIRST_ID: Final = 9001
BILLED: Final = ("StartTransaction", "MeterValues", "StopTransaction")


@dataclass
class Box:
    """A wallbox that says everything until it is confirmed, as wallboxes do.

    `bill` is what its backend has to hear, under the backend's own numbers.
    """

    name: str
    world: World
    chance: random.Random
    end: Scripted = field(default_factory=a_wallbox)
    bill: list[tuple[str, Json]] = field(default_factory=list)
    sessions: int = 0

    async def plug_in(self, *, boot: bool) -> None:
        self.world.plug_in(self.name, self.end)
        if boot:
            await self.end.ask("BootNotification", BOOT)
        await self.end.ask("StatusNotification", status_of(1, "Available"))

    async def live(self) -> None:
        """Thirty days, two sessions a day, none of them at quite the time of the others."""
        begin = asyncio.get_running_loop().time()
        for day in range(DAYS):
            for hour in (7, 18):
                due = begin + day * DAY_S + hour * 3600 + self.chance.uniform(0, 3600)
                await asyncio.sleep(due - asyncio.get_running_loop().time())
                await self._session(f"{day:02}T{hour:02}")

    async def _session(self, when: str) -> None:
        self.sessions += 1
        backend_id = FIRST_ID + self.sessions - 1
        start = {"connectorId": 1, "idTag": "04A1", "meterStart": self.sessions, "timestamp": when}
        ours = (await self._tell("StartTransaction", start))["transactionId"]
        self.bill.append(("StartTransaction", start))
        for sample in range(SAMPLES):
            await asyncio.sleep(HALF_AN_HOUR_S)
            value = {"timestamp": f"{when}.{sample}", "sampledValue": [{"value": str(sample)}]}
            values = {"connectorId": 1, "meterValue": [value]}
            await self._billed("MeterValues", values, ours, backend_id)
        stop = {"meterStop": self.sessions + 1, "timestamp": f"{when}.9"}
        await self._billed("StopTransaction", stop, ours, backend_id)

    async def _billed(self, action: str, payload: Json, ours: int, backend_id: int) -> None:
        await self._tell(action, payload | {"transactionId": ours})
        self.bill.append((action, payload | {"transactionId": backend_id}))

    async def _tell(self, action: str, payload: Json) -> Json:
        """Now and then it loses its connection just behind its message."""
        while True:
            try:
                async with asyncio.timeout(35.0):
                    if self.chance.random() < 0.01:
                        self.end.send(f'[2,"lost","{action}",{json.dumps(payload)}]')
                        self.end.hang_up()
                        await asyncio.sleep(1.0)
                        await self.plug_in(boot=self.chance.random() < 0.5)
                    frame = await self.end.ask(action, payload)
            except (TimeoutError, AssertionError):  # the manager was restarted: it is tried again
                await asyncio.sleep(10.0)
                continue
            assert frame[0] == 3, frame
            return frame[2]


def _site(names: list[str]) -> str:
    tables = [evse(f"stall-{each}", each, {"url": "ws://backend/"}) for each in names]
    observing = {"load_management": "observe"}
    return site(*tables, card("04A1"), max_current_a=800, cycle_s=60, **observing)


def _held(world: World) -> int:
    """The longest queue that any link holds in memory."""
    assert world.manager is not None
    stations = world.manager.stations.by_id.values()
    return max(each.link.pump.held for station in stations for each in station.evses if each.link)


async def _restart(world: World, boxes: list[Box], chance: random.Random) -> None:
    await world.kill()
    for box in boxes:
        box.end.closed(1006, "")
    await asyncio.sleep(5.0)
    await world.start()
    for box in boxes:
        await box.plug_in(boot=chance.random() < 0.5)


async def _waiting(world: World) -> int:
    recovered = await world.store.recover()
    return sum(recovered.outbox_depths.values())


async def _thirty_days() -> tuple[list[Box], dict[str, Scripted]]:
    chance = random.Random(30)  # noqa: S311 - reproducible, not secret
    names = [f"CP{number}" for number in range(BOXES)]
    # Dialled every five minutes, a backend that is away would cost time and show nothing more.
    world = World(_site(names), backoff=Backoff(7200.0, 0.0, 0))
    await world.start()
    boxes = [Box(name, world, random.Random(name)) for name in names]  # noqa: S311 - as above
    for box in boxes:
        await box.plug_in(boot=True)
    async with Supervisor() as tasks:
        lives = [tasks.start(box.live(), name=box.name) for box in boxes]
        for _ in range(RESTARTS):
            await asyncio.sleep(DAYS * DAY_S / (RESTARTS + 1) * chance.uniform(0.9, 1.0))
            assert _held(world) <= WINDOW
            await _restart(world, boxes, chance)
        await asyncio.gather(*lives)
    assert await _waiting(world) == sum(len(box.bill) for box in boxes)
    assert _held(world) <= WINDOW
    backends = {name: a_backend(FIRST_ID) for name in names}
    world.dialer.backends |= {f"ws://backend/{name}": end for name, end in backends.items()}
    while await _waiting(world):
        await asyncio.sleep(60.0)
        assert _held(world) <= WINDOW
    await world.kill()
    return boxes, backends


def test_thirty_days_of_fifty_wallboxes_arrive_once_in_order_and_under_their_ids_r58_r63_r71(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ControlLoop, "_observe", lambda _: None)
    monkeypatch.setattr(housekeeping, "TIDY_S", DAY_S)
    boxes, backends = run_virtual(_thirty_days(), within_s=(DAYS + 3) * DAY_S)
    for box in boxes:
        heard = [call for call in backends[box.name].calls if call[0] in BILLED]
        assert [call for call, _ in groupby(heard)] == box.bill, box.name
        assert len(heard) == len(box.bill)
        assert len(box.bill) == DAYS * 2 * (SAMPLES + 2)
