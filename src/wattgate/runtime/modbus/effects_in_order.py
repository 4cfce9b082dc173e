"""Carries out what a charge point wants done: in order, and stored before what depends on it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from wattgate.core.wallbox.effects import Answer, Effect, Keep, Offer, Refuse, SendCall
from wattgate.ports.store import Store, StoreFailed
from wattgate.ports.store_changes import SaveNote
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

STORE_AGAIN_S: Final = 5.0
"""s until the store is tried again; what depends on it waits, lower limits do not."""

_SPOKEN: Final = (SendCall, Answer, Refuse)


class Hands(Protocol):
    """Who carries out one effect."""

    def offer(self, current_a: float) -> None:
        """Let the wallbox offer so much, A per phase."""
        ...

    def perform(self, effect: Effect) -> None:
        """Do anything else but `Keep`."""
        ...


class EffectsInOrder:
    """Takes effects as they come; a `Keep` holds up what follows until it is on the disk.

    An offer that is lower than the present one waits for nothing. One that is higher waits its
    turn, and then the least counts of it and those that came later.
    """

    def __init__(
        self,
        hands: Hands,
        note: Callable[[str], SaveNote],
        store: Store,
        tasks: Supervisor,
        name: str,
    ) -> None:
        """`note` makes of the text of a `Keep` what is to be stored."""
        self._hands = hands
        self._note = note
        self._store = store
        self._tasks = tasks
        self._name = name
        self._waiting: deque[Effect] = deque()
        self._is_storing = False
        self._offered_a: float | None = None

    def take(self, effects: Iterable[Effect]) -> None:
        """Carry them out after those that wait."""
        for effect in effects:
            self._waiting.append(effect)
            if isinstance(effect, Offer):
                self._lower(effect.current_a)
        self._go_on()

    def link_lost(self) -> None:
        """Forget what was to be said on a link that is gone."""
        self._waiting = deque(each for each in self._waiting if not isinstance(each, _SPOKEN))

    def _lower(self, current_a: float) -> None:
        if self._offered_a is not None and current_a < self._offered_a:
            self._offer(current_a)

    def _offer(self, current_a: float) -> None:
        if current_a != self._offered_a:
            self._offered_a = current_a
            self._hands.offer(current_a)

    def _go_on(self) -> None:
        while self._waiting and not self._is_storing:
            effect = self._waiting.popleft()
            match effect:
                case Keep(text):
                    self._is_storing = True
                    self._tasks.spawn(self._keep(text), name=f"{self._name} is kept")
                case Offer(_, current_a):
                    later_a = (each.current_a for each in self._waiting if isinstance(each, Offer))
                    self._offer(min((current_a, *later_a)))
                case _:
                    self._hands.perform(effect)

    async def _keep(self, text: str) -> None:
        change = self._note(text)
        while self._is_storing:
            try:
                await self._store.commit(change)
                self._is_storing = False
            except StoreFailed as exc:
                say_not_stored(exc, what=self._name)
                await asyncio.sleep(STORE_AGAIN_S)
        self._go_on()
