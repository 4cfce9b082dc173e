"""Shares the site's current between the EVSEs, cycle by cycle: lower first, then raise."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import structlog

from wattgate.core.load.actuation import Pace, plan
from wattgate.core.load.allocation import allocate
from wattgate.core.load.budget import Feeder, excess_a, site_circuits, turn, without
from wattgate.core.load.circuits import Circuit, Load
from wattgate.core.load.demand import demand, kept
from wattgate.core.load.pausing import is_held_back, is_paused
from wattgate.core.load.reclaim import Appetite, Seen, followed, shared
from wattgate.core.site.model import LoadManagement, OnDeactivation, Site
from wattgate.ports.evse import ControllableEvse, EvseReading
from wattgate.runtime.charging.obedience_watch import ObedienceWatch
from wattgate.runtime.load.adoption import Adoption
from wattgate.runtime.load.counting import Counting
from wattgate.runtime.load.grid_meter import GridMeter
from wattgate.runtime.load.last_resort import LastResort
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.load.releases import Releases
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

MINIMUM_ON_S: Final = 900.0
"""s for which a car keeps its place once it charges."""

BREATH_S: Final = 0.05
"""s between two cycles that events ask for, so that what happens together is decided together."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the loop decides with."""

    limits: Limits
    releases: Releases
    watch: ObedienceWatch
    meter: GridMeter
    tasks: Supervisor


@dataclass(frozen=True, slots=True)
class _Cycle:
    """What one decision is made of.

    `mute` are the EVSEs that cannot be commanded now, `fixed_a` what those draw that are not
    shared among: the mute at their worst, and those at their fallback that hold it between
    sessions whatever they are told. `firm` are the circuits that a raise has to fit into: they
    leave no more than `circuits`.
    """

    now: float
    readings: Mapping[str, EvseReading]
    circuits: Sequence[Circuit]
    firm: Sequence[Circuit]
    phases: Mapping[str, frozenset[int]]
    mute: frozenset[str]
    fixed_a: Mapping[str, float]


