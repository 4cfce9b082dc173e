"""Carries out the guided proof that a wallbox's grants end, and survive a power cycle (R100a)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from wattgate.core.charging.behaviour import Proof
from wattgate.core.charging.methods import Method, read_method
from wattgate.core.charging.proof_steps import Step
from wattgate.core.charging.proving import (
    Grant,
    Sight,
    Trial,
    TrialTerms,
    begun,
    cancelled,
    granted,
    looked,
    why_not,
)
from wattgate.core.load.ledger import Position
from wattgate.core.station.models import WallboxModel
from wattgate.core.units import tenths_down
from wattgate.ports.evse import ControllableEvse, EvseReading, LimitOutcome
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

LOOK_EVERY_S: Final = 1.0
"""s between two looks at the EVSE."""


class Lendable(Protocol):
    """What a proof needs of the limits: an EVSE for itself, which counts at its maximum then."""

    def position(self, evse_id: str) -> Position:
        """What the EVSE may draw."""
        ...

    def take_aside(self, evse_id: str) -> None:
        """Leave it to the proof: nothing else is sent to it."""
        ...

    def hand_back(self, evse_id: str) -> None:
        """Command it again."""
        ...


@dataclass(slots=True)
class _Run:
    """One proof: what it is about stays the same, `trial` goes on."""

    evse: ControllableEvse
    model: WallboxModel
    method: Method
    trial: Trial


class Prover:
    """Proves one EVSE at a time; what it finds holds for the model and firmware of its wallbox.

    `model_of`, `is_limited` and `has_room` are asked by EVSE: `is_limited` whether load management
    is active and the EVSE not released, `has_room` whether its circuits carry the worst that
    everybody on them may draw. Nothing of a proof is stored but its result, so that a restart just
    ends it.
    """

    def __init__(
        self,
        limits: Lendable,
        behaviours: Behaviours,
        tools: Tools,
        tasks: Supervisor,
        *,
        model_of: Callable[[str], WallboxModel | None],
        is_limited: Callable[[str], bool],
        has_room: Callable[[str], bool],
    ) -> None:
        self._limits = limits
        self._behaviours = behaviours
        self._tools = tools
        self._tasks = tasks
        self._model_of = model_of
        self._is_limited = is_limited
        self._has_room = has_room
        self._runs: dict[str, _Run] = {}

    def state(self, evse_id: str) -> Trial | None:
        """The proof under way, or the last one; None without any."""
        run = self._runs.get(evse_id)
        return None if run is None else run.trial

    def begin(self, evse: ControllableEvse) -> str | None:
        """Begin with an EVSE whose car charges; why that cannot be, or None."""
        busy = next((run.evse for run in self._runs.values() if not run.trial.done), None)
        if busy is not None:
            return f"the proof of {busy.evse_id} is under way"
        model = self._model_of(evse.evse_id)
        if model is None or not (model.vendor or model.model):
            return "the wallbox has not said which model it is"
        reading = evse.reading(self._tools.clock.monotonic())
        position = self._limits.position(evse.evse_id)
        terms = TrialTerms(
            tenths_down(min(position.allowed_a, reading.view.maximum_a)),
            reading.standing_a,
            evse.settle_s,
        )
        sight, method = self._sight(evse, reading), read_method(evse.method)
        reason = why_not(sight, terms, expires=method is not None and method.expires)
        if reason is not None or method is None:
            return reason
        run = self._runs[evse.evse_id] = _Run(evse, model, method, begun(sight, terms))
        self._limits.take_aside(evse.evse_id)
        log.info("proof begins", evse=evse.evse_id, wallbox=str(model), method=str(method))
        self._tasks.spawn(self._prove(run), name=f"proof {evse.evse_id}")
        return None

    def cancel(self, evse_id: str) -> None:
        """Give a proof up, if one is under way; what it found so far holds."""
        run = self._runs.get(evse_id)
        if run is not None:
            self._goes_on(run, cancelled(run.trial))

    async def _prove(self, run: _Run) -> None:
        try:
            while not run.trial.done:
                now = self._tools.clock.monotonic()
                run.evse.ask_for_measurement(now)
                self._goes_on(run, looked(run.trial, self._sight(run.evse, run.evse.reading(now))))
                grant = run.trial.grant_due
                if grant is not None:
                    await self._grant(run, grant)
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._goes_on(run, cancelled(run.trial))  # else it would stay aside for ever

    async def _grant(self, run: _Run, grant: Grant) -> None:
        step = run.trial.step
        outcome = await run.evse.limit(
            grant.current_a, reduction=False, afresh=False, lifetime_s=grant.lifetime_s
        )
        # After the power cycle it is the old profiles that are on trial, not the way they are set.
        is_same = step is Step.RESUME or read_method(run.evse.method) == run.method
        accepted = outcome is LimitOutcome.ACCEPTED and is_same
        self._goes_on(run, granted(run.trial, self._tools.clock.monotonic(), accepted=accepted))

    def _sight(self, evse: ControllableEvse, reading: EvseReading) -> Sight:
        evse_id = evse.evse_id
        # Whether there is room is decided only once the EVSE counts for all it can draw.
        counts = self._limits.position(evse_id).allowed_a >= reading.view.maximum_a
        return Sight(
            now=self._tools.clock.monotonic(),
            may_go_on=self._is_limited(evse_id) and reading.view.enabled,
            is_ready=reading.ready,
            charging_since=reading.waiting_since if reading.view.transaction_open else None,
            connection=reading.connection,
            links=reading.links,
            has_booted=reading.booted,
            has_room=counts and self._has_room(evse_id),
            draw=reading.draw,
        )

    def _goes_on(self, run: _Run, trial: Trial) -> None:
        """Take the next state; say what is new, learn what is known, hand back at the end."""
        before, run.trial = run.trial, trial
        evse_id = run.evse.evse_id
        if trial.step is not before.step:
            log.info("proof", evse=evse_id, step=trial.step.value, reason=trial.reason)
        expiry = None if trial.expiry is before.expiry else trial.expiry
        persistence = None if trial.persistence is before.persistence else trial.persistence
        if expiry is not None or persistence is not None:
            self._learn(run, expiry, persistence)
        if trial.done and not before.done:
            self._limits.hand_back(evse_id)

    def _learn(self, run: _Run, expiry: Proof | None, persistence: Proof | None) -> None:
        known = self._behaviours.of(run.model)
        learned = known.learned_proof(run.method, expiry=expiry, persistence=persistence)
        self._behaviours.learn(run.model, learned)
