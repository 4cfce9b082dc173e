"""A site with a simulated fuse: wallboxes, cars, a house, and everything that happens to them.

What happens is a value (`Step`), so that a story is a list that hypothesis can draw and shrink.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.fuse import CYCLE_S, Fuse, PromiseAudit, reaction_s, sockets_of
from tests.support.happenings import (
    Arrives,
    Behaves,
    BoxClock,
    Endless,
    House,
    Leaves,
    Lost,
    MeterDies,
    MeterLives,
    Mode,
    OurClock,
    Patched,
    Phases,
    PowerCut,
    Restart,
    Returns,
    Step,
)
from tests.support.simulated_box import Command, Manners, SimulatedBox
from tests.support.usual_boxes import EVSES, FEEDERS_A, usual_boxes
from tests.support.world import World

FUSE_A: Final = 63.0
HOUSE_A: Final = 20.0
RESERVE_A: Final = 2.0
SETTLE_S: Final = 30.0
"""s in which the current follows a limit; until then nobody calls it disobedience (`settle_s`)."""

METER_S: Final = 5.0
"""s between two readings of the grid meter."""

FORGOTTEN_S: Final = 60.0
"""s after which a wallbox that lost its power unseen must be counted at its maximum."""


@dataclass
class SimulatedSite:
    """The manager, its wallboxes, and both auditors. `metered` sites have a grid meter."""

    metered: bool = False
    boxes: list[SimulatedBox] = field(default_factory=usual_boxes)
    feeders_a: Mapping[str, float] = field(default_factory=lambda: FEEDERS_A)
    evses_toml: str = EVSES
    proven: bool = False
    house_a: Phases = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        self.fuse_a, self.active, self.meter_lives = FUSE_A, True, self.metered
        self._heard: list[tuple[float, Phases]] = []
        self._carried: list[tuple[float, float]] = [(0.0, FUSE_A)]
        self.world = World(self._toml())
        self.promises = PromiseAudit(
            self.boxes, self._for_charging_a, self.feeders_a, proven=self.proven
        )
        self.fuse = Fuse(self.boxes, self._house_a, self._fuse_a, self.feeders_a)
        for box in self.boxes:
            box.on_command.append(self._commanded)

    def _toml(self) -> str:
        meter = f'grid_meter = "api"\ngrid_meter_period_s = {METER_S:g}\n' if self.metered else ""
        return (
            f"[site]\nmax_current_a = {self.fuse_a:g}\nhouse_load_a = {HOUSE_A:g}\n"
            f'reserve_a = {RESERVE_A:g}\nload_management = "{self._mode}"\npause_s = 0\n'
            f"{meter}{self.evses_toml}"
        )

    @property
    def _mode(self) -> str:
        return "active" if self.active else "observe"

    @property
    def complaints(self) -> list[str]:
        """What the auditors found."""
        return self.promises.complaints + self.fuse.complaints

    # What flows, and what may

    def _house_a(self, phase: int) -> float:
        return self.house_a[phase]

    def _fuse_a(self) -> float:
        return self.fuse_a

    def _for_charging_a(self, phase: int) -> float:
        """What was left for charging when the command was decided on, at best."""
        now = asyncio.get_running_loop().time()
        carried_a = _best(self._carried, now)
        if not self.metered:
            return carried_a - RESERVE_A - HOUSE_A
        heard = [load for at, load in self._heard if now - at <= 3 * METER_S + CYCLE_S]
        loads_a = [load[phase] for load in heard] or [HOUSE_A]
        return carried_a - RESERVE_A - min(loads_a)

    # The story

    async def begin(self, *, cars: bool = False) -> None:
        """Start the manager; every wallbox comes, and if asked to a car at each connector."""
        await self.world.start()
        self.fuse.watch()
        if self.metered:
            self._read_meter()
        for box in self.boxes:
            await box.come(self.world)
        self.fuse.disturbed(self._reaction_s)
        if cars:
            for box, connector, socket in sockets_of(self.boxes):
                await box.plug(connector, socket.hardware_a)

    async def play(self, story: Sequence[tuple[Step, float]]) -> None:
        """Let things happen, each followed by some s in which nothing does."""
        for step, wait_s in story:
            await self.happen(step)
            await asyncio.sleep(wait_s)

    async def calm(self, for_s: float = 240.0) -> None:
        """Everybody behaves, and nothing happens any more."""
        self.meter_lives = self.metered
        await self.happen(Mode(active=True))
        for number, box in enumerate(self.boxes):
            await self.happen(Behaves(number, Manners.PROMPT))
            box.endless = False
            if not box.is_connected:
                await self.happen(Returns(number))
        self.fuse.disturbed(self._reaction_s)
        await asyncio.sleep(for_s)

    async def end(self) -> None:
        """Kill the manager."""
        await self.world.kill()

    @property
    def _reaction_s(self) -> float:
        return reaction_s(len(self.boxes), METER_S if self.metered else 0.0)

    async def happen(self, step: Step) -> None:
        """Let one thing happen."""
        match step:
            case Arrives() | Leaves():
                await self._car(step)
            case Lost() | Returns() | PowerCut():
                await self._link(self.boxes[step.box % len(self.boxes)], step)
            case Behaves() | Endless() | BoxClock():
                self._change(self.boxes[step.box % len(self.boxes)], step)
            case Patched() | Mode():
                await self._patch(step)
            case Restart(down_s):
                await self._restart(down_s)
            case _:
                self._house(step)

    async def _car(self, step: Arrives | Leaves) -> None:
        box, connector = self._socket(step.socket)
        if isinstance(step, Leaves):
            await box.unplug(connector)
        elif box.is_connected and box.sockets[connector].session is None:
            self._disturbed(box)
            await box.plug(connector, step.appetite_a)

    def _house(self, step: House | MeterDies | MeterLives | OurClock) -> None:
        self.fuse.disturbed(self._reaction_s)
        match step:
            case House(load_a):
                self.house_a = load_a
            case MeterDies() | MeterLives():
                self.meter_lives = self.metered and isinstance(step, MeterLives)
                self.fuse.disturbed(3 * METER_S + self._reaction_s)
            case OurClock(by_s):
                self.world.clock.jump_wall(by_s)
                for box in self.boxes:
                    box.has_odd_clock = True

    def _change(self, box: SimulatedBox, step: Behaves | Endless | BoxClock) -> None:
        self._disturbed(box)
        match step:
            case Behaves(_, manners):
                box.behave(manners)
            case Endless():
                box.endless = True
            case BoxClock(_, by_s):
                box.clock_offset_s += by_s
                box.has_odd_clock = True

    async def _link(self, box: SimulatedBox, step: Lost | Returns | PowerCut) -> None:
        self._disturbed(box)
        match step:
            case Lost():
                if box.is_connected:
                    await box.go()
            case Returns(_, boots, forgets):
                if box.is_connected:
                    await box.go()
                if boots and forgets:
                    box.forget()
                await box.come(self.world, boots=boots)
                self._disturbed(box)
            case PowerCut(_, forgets):
                if box.is_connected:
                    await box.go()
                box.has_lost_power = True
                if forgets:
                    box.forget()

    def _commanded(self, box: SimulatedBox, command: Command) -> None:
        """A lie begins when a limit is lowered that the wallbox does not keep to."""
        after = command.apply(box.believed)
        for connector in box.sockets:
            told_a = after.ceiling_a(connector)
            if told_a < box.believed.ceiling_a(connector) and box.manners is Manners.LIES:
                self._disturbed(box)

    def _disturbed(self, box: SimulatedBox) -> None:
        """A wallbox is not what it was; out of reach that is found out by its silence only."""
        seen_s = FORGOTTEN_S if not box.is_connected else box.meter_s + SETTLE_S
        self.fuse.disturbed(seen_s + self._reaction_s)

    def _socket(self, number: int) -> tuple[SimulatedBox, int]:
        sockets = [(box, connector) for box, connector, _ in sockets_of(self.boxes)]
        return sockets[number % len(sockets)]

    async def _patch(self, step: Patched | Mode) -> None:
        manager = self.world.manager
        assert manager is not None
        now = asyncio.get_running_loop().time()
        change: dict[str, Any]
        if isinstance(step, Patched):
            change = {"max_current_a": step.limit_a}
            self._carried = [*self._carried[-9:], (now, step.limit_a)]
        else:
            change = {"load_management": "active" if step.active else "observe"}
        await manager.patch_site({"site": change})
        await asyncio.sleep(0.001)  # what was on the wire before
        if isinstance(step, Patched):
            self.fuse_a = step.limit_a
        else:
            self.active = self.promises.active = self.fuse.active = step.active
        for box in self.boxes:
            self._disturbed(box)

    async def _restart(self, down_s: float) -> None:
        self.world.site_toml = self._toml()
        here = [box for box in self.boxes if box.is_connected]
        await self.world.kill()
        for box in here:
            await box.go()
        await asyncio.sleep(down_s)
        self.promises.manager_since = asyncio.get_running_loop().time()
        self._heard.clear()
        await self.world.start()
        for box in here:
            await box.come(self.world, boots=False)
            self._disturbed(box)

    def _flow_a(self, phase: int) -> float:
        """A that flow through the house connection."""
        return self.house_a[phase] + sum(
            box.draw_a(connector)
            for box, connector, socket in sockets_of(self.boxes)
            if phase in socket.on_site
        )

    def _read_meter(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.meter_lives and self.world.manager is not None:
            self._heard = [*self._heard[-9:], (now, self.house_a)]
            self.world.manager.grid_meter.take((self._flow_a(0), self._flow_a(1), self._flow_a(2)))
        asyncio.get_running_loop().call_later(METER_S, self._read_meter)


def _best(figures: Sequence[tuple[float, float]], now: float) -> float:
    """The highest that held within the last second."""
    past = [a for at, a in figures if at <= now - 1.0][-1:]
    return max(past + [a for at, a in figures if at > now - 1.0])