class ControlLoop:
    """One decision per cycle for the whole site.

    `targets_a` is what each EVSE is headed for, A per phase; `excess_a` by how much circuits are
    over if all EVSEs draw their worst.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        evses: Sequence[ControllableEvse],
        feeders: Sequence[Feeder],
        parts: Parts,
        tools: Tools,
    ) -> None:
        self.limits = parts.limits
        self.targets_a: dict[str, float] = {}
        self.excess_a: dict[str, float] = {}
        self.on_cycle: Callable[[float], None] = _nobody_waits
        """Called after each cycle, active or not, with the monotonic time in s.

        Whatever keeps wallboxes from their own fail-safe hangs on it: when the loop stalls, or
        fails to decide, so does that.
        """
        self._site = site
        self._evses = {evse.evse_id: evse for evse in evses}
        self._feeders = tuple(feeders)
        self._releases = parts.releases
        self._watch = parts.watch
        self._meter = parts.meter
        self._tools = tools
        self._counting = Counting(self._evses, parts.limits)
        self._adoption = Adoption(parts.limits, parts.tasks)
        self._last_resort = LastResort(
            self._evses, parts.limits, parts.watch.exhausted, parts.tasks
        )
        self._free: frozenset[str] = frozenset()
        self._has_observed = False
        self._held_back_at: dict[str, float] = {}
        self._appetites: dict[str, Appetite] = {}
        self._circuits_last: tuple[Circuit, ...] = ()
        self._wake = asyncio.Event()
        parts.releases.serve(evses, self.is_free, self.has_room)

    def look_again(self) -> None:
        """Decide anew soon, not only when the cycle is over."""
        self._wake.set()

    def is_free(self, evse_id: str) -> bool:
        """Whether the EVSE is released: no limit of ours holds it."""
        return evse_id in self._free or evse_id in self._releases.latched

    def has_room(self, evse_id: str) -> bool:
        """Whether the circuits of the EVSE carry the worst that everybody on them may draw."""
        return not any(
            evse_id in circuit.members and circuit.name in self.excess_a
            for circuit in self._circuits_last
        )

    async def run(self) -> None:
        """Decide for ever."""
        while True:
            site = self._site()
            try:
                if site.site.load_management is LoadManagement.ACTIVE:
                    self.cycle(site)
                else:
                    self._observe()
                self.on_cycle(self._tools.clock.monotonic())
            except Exception:
                log.exception("cycle failed")
            await self._until_next(site.site.cycle_s)

    async def _until_next(self, cycle_s: float) -> None:
        try:
            async with asyncio.timeout(cycle_s):  # wait_for of 3.11 may swallow a cancellation
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(BREATH_S)
        self._wake.clear()

    # Observe: nothing of ours may stay behind

    def _observe(self) -> None:
        now = self._tools.clock.monotonic()
        self.targets_a, self.excess_a, self._free = {}, {}, frozenset()
        self._has_observed = True
        for evse_id, evse in self._evses.items():
            reading = evse.reading(now)
            self.limits.not_known(evse_id)  # now others may set profiles
            self._note_others(evse_id, reading)
            self.limits.count_drawn(evse_id, None)
            self.limits.count_foreign(evse_id, None)
            self._watch.forget(evse_id)
            self._remove_limits(evse, reading, now)

    def _note_others(self, evse_id: str, reading: EvseReading) -> None:
        """What others set while we observed may be in the wallbox."""
        if reading.others_set_profiles:
            self.limits.others_were_here(evse_id)

    def _remove_limits(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        evse_id = evse.evse_id
        if not self.limits.was_limited(evse_id) or not reading.ready:
            return
        if not self.limits.refusals.is_recent(evse_id, now):
            self._releases.clear_in_background(evse, reading.view.maximum_a)

    # Active

    def cycle(self, site: Site) -> None:
        """Look, decide, send."""
        cycle = self._look(site)
        self.targets_a = self._targets(cycle)
        pace = Pace(
            self.limits.raised_at,
            {evse_id: reading.view.minimum_a for evse_id, reading in cycle.readings.items()},
            cycle.mute,
        )
        decided = plan(
            cycle.firm, self.targets_a, cycle.phases, self.limits.ledger, pace, cycle.now
        )
        self.limits.carry_out(self.limits.refusals.restrained(decided, cycle.now), self._evses)
        self._keep_up(cycle)
        self._last_resort.act(cycle.circuits, self.excess_a, cycle.now)

    def _look(self, site: Site) -> _Cycle:
        """Take everything in: who is here, what each may draw, what the circuits leave."""
        now = self._tools.clock.monotonic()
        readings = {evse_id: evse.reading(now) for evse_id, evse in self._evses.items()}
        if self._has_observed:
            self._has_observed = False
            for evse_id, reading in readings.items():
                self._note_others(evse_id, reading)  # of the last moment, too
        self._free = self._released(site, readings)
        unheld = self._free | self.limits.set_aside
        for evse_id, reading in readings.items():
            self._counting.count(evse_id, reading, now, is_free=evse_id in unheld)
            if is_held_back(reading.view):
                self._held_back_at[evse_id] = now
        not_ready = {evse_id for evse_id, reading in readings.items() if not reading.ready}
        # While its profiles are being removed nothing holds an EVSE: the others make room.
        mute = frozenset(not_ready | self.limits.releasing | unheld)
        for evse_id, reading in readings.items():
            if evse_id not in mute:
                self._adoption.look(self._evses[evse_id], reading, now)
                self._watch.look(self._evses[evse_id], reading, now)
                self._evses[evse_id].ask_for_measurement(now)
                self._follow(self._evses[evse_id], reading, now)
        worst_a = self._worst_a(readings)
        phases = {evse_id: reading.view.phases for evse_id, reading in readings.items()}
        left = self._meter.for_charging_a(
            readings.values(), self.limits.ledger, now, self.targets_a
        )
        circuits = site_circuits(left.lenient_a, self._evses, self._feeders)
        firm = site_circuits(left.strict_a, self._evses, self._feeders)
        self._circuits_last = circuits
        self.excess_a = excess_a(circuits, worst_a, phases)
        idle_a = {
            evse_id: reading.idle_a
            for evse_id, reading in readings.items()
            if reading.idle_a > 0 and not reading.view.transaction_open
        }
        fixed_a = idle_a | {evse_id: worst_a[evse_id] for evse_id in mute}
        return _Cycle(now, readings, circuits, firm, phases, mute, fixed_a)

    def _follow(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        """Learn how much the car takes."""
        evse_id = evse.evse_id
        position, session = self.limits.position(evse_id), reading.waiting_since
        seen = Seen(reading.view, position, session, evse.settle_s)
        self._appetites[evse_id] = followed(self._appetites.get(evse_id), seen, now)

    def _released(self, site: Site, readings: Mapping[str, EvseReading]) -> frozenset[str]:
        """Who was released by hand, and who is by being deactivated (P15)."""
        released = self._releases.latched & readings.keys()
        if site.site.on_deactivation is OnDeactivation.RELEASE:
            released |= {e for e, reading in readings.items() if not reading.view.enabled}
        return frozenset(released)

    def _worst_a(self, evse_ids: Iterable[str]) -> dict[str, float]:
        return {evse_id: self.limits.position(evse_id).worst_a for evse_id in evse_ids}

    def _keep_up(self, cycle: _Cycle) -> None:
        """Renew what runs out, and remove our limits from whoever is released."""
        for evse_id, evse in self._evses.items():
            reading = cycle.readings[evse_id]
            if evse_id in self._free:
                self._releases.look(evse_id, reading)
                self._remove_limits(evse, reading, cycle.now)
                continue
            paused = evse_id in cycle.mute or self.limits.refusals.is_recent(evse_id, cycle.now)
            if not paused and self.limits.due_for_renewal(evse, cycle.now):
                self.limits.renew(evse)

    def _targets(self, cycle: _Cycle) -> dict[str, float]:
        """Share what those out of reach leave; whoever does not obey counts at its worst."""
        loads = {
            evse_id: load
            for evse_id, reading in cycle.readings.items()
            if evse_id not in cycle.fixed_a
            and (load := self._load(evse_id, reading, cycle.now)) is not None
        }
        fixed_a = dict(cycle.fixed_a)
        caps_a = {e: each.cap_a for e, each in self._appetites.items() if each.cap_a is not None}
        circuits = without(cycle.circuits, fixed_a, cycle.phases)
        wished = shared(circuits, loads.values(), caps_a)
        told_a = {e: a for e, a in cycle.fixed_a.items() if e not in cycle.mute}
        late = self.limits.overdue(cycle.now)
        stuck = (self.limits.stuck | self.limits.unheld | late) - cycle.mute
        if not stuck:
            return wished | told_a
        worst_a = self._worst_a(cycle.readings)
        obeying = [load for evse_id, load in loads.items() if evse_id not in stuck]
        for evse_id in stuck:
            fixed_a[evse_id] = worst_a[evse_id]
        circuits = without(cycle.circuits, fixed_a, cycle.phases)
        targets_a = shared(circuits, obeying, caps_a)
        for evse_id in stuck & loads.keys():
            # It may hold less than it counts for: what it is told must fit beside all others.
            others_a = {other: a for other, a in worst_a.items() if other != evse_id}
            beside = allocate(without(cycle.circuits, others_a, cycle.phases), [loads[evse_id]])
            targets_a[evse_id] = min(wished[evse_id], beside[evse_id])
            position = self.limits.position(evse_id)
            if position.drawn_a is not None:  # more would look as if it obeyed
                targets_a[evse_id] = min(targets_a[evse_id], position.allowed_a)
        return targets_a | told_a

    def _load(self, evse_id: str, reading: EvseReading, now: float) -> Load | None:
        if not reading.view.enabled:
            return kept(reading.view, reading.standing_a)
        if self._is_paused(evse_id, reading, now):
            return None
        running, since = turn(
            # Who was paused to let others charge waits anew.
            waiting_since=max(reading.waiting_since, self.limits.paused_at.get(evse_id, -inf)),
            charging_since=self.limits.charging_since.get(evse_id),
            now=now,
            minimum_on_s=MINIMUM_ON_S,
        )
        return demand(replace(reading.view, running=running, since=since), now)

    def _is_paused(self, evse_id: str, reading: EvseReading, now: float) -> bool:
        """Whether it holds a pause of ours that has to last; without one it may charge already."""
        return self.limits.position(evse_id).allowed_a == 0 and is_paused(
            asks_since=max(reading.waiting_since, self._held_back_at.get(evse_id, -inf)),
            paused_at=self.limits.paused_at.get(evse_id),
            now=now,
            pause_s=self._site().site.pause_s,
        )


def _nobody_waits(_now: float) -> None:
    pass
