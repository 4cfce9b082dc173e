"""Shares the site's current between the EVSEs, cycle by cycle: lower first, then raise."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import structlog

from wattgate.core.load.actuation import Pace, plan
from wattgate.core.load.allocation import allocate
from wattgate.core.load.budget import (
    SILENT_S,
    Feeder,
    site_circuits,
    turn,
    without,
    worth_after_connecting,
)
from wattgate.core.load.circuits import Circuit, Load
from wattgate.core.load.demand import demand
from wattgate.core.site.model import LoadManagement, Site
from wattgate.ports.evse import ControllableEvse, EvseReading
from wattgate.runtime.limits import Limits
from wattgate.runtime.peer import Tools

log = structlog.get_logger()

MINIMUM_ON_S: Final = 900.0
"""s for which a car keeps its place once it charges."""

BREATH_S: Final = 0.05
"""s between two cycles that events ask for, so that what happens together is decided together."""


@dataclass(slots=True)
class _Known:
    """What the loop remembers of an EVSE from cycle to cycle."""

    connection: int = -1
    silent: bool = False


class ControlLoop:
    """One decision per cycle for the whole site."""

    def __init__(
        self,
        site: Callable[[], Site],
        evses: Sequence[ControllableEvse],
        feeders: Sequence[Feeder],
        limits: Limits,
        tools: Tools,
    ) -> None:
        self.limits = limits
        self.targets_a: dict[str, float] = {}
        self._site = site
        self._evses = {evse.evse_id: evse for evse in evses}
        self._feeders = tuple(feeders)
        self._tools = tools
        self._known = {evse_id: _Known() for evse_id in self._evses}
        self._wake = asyncio.Event()

    def look_again(self) -> None:
        """Decide anew soon, not only when the cycle is over."""
        self._wake.set()

    async def run(self) -> None:
        """Decide for ever."""
        while True:
            site = self._site()
            try:
                if site.site.load_management is LoadManagement.ACTIVE:
                    self.cycle(site)
                else:
                    self._observe()
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
        self.targets_a = {}
        for evse_id, evse in self._evses.items():
            reading = evse.reading(now)
            self.limits.not_known(evse_id)  # now others may set profiles
            if not self.limits.was_limited(evse_id) or not reading.ready:
                continue
            if not self.limits.in_refusal_pause(evse_id, now):
                self.limits.release_in_background(evse, reading.view.maximum_a)

    # Active

    def cycle(self, site: Site) -> None:
        """Look, decide, send."""
        now = self._tools.clock.monotonic()
        readings = {evse_id: evse.reading(now) for evse_id, evse in self._evses.items()}
        for evse_id, reading in readings.items():
            self._count(evse_id, reading)
        phases = {evse_id: reading.view.phases for evse_id, reading in readings.items()}
        circuits = self._circuits(site)
        mute = frozenset(evse_id for evse_id, reading in readings.items() if not reading.ready)
        # While its profiles are being removed nothing holds an EVSE: the others make room.
        mute |= self.limits.releasing
        self.targets_a = self._targets(readings, circuits, phases, mute, now)
        pace = Pace(
            self.limits.raised_at,
            {evse_id: reading.view.minimum_a for evse_id, reading in readings.items()},
            mute,
        )
        decided = plan(circuits, self.targets_a, phases, self.limits.ledger, pace, now)
        self.limits.carry_out(self.limits.restrained(decided, now), self._evses)
        for evse_id, evse in self._evses.items():
            paused = evse_id in mute or self.limits.in_refusal_pause(evse_id, now)
            if not paused and self.limits.due_for_renewal(evse, now):
                self.limits.renew(evse)

    def _circuits(self, site: Site) -> tuple[Circuit, ...]:
        house = site.site
        limit_a = house.max_current_a - house.reserve_a - (house.house_load_a or 0.0)
        return site_circuits(limit_a, self._evses, self._feeders)

    def _count(self, evse_id: str, reading: EvseReading) -> None:
        """Bring the ledger up to what the connection tells (R100a)."""
        known = self._known[evse_id]
        hardware_a = reading.view.maximum_a
        if not self.limits.knows(evse_id):
            # A wallbox that was never here is not known to hang on this circuit.
            self.limits.assume(evse_id, hardware_a if reading.seen else 0.0)
            self.limits.not_known(evse_id)
        if not reading.seen:
            return
        if reading.silent_s > SILENT_S:
            if not known.silent:
                known.silent = True
                self.limits.count_silent(evse_id, hardware_a)
                log.warning("wallbox silent, counted at its maximum", evse=evse_id)
            return
        if reading.connection != known.connection:
            known.connection, known.silent = reading.connection, False
            self._count_connected(evse_id, reading)
        if evse_id in self.limits.unknown:
            self.limits.count_unknown(evse_id, 0.0 if reading.idle else hardware_a)

    def _count_connected(self, evse_id: str, reading: EvseReading) -> None:
        self.limits.forget_refusal(evse_id)
        if reading.booted:
            self.limits.not_known(evse_id)
        worst_a = worth_after_connecting(
            booted=reading.booted,
            idle=reading.idle,
            worst_a=self.limits.position(evse_id).worst_a,
            measured_a=reading.measured_a,
            hardware_a=reading.view.maximum_a,
        )
        self.limits.assume(evse_id, worst_a)

    def _targets(
        self,
        readings: Mapping[str, EvseReading],
        circuits: Sequence[Circuit],
        phases: Mapping[str, frozenset[int]],
        mute: frozenset[str],
        now: float,
    ) -> dict[str, float]:
        """Share what those out of reach leave; whoever does not obey counts at its worst."""
        loads = {
            evse_id: load
            for evse_id, reading in readings.items()
            if evse_id not in mute and (load := self._load(evse_id, reading, now)) is not None
        }
        fixed_a = {evse_id: self.limits.position(evse_id).worst_a for evse_id in mute}
        wished = allocate(without(circuits, fixed_a, phases), loads.values())
        stuck = self.limits.stuck - mute
        if not stuck:
            return wished
        worst_a = {evse_id: self.limits.position(evse_id).worst_a for evse_id in readings}
        obeying = [load for evse_id, load in loads.items() if evse_id not in stuck]
        for evse_id in stuck:
            fixed_a[evse_id] = worst_a[evse_id]
        shared = allocate(without(circuits, fixed_a, phases), obeying)
        for evse_id in stuck & loads.keys():
            # It may hold less than it counts for: what it is told must fit beside all others.
            others_a = {other: a for other, a in worst_a.items() if other != evse_id}
            beside_a = allocate(without(circuits, others_a, phases), [loads[evse_id]])[evse_id]
            shared[evse_id] = min(wished[evse_id], beside_a)
        return shared

    def _load(self, evse_id: str, reading: EvseReading, now: float) -> Load | None:
        running, since = turn(
            # Who was paused to let others charge waits anew.
            waiting_since=max(reading.waiting_since, self.limits.paused_at.get(evse_id, -inf)),
            charging_since=self.limits.charging_since.get(evse_id),
            now=now,
            minimum_on_s=MINIMUM_ON_S,
        )
        return demand(replace(reading.view, running=running, since=since), now)
