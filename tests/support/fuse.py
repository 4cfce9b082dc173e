"""Two auditors of a simulated site: what may flow by what was told, and what does flow.

Both know the wallboxes from inside, and nothing of the manager.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from tests.support.simulated_box import Command, SimulatedBox, Socket

CYCLE_S: Final = 3.0
"""s between two decisions (`cycle_s`, its default)."""

COMMAND_S: Final = 6.0
"""s for which a command is waited for before the neighbours are lowered (R89)."""

SILENT_S: Final = 60.0 + CYCLE_S + 0.1
"""s without a connection by which a wallbox counts at its hardware maximum (R100a)."""

TRUST_S: Final = 30.0 + 5.0 + CYCLE_S + COMMAND_S
"""s of good manners after which a wallbox must be obeying: the pause after a refusal, the patience
for a boot, a cycle and a command."""

EXCESS_A: Final = 0.05


def reaction_s(boxes: int, meter_s: float = 0.0) -> float:
    """s after an outside event within which an excess must be gone (R89, rule 9).

    The meter says so, the next cycle decides, and commands go out. In the worst case one wallbox
    after the other lets its command expire before the last neighbour is lowered.
    """
    return meter_s + CYCLE_S + COMMAND_S * (boxes + 1)


@dataclass(frozen=True)
class Row:
    """One phase of one circuit."""

    name: str
    phase: int
    sockets: tuple[tuple[SimulatedBox, int], ...]

    def loaded(self, of: Callable[[SimulatedBox, int], float]) -> float:
        return sum(of(box, connector) for box, connector in self.sockets)


def rows_of(boxes: Sequence[SimulatedBox], feeders_a: Mapping[str, float]) -> tuple[Row, ...]:
    """The house's three phases, and those of each wallbox's own line."""

    def row(name: str, phase: int, members: Sequence[SimulatedBox]) -> Row:
        on_it = tuple(
            (box, connector)
            for box in members
            for connector, socket in box.sockets.items()
            if phase in socket.on_site
        )
        return Row(name, phase, on_it)

    fed = [box for box in boxes if box.station_id in feeders_a]
    house = [row("house", phase, boxes) for phase in range(3)]
    return (*house, *(row(box.station_id, phase, [box]) for box in fed for phase in range(3)))


@dataclass
class PromiseAudit:
    """No command may raise what may be drawn by all that was told above what a circuit carries.

    `limit_a` answers A per phase that the house leaves for charging now. A wallbox out of reach
    counts at its maximum, unless it is `proven`. Nothing is promised while not `active`.
    """

    boxes: Sequence[SimulatedBox]
    limit_a: Callable[[int], float]
    feeders_a: Mapping[str, float] = field(default_factory=dict)
    proven: bool = False
    active: bool = True
    manager_since: float = 0.0
    checked: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = rows_of(self.boxes, self.feeders_a)
        self._before_a: dict[tuple[str, int], float] = {}
        for box in self.boxes:
            box.on_command.append(self._commanded)

    def worst_a(self, box: SimulatedBox, connector: int, new: Command | None = None) -> float:
        """The most that may be drawn there, as far as the wire tells (R100a)."""
        socket = box.sockets[connector]
        away_s = 0.0
        if box.left_at is not None:
            away_s = asyncio.get_running_loop().time() - max(box.left_at, self.manager_since)
        if away_s > SILENT_S:
            return self._silent_a(box, connector)
        if socket.bare:  # nobody draws without a car
            return socket.hardware_a if socket.session is not None else 0.0
        if socket.session is None and box.is_in_doubt:
            return 0.0  # as after a boot
        opened = [*box.open, new] if new is not None else box.open
        states = [box.believed, *(command.apply(box.believed) for command in opened)]
        return max(self._ceiling_a(socket, state.ceiling_a(connector)) for state in states)

    def _ceiling_a(self, socket: Socket, ceiling_a: float) -> float:
        """Where nothing limits, nobody draws without a car."""
        unlimited = ceiling_a == inf and socket.session is None
        return 0.0 if unlimited else min(ceiling_a, socket.hardware_a)

    def _silent_a(self, box: SimulatedBox, connector: int) -> float:
        socket = box.sockets[connector]
        if not self.proven or socket.bare:
            return socket.hardware_a
        states = [box.believed, *(command.apply(box.believed) for command in box.open)]
        limits_a = [state.limit_a(connector, box.now(), socket.session) for state in states]
        return max(socket.hardware_a if a is None else a for a in limits_a)

    def _commanded(self, box: SimulatedBox, command: Command) -> None:
        self.checked += 1
        gains_a = {number: self._gain_a(box, number, command) for number in box.sockets}
        more_a = {number: gain_a for number, gain_a in gains_a.items() if gain_a > EXCESS_A}
        if not more_a or not self.active:
            return
        for row, carries_a in self._carried():
            gain_a = sum(more_a.get(number, 0.0) for each, number in row.sockets if each is box)
            after_a = row.loaded(self.worst_a) + gain_a
            if gain_a and after_a > carries_a + EXCESS_A:
                self._complain(row, f"{box.station_id} {command.action}", after_a, carries_a)

    def _gain_a(self, box: SimulatedBox, connector: int, command: Command) -> float:
        """By how much it raises what the wallbox had before the first step of the same limit."""
        before_a = self.worst_a(box, connector)
        last, now = box.accepted, asyncio.get_running_loop().time()
        if last is not None and box.accepted_at == now and command.follows(last):
            before_a = max(before_a, self._before_a.get((box.station_id, connector), 0.0))
        self._before_a[box.station_id, connector] = before_a
        return self.worst_a(box, connector, command) - before_a

    def _carried(self) -> Iterator[tuple[Row, float]]:
        for row in self._rows:
            yield (
                row,
                self.feeders_a.get(row.name, inf)
                if row.name != "house"
                else self.limit_a(row.phase),
            )

    def _complain(self, row: Row, why: str, after_a: float, carries_a: float) -> None:
        now = asyncio.get_running_loop().time()
        self.complaints.append(
            f"{now:.2f} s: {why}: {row.name} L{row.phase + 1} {after_a:.1f} of {carries_a:.1f} A"
        )


@dataclass
class Fuse:
    """Feels the current of every second; speaks up where too much flows for too long.

    `house_a` is what flows into the house now, `limit_a` what the fuse carries. An excess is the
    manager's fault as far as wallboxes draw that do as they are told, while it is `active`, and
    once the time to react to the last outside event (`disturbed`) is over.
    """

    boxes: Sequence[SimulatedBox]
    house_a: Callable[[int], float]
    limit_a: Callable[[], float]
    feeders_a: Mapping[str, float] = field(default_factory=dict)
    active: bool = True
    excused_until: float = 0.0
    seconds: int = 0
    overloaded_s: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = rows_of(self.boxes, self.feeders_a)

    def watch(self) -> None:
        """Look now, and every second from now on."""
        self._look()
        asyncio.get_running_loop().call_later(1.0, self.watch)

    def disturbed(self, for_s: float) -> None:
        """Something happened outside: excuse what flows for so long."""
        self.excused_until = max(self.excused_until, asyncio.get_running_loop().time() + for_s)

    def _look(self) -> None:
        self.seconds += 1
        if not self.active:
            return
        now = asyncio.get_running_loop().time()
        drawn_a = {
            (box.station_id, connector): box.draw_a(connector)
            for box, connector, _ in sockets_of(self.boxes)
        }
        for row in self._rows:
            avoidable_a = self._avoidable_a(row, drawn_a, now)
            if avoidable_a <= EXCESS_A:
                continue
            self.overloaded_s += 1
            if now > self.excused_until:
                self.complaints.append(
                    f"{now:.0f} s: {row.name} L{row.phase + 1} {avoidable_a:.1f} A too much"
                )

    def _avoidable_a(self, row: Row, drawn_a: Mapping[tuple[str, int], float], now: float) -> float:
        """By how much a row is over its limit through wallboxes that would have obeyed."""
        flowing_a = [(box, drawn_a[box.station_id, connector]) for box, connector in row.sockets]
        excess_a = sum(a for _, a in flowing_a)
        if row.name == "house":
            excess_a += self.house_a(row.phase) - self.limit_a()
        else:
            excess_a -= self.feeders_a[row.name]
        if excess_a <= EXCESS_A:
            return 0.0
        obedient_a = sum(
            a for box, a in flowing_a if box.is_obedient and now - box.trusted_since > TRUST_S
        )
        return min(excess_a, obedient_a)


def sockets_of(boxes: Sequence[SimulatedBox]) -> Iterator[tuple[SimulatedBox, int, Socket]]:
    """Every connector of every wallbox."""
    for box in boxes:
        for connector, socket in box.sockets.items():
            yield box, connector, socket
