"""CALLs of load management to one OCPP 1.6 wallbox, and what of them it has accepted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wattgate.core.charging.strategies import ProfileToSet
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.presence import Presence

COMMAND_TIMEOUT_S: Final = 6.0
"""s for an answer to a command of load management (R89)."""

ACCEPTED: Final = frozenset({"Accepted"})

CLEARED: Final = frozenset({"Accepted", "Unknown"})
"""A wallbox that has no such profile answers Unknown, which is as good."""


@dataclass(frozen=True, slots=True)
class Step:
    """One CALL of a command, and the statuses with which the next may follow.

    `may_fail` lets the next follow after a refusal, too. `profile` is the one that it sets.
    """

    action: str
    payload_text: str
    good: frozenset[str]
    may_fail: bool = False
    profile: ProfileToSet | None = None


def set_profile(profile: ProfileToSet) -> Step:
    """The step that sets a profile."""
    payload = f'{{"connectorId":{profile.connector},"csChargingProfiles":{profile.profile_text}}}'
    return Step("SetChargingProfile", payload, ACCEPTED, profile=profile)


def clear_profiles(payload_text: str, *, may_fail: bool = False) -> Step:
    """The step that removes what matches; `{}` is everything in the wallbox (16E 3.26)."""
    return Step("ClearChargingProfile", payload_text, CLEARED, may_fail)


def clear_ids(ids: Iterable[int], *, may_fail: bool = False) -> list[Step]:
    """The steps that remove profiles one by one: a sibling's stay (R100d)."""
    return [clear_profiles(f'{{"id":{profile_id}}}', may_fail=may_fail) for profile_id in ids]


class Commands:
    """The line to one wallbox, over all its connections.

    `profile_writes` counts the SetChargingProfile that went out: each wears the wallbox's memory.
    """

    def __init__(self, presence: Presence) -> None:
        self.profile_writes = 0
        self._presence = presence
        self._there: dict[int, tuple[int, str]] = {}

    async def send(
        self,
        action: str,
        payload_text: str,
        priority: Priority,
        coalesce_key: str | None = None,
    ) -> Outcome:
        """Send one CALL and wait for how it ends; while nobody is connected it stays unsent."""
        peer = self._presence.peer
        if peer is None:
            return NoAnswer("not connected", was_sent=False)
        return await peer.call(
            action,
            payload_text,
            timeout_s=COMMAND_TIMEOUT_S,
            priority=priority,
            coalesce_key=coalesce_key,
        )

    async def take(self, step: Step, connector: int, priority: Priority) -> LimitOutcome:
        """Take one step of a connector's command.

        What of it waits in the queue of the link is replaced there by the connector's next step: it
        must not arrive after that.
        """
        connection, profile = self._presence.connection, step.profile
        if profile is None:
            self._there.clear()  # some clear more than they are asked to
        else:
            self._there.pop(profile.profile_id, None)
        answer = await self.send(
            step.action, step.payload_text, priority, coalesce_key=f"limit {connector}"
        )
        outcome = verdict(answer, step.good)
        if profile is not None and outcome is not LimitOutcome.UNSENT:
            self.profile_writes += 1
            if outcome is LimitOutcome.ACCEPTED:
                self._there[profile.profile_id] = (connection, profile.profile_text)
        return outcome

    def is_there(self, profile: ProfileToSet) -> bool:
        """Whether the wallbox accepted this very profile on its present connection.

        And nothing was cleared in it since.
        """
        there = self._there.get(profile.profile_id)
        return there == (self._presence.connection, profile.profile_text)

    def doubt_profiles(self) -> None:
        """Others may have set profiles in the place of ours."""
        self._there.clear()


def verdict(outcome: Outcome, good: frozenset[str]) -> LimitOutcome:
    """How a CALL ended, where `good` are the statuses that grant it."""
    match outcome:
        case CallResult(_, payload_text):
            status = read_scalar(payload_text, ("status",))
            return LimitOutcome.ACCEPTED if status in good else LimitOutcome.REFUSED
        case CallError():
            return LimitOutcome.REFUSED
        case NoAnswer(_, was_sent):
            return LimitOutcome.UNANSWERED if was_sent else LimitOutcome.UNSENT
