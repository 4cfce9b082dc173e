"""Tells one connector of an OCPP 1.6 wallbox its limits: sets, proves and removes profiles."""

from dataclasses import dataclass

import structlog

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.strategies import changes_said
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profiles import Kind
from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import Cleared, Confirmation, LimitOutcome
from wattgate.runtime.charging.confirmation import of_clearing, of_limit
from wattgate.runtime.charging.measurement_requests import MeasurementRequests
from wattgate.runtime.charging.method_choice import MethodChoice
from wattgate.runtime.charging.profile_commands import Step
from wattgate.runtime.charging.profile_steps import (
    Wish,
    adopting,
    changing,
    removing,
    setting,
    sweeping,
    terms_of,
)
from wattgate.runtime.charging.turn import Turn
from wattgate.runtime.charging.wallbox_line import WallboxLine

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Said:
    """The last limit of which the wallbox may have seen something, and on which connection."""

    method: Method
    terms: Terms
    connection: int


class ConnectorCharging:
    """What one connector is told, and what is known to hold in it.

    `standing_confirmation` says by what the limit is confirmed that was set when the manager took
    the EVSE over; `was_swept` whether everything else was really removed then.
    """

    def __init__(self, line: WallboxLine, connector: int) -> None:
        self.standing_confirmation = Confirmation.NONE
        self.was_swept = False
        self.measurements = MeasurementRequests(line.presence, line.commands, connector)
        self._line = line
        self._connector = connector
        self._turn = Turn(line.commands, connector)
        self._choice = MethodChoice(
            line.presence, line.behaviours, connectors=1 if line.alone else 2
        )
        self._inside: list[Method | None] = [None]
        """The ways whose profiles may be in the wallbox; None: any, as after a restart."""
        self._said: _Said | None = None

    @property
    def method(self) -> Method | None:
        """The present way; None before the first limit."""
        return self._choice.present

    @property
    def profile_writes(self) -> int:
        """How many SetChargingProfile went out: each wears the wallbox's memory."""
        return self._turn.profile_writes

    @property
    def is_harmless_when_silent(self) -> bool:
        """Whether what is in the wallbox was proven to end by itself (R100a)."""
        inside = self._inside[0] if len(self._inside) == 1 else None
        return inside is not None and self._choice.behaviour.is_harmless_when_silent(inside)

    @property
    def may_clear(self) -> bool:
        """Whether clearing does no harm now."""
        return self._line.may_clear

    @property
    def counts_by_transaction(self) -> bool:
        """Whether what is set is for one transaction, so that the next needs it anew."""
        method = self.method
        return method is not None and (
            method.strategy is Strategy.TX_PROFILE or method.kind is Kind.RELATIVE
        )

    @property
    def says_changes(self) -> bool:
        """Whether a grant can say that it changes within its life."""
        method = self.method
        periods = self._line.keys.latest.periods
        return method is not None and changes_said(method.strategy, periods) > 0

    def forget(self) -> None:
        """It booted."""
        self._choice.forget()
        self.measurements.forget()

    def next_method(self) -> bool:
        """Take the next way from the next limit on; False where none is left.

        A wallbox that clearing sets to its maximum keeps the present one while cars charge: the
        old profiles could not be removed.
        """
        return self._line.may_clear and self._choice.next()

    def is_obeyed(self) -> None:
        """Learn that the present way is obeyed, whatever the wallbox says of itself."""
        self._choice.is_obeyed()
        self.standing_confirmation = Confirmation.MEASUREMENT

    async def limit(self, wish: Wish) -> LimitOutcome:
        """Set the profiles that say the wish; the worst of their outcomes is the outcome.

        Where the present way is refused and never was taken, the next is tried at once: without a
        limit the wallbox charges as it likes.
        """
        with self._turn.under_way() as number:
            outcome = await self._limit(number, wish)
            while outcome is LimitOutcome.REFUSED and self._choice.refused():
                outcome = await self._limit(number, wish)
            if outcome is LimitOutcome.REFUSED:
                self._line.keys.ask_again()  # perhaps it can less than we believe
            return outcome

    async def release(self, *, whole: bool, hardware_a: float, phases: int) -> Cleared:
        """Remove our profiles, and what others left at the connector, or everywhere (R100d)."""
        self._said = None
        self._line.commands.doubt_profiles()
        if self._line.traits.never_clear_in_session and self._line.others_in_use(self._connector):
            log.warning(
                "profiles stay while the other connector charges: clearing would free that, too",
                station=self._line.presence.station_id,
                connector=self._connector,
            )
            return Cleared(LimitOutcome.REFUSED)
        steps = removing(self._connector, everything=whole or self._line.alone)
        with self._turn.under_way() as number:
            outcome = await self._turn.carry_out(number, steps, Priority.REDUCTION)
        if outcome is not LimitOutcome.ACCEPTED:
            return Cleared(outcome)
        self._inside = []
        composite = await self._line.schedules.ask(self._connector, phases)
        if not self._turn.is_newest(number):
            composite = None  # it may speak of what came after
        return Cleared(outcome, of_clearing(composite, hardware_a))

    async def sweep(self) -> LimitOutcome:
        """Say the last limit, remove what others left, and say it again; a newer limit ends it.

        To the letter, so that its grant ends when it was to end; and only what this connection may
        have seen: nothing else is counted with.
        """
        keys = await self._line.keys.known(urgent=False)
        await self._turn.all_landed()
        said = self._said
        if said is None or said.connection != self._line.presence.connection:
            return LimitOutcome.UNSENT
        if self._line.traits.never_clear_in_session:
            return LimitOutcome.UNSENT
        number = self._turn.begin()
        # The next step is queued only once the last is answered: whoever waits comes in between.
        steps = sweeping(said.method, said.terms, keys)
        return await self._turn.carry_out(number, steps, Priority.REDUCTION, forgiving=False)

    async def _limit(self, number: int, wish: Wish) -> LimitOutcome:
        keys = await self._line.keys.known(urgent=wish.reduction)
        if self._line.presence.peer is None or not self._turn.is_newest(number):
            return LimitOutcome.UNSENT
        method = self._choice.choose(keys, wish.wallbox)
        traits = self._line.traits
        terms = terms_of(wish, keys, traits, self._line.presence.its_time())
        may_clear = self._line.may_clear
        before: list[Step] = []
        after: list[Step] = []
        if may_clear:
            before, after = self._removals(method, wish, first=traits.never_clear_in_session)
        # Whatever is cleared first may take more with it than it was asked to.
        profiles = setting(method, terms, None if before else self._line.commands.is_there)
        steps = [*before, *profiles, *after]
        connection = self._line.presence.connection
        outcome = await self._carried_out(number, method, steps, wish)
        if outcome is not LimitOutcome.UNSENT and self._turn.is_newest(number):
            self._said = _Said(method, terms, connection)
        if outcome is LimitOutcome.ACCEPTED and may_clear:
            self._inside = [method]
        if wish.afresh:
            self.was_swept = may_clear and not self._turn.forgave
            self._verify(number, wish, outcome)
        return outcome

    def _removals(
        self, method: Method, wish: Wish, *, first: bool
    ) -> tuple[list[Step], list[Step]]:
        if wish.afresh:
            return [adopting(self._connector, alone=self._line.alone)], []
        return changing(self._inside, method, self._connector, first=first)

    async def _carried_out(
        self, number: int, method: Method, steps: list[Step], wish: Wish
    ) -> LimitOutcome:
        def begun() -> None:
            if method not in self._inside:
                self._inside.append(method)

        priority = Priority.REDUCTION if wish.reduction else Priority.INCREASE
        outcome = await self._turn.carry_out(number, steps, priority, begun)
        if outcome is LimitOutcome.ACCEPTED:
            self._choice.accepted()
        return outcome

    def _verify(self, number: int, wish: Wish, outcome: LimitOutcome) -> None:
        self.standing_confirmation = Confirmation.NONE
        tasks = self._line.tasks
        if outcome is LimitOutcome.ACCEPTED and tasks is not None:
            name = f"{self._line.presence.station_id} {self._connector} verification"
            tasks.spawn(self._verified(number, wish), name=name)

    async def _verified(self, number: int, wish: Wish) -> None:
        composite = await self._line.schedules.ask(self._connector, wish.evse.phases)
        if not self._turn.is_newest(number):
            return  # it may speak of the newer limit
        self.standing_confirmation = of_limit(composite, wish.current_a)
        if self.standing_confirmation is Confirmation.CONTRADICTED:
            log.warning(
                "accepted a limit, and its composite schedule allows more",
                station=self._line.presence.station_id,
                connector=self._connector,
                current_a=wish.current_a,
                stated_a=None if composite is None else composite.most_a,
            )
