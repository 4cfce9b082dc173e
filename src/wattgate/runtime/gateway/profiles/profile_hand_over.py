"""Gives a backend's charging profiles to the wallbox once load management only observes (R97)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from wattgate.core.errors import PeerError
from wattgate.core.gateway.policy import CONNECTOR
from wattgate.core.gateway.profiles.profile_mirror import CLEAR, SET, handed_over, outlasting
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.schedules import Entry, ProfileStack
from wattgate.core.ocpp.session import Priority
from wattgate.ports.clock import Clock
from wattgate.ports.store import StoreFailed
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.profiles.profile_naming import ProfileNaming
from wattgate.runtime.gateway.profiles.profile_outcomes import may_have_changed, took_effect
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.evse_ocpp16 import BOOT_PATIENCE_S
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

ANSWER_S: Final = 30.0
"""s for the wallbox's answer to a profile."""

ATTEMPTS: Final = 3
"""How often in a row the wallbox may leave a profile unanswered: each may wear its flash."""


@dataclass(slots=True)
class Relay:
    """A message about profiles on its way from the backend to the wallbox.

    `overtaken` are the profiles that are not handed over for its sake.
    """

    call: Call
    overtaken: list[Entry] = field(default_factory=list)


class ProfileHandOver:
    """What the wallbox is still to be told of one backend's profiles.

    One CALL at a time, so that a command of the backend never waits for more than one (R90).
    `intruded` is called when one may have reached the wallbox after load management took over.
    """

    def __init__(
        self,
        evse: StationEvse,
        backend: EvseBackend,
        naming: ProfileNaming,
        presence: Presence,
        clock: Clock,
        observing: Callable[[], bool],
        intruded: Callable[[], None],
    ) -> None:
        self._evse = evse
        self._backend = backend
        self._naming = naming
        self._presence = presence
        self._clock = clock
        self._observing = observing
        self._intruded = intruded
        self._owed = ProfileStack()
        self._unanswered = 0
        self._relays: list[Relay] = []
        self._in_order = asyncio.Lock()

    @property
    def is_done(self) -> bool:
        """Whether the wallbox has heard of everything that it is to have."""
        return not self._owed.entries

    def owe_all(self) -> None:
        """Nothing of the backend's is in the wallbox: it is to have all of it."""
        self.owe(*self._backend.profiles.stack.entries)

    def owe_nothing(self) -> None:
        """The wallbox is to have none of it any more."""
        self._owed = ProfileStack()

    def owe(self, *entries: Entry) -> None:
        """The wallbox is to have these, too, unless the backend has thought better of it."""
        for entry in filter(self._is_set, entries):
            self._owed = self._owed.installed(*entry)
        for relay in self._relays:
            self._give_way(relay)

    # What the backend sends meanwhile is newer

    def begin(self, call: Call) -> Relay:
        """A message of the backend about profiles goes to the wallbox now.

        What it replaces or removes is owed no longer: it would arrive later and undo it.
        """
        relay = Relay(call)
        self._relays.append(relay)
        self._give_way(relay)
        return relay

    def end(self, relay: Relay, *, in_vain: bool) -> None:
        """The message has had its effect, and `profiles` say so; or it was `in_vain`."""
        self._relays.remove(relay)
        if in_vain:
            self.owe(*relay.overtaken)

    def _give_way(self, relay: Relay) -> None:
        before, call = self._owed, relay.call
        try:
            self._owed = outlasting(
                before,
                call.action,
                call.payload_text,
                self._evse.running_at(self._backend),
                alone=self._backend.connectors.alone,
            )
        except PeerError:
            return  # nobody here knows what it replaces
        relay.overtaken += [each for each in before.entries if each not in self._owed.entries]

    # To the wallbox

    async def deliver(self) -> bool:
        """Send what is owed, lower stack levels first; False where some of it did not get through.

        What the wallbox refuses is logged, and the rest goes on.
        """
        async with self._in_order:
            while self._owed.entries:
                if not (self._observing() and self._backend.is_primary):
                    self.owe_nothing()  # load management obeys it from now on, or nobody does
                elif not await self._next():
                    return False
        return True

    async def _next(self) -> bool:
        peer, now = self._presence.peer, self._clock.monotonic()
        if peer is None or not self._presence.is_settled(now, BOOT_PATIENCE_S):
            return False
        entry, *rest = self._owed.entries
        self._owed = ProfileStack(tuple(rest))
        text = self._text_of(entry)
        if text is None:
            return True
        try:
            text = await self._naming.setting(SET, text)
        except StoreFailed as exc:
            say_not_stored(exc, evse=self._evse.evse_id)
            self.owe(entry)
            return False
        if not self._is_set(entry):
            return True
        outcome = await peer.call(SET, text, timeout_s=ANSWER_S, priority=Priority.BACKEND)
        if not self._observing() and may_have_changed(outcome):
            self._intruded()
        if isinstance(outcome, NoAnswer) and self._may_try_again(outcome):
            self.owe(entry)
            return False
        self._unanswered = 0
        if not took_effect(SET, outcome):
            log.warning(
                "the wallbox did not take a profile of the backend",
                evse=self._evse.evse_id,
                profile=entry[1].profile_id,
                answer=_words(outcome),
            )
        return True

    async def remove(self, profile_id: int) -> None:
        """Have a profile removed that nobody wants any more."""
        peer = self._presence.peer
        outcome: Outcome = NoAnswer("the wallbox is away", was_sent=False)
        if peer is not None:
            number = self._naming.number_of(profile_id)
            text = f'{{"id":{profile_id if number is None else number}}}'
            outcome = await peer.call(CLEAR, text, timeout_s=ANSWER_S, priority=Priority.BACKEND)
        if not took_effect(CLEAR, outcome):
            log.warning(
                "a profile of a backend that is gone may be in the wallbox still",
                evse=self._evse.evse_id,
                profile=profile_id,
                answer=_words(outcome),
            )

    def _may_try_again(self, outcome: NoAnswer) -> bool:
        self._unanswered += outcome.was_sent
        return self._unanswered < ATTEMPTS

    def _text_of(self, entry: Entry) -> str | None:
        """The message with the wallbox's ids; None for what has ended or been cleared since."""
        if not self._is_set(entry):
            return None
        transaction = self._evse.transaction
        our_id = transaction.record.transaction_id if transaction is not None else None
        text = handed_over(entry, self._evse.running_at(self._backend), our_id)
        return None if text is None else self._backend.connectors.to_wallbox(text, CONNECTOR)

    def _is_set(self, entry: Entry) -> bool:
        return entry in self._backend.profiles.stack.entries


def _words(outcome: Outcome) -> str:
    match outcome:
        case CallResult(_, payload_text):
            return payload_text
        case CallError(_, code, description):
            return f"{code}: {description}"
        case NoAnswer(reason, _):
            return reason
