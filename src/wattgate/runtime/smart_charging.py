"""Limits in the words of one OCPP 1.6 wallbox: reads what it can, sets and clears our profiles."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from wattgate.core.load.strategies import (
    ChargingKeys,
    Strategy,
    Terms,
    choose,
    profile_ids,
    profiles_for,
    rate_unit,
)
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.site.model import EvseSettings
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.presence import Presence

log = structlog.get_logger()

COMMAND_TIMEOUT_S: Final = 6.0
"""s for an answer to a command of load management (R89)."""

STANDING_A: Final = 0.0
"""A per phase that hold without a manager: charging is not permitted (P14)."""

_KEYS: Final = {
    "ChargeProfileMaxStackLevel": "max_stack_level",
    "MaxChargingProfilesInstalled": "max_profiles",
    "ChargingScheduleMaxPeriods": "max_periods",
}
_UNITS: Final = "ChargingScheduleAllowedChargingRateUnit"


class _Key(msgspec.Struct):
    key: str
    value: str | None = None


class _Configuration(msgspec.Struct):
    keys: list[_Key] = msgspec.field(name="configurationKey", default_factory=list)


_decoder: Final = msgspec.json.Decoder(_Configuration)


_CLEARED: Final = frozenset({"Accepted", "Unknown"})
"""A wallbox that has no such profile answers Unknown, which is as good."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one connector is to be told; the words are those of ControllableEvse.limit."""

    current_a: float
    lifetime_s: int
    reduction: bool
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """One CALL of a command, and the statuses with which the next may follow."""

    action: str
    payload_text: str
    good: frozenset[str]
    may_fail: bool = False
    """Whether the next follows after a refusal, too."""


class SmartCharging:
    """Speaks about current to one wallbox; `alone` where it has one EVSE only."""

    def __init__(self, presence: Presence, *, alone: bool) -> None:
        self._presence = presence
        self._alone = alone
        self._keys: ChargingKeys | None = None
        self._ask_again = True
        self._strategies: dict[int, Strategy] = {}
        self._newest: dict[int, int] = {}

    def forget(self) -> None:
        """Ask the wallbox anew what it can: it may have other firmware since its boot."""
        self._ask_again = True

    async def limit(self, settings: EvseSettings, wish: Wish) -> LimitOutcome:
        """Set the profiles that say the wish; the worst of their outcomes is the outcome."""
        number = self._begin(settings.connector)
        keys = await self._known_keys()
        terms = Terms(
            grant_a=wish.current_a or None,
            standing_a=STANDING_A,
            lifetime_s=wish.lifetime_s,
            wall_now=self._presence.its_time(),
            phases=settings.phases,
            connector=settings.connector,
            unit=rate_unit(keys),
        )
        strategy = choose(keys)
        steps = [self._sweep(settings)] if wish.afresh else []
        steps += self._change_of(strategy, settings.connector)
        steps += [
            _Step(
                "SetChargingProfile",
                f'{{"connectorId":{profile.connector},"csChargingProfiles":{profile.profile_text}}}',
                frozenset({"Accepted"}),
            )
            for profile in profiles_for(strategy, terms)
        ]
        priority = Priority.REDUCTION if wish.reduction else Priority.INCREASE
        outcome = await self._carry_out(settings.connector, number, steps, priority)
        if outcome is LimitOutcome.REFUSED:
            self._ask_again = True  # perhaps it can less than we believe
        return outcome

    def _change_of(self, strategy: Strategy, connector: int) -> list[_Step]:
        """Remove the grant beside the standing profile before a strategy that has none (R100).

        It would overrule whatever comes, until it ends.
        """
        before, self._strategies[connector] = self._strategies.get(connector), strategy
        if before is not Strategy.STANDING_AND_GRANT or strategy is before:
            return []
        _, grant_id = profile_ids(connector)
        return [_Step("ClearChargingProfile", f'{{"id":{grant_id}}}', _CLEARED, may_fail=True)]

    async def clear(self, settings: EvseSettings) -> LimitOutcome:
        """Delete our profiles of one connector, by id: a sibling's profiles stay (R100d).

        The only connector of a wallbox gets the empty request afterwards, which deletes what
        others left there too.
        """
        number = self._begin(settings.connector)
        steps = [
            _Step("ClearChargingProfile", f'{{"id":{profile_id}}}', _CLEARED)
            for profile_id in profile_ids(settings.connector)
        ]
        if self._alone:
            steps.append(_Step("ClearChargingProfile", "{}", _CLEARED))
        return await self._carry_out(settings.connector, number, steps, Priority.REDUCTION)

    def _sweep(self, settings: EvseSettings) -> _Step:
        """Remove everybody's profiles: one of a higher stack level would beat ours (R100)."""
        payload = "{}" if self._alone else f'{{"connectorId":{settings.connector}}}'
        return _Step("ClearChargingProfile", payload, _CLEARED, may_fail=True)

    def _begin(self, connector: int) -> int:
        """Take the place of the connector's command on its way; the number of the new one."""
        number = self._newest[connector] = self._newest.get(connector, 0) + 1
        return number

    async def _carry_out(
        self, connector: int, number: int, steps: Sequence[_Step], priority: Priority
    ) -> LimitOutcome:
        """Take the steps one by one, until one fails or a newer command takes over.

        What waits in the queue of the link is replaced there: it must not arrive after the newer.
        """
        begun = False
        for step in steps:
            if self._newest[connector] != number:
                return _unfinished(begun)
            outcome = await self._command(
                step.action, step.payload_text, priority, coalesce_key=f"limit {connector}"
            )
            verdict = _verdict(outcome, step.good)
            if verdict is LimitOutcome.UNSENT:
                return _unfinished(begun)
            if verdict is LimitOutcome.UNANSWERED:
                return verdict
            if verdict is LimitOutcome.REFUSED and not step.may_fail:
                return verdict
            begun = True
        return LimitOutcome.ACCEPTED

    async def ask_for_state(self, connectors: tuple[int, ...]) -> None:
        """Ask a wallbox that came back without a boot what its connectors do (R44)."""
        if self._presence.boot_text is None:
            await self._command(
                "TriggerMessage", '{"requestedMessage":"BootNotification"}', Priority.POLL
            )
        for connector in connectors:
            await self._command(
                "TriggerMessage",
                f'{{"requestedMessage":"StatusNotification","connectorId":{connector}}}',
                Priority.POLL,
            )

    async def _known_keys(self) -> ChargingKeys:
        if self._keys is not None and not self._ask_again:
            return self._keys
        asked = json.dumps({"key": [*_KEYS, _UNITS]})
        outcome = await self._command("GetConfiguration", asked)
        match outcome:
            case CallResult(_, payload_text):
                self._keys = read_charging_keys(payload_text)
            case NoAnswer() if self._presence.peer is None:
                return self._keys or ChargingKeys()  # ask again with the next limit
            case CallError() | NoAnswer():
                # Waiting for it once more would delay every reduction.
                self._keys = self._keys or ChargingKeys()
        self._ask_again = False
        strategy: Strategy = choose(self._keys)
        log.info("limits are set by", station=self._presence.station_id, strategy=strategy.value)
        return self._keys

    async def _command(
        self,
        action: str,
        payload_text: str,
        priority: Priority = Priority.REDUCTION,
        coalesce_key: str | None = None,
    ) -> Outcome:
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


def read_charging_keys(payload_text: str) -> ChargingKeys:
    """Read what GetConfiguration says about smart charging; nonsense counts as silence."""
    try:
        configuration = _decoder.decode(payload_text)
    except msgspec.MsgspecError:
        return ChargingKeys()
    # Wallboxes have been seen to spell keys in lower case.
    values = {key.key.casefold(): key.value for key in configuration.keys}
    numbers = {field: _number(values.get(key.casefold())) for key, field in _KEYS.items()}
    return ChargingKeys(**numbers, rate_units=values.get(_UNITS.casefold()))


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _unfinished(begun: bool) -> LimitOutcome:
    return LimitOutcome.UNANSWERED if begun else LimitOutcome.UNSENT


def _verdict(outcome: Outcome, good: frozenset[str]) -> LimitOutcome:
    match outcome:
        case CallResult(_, payload_text):
            status = read_scalar(payload_text, ("status",))
            return LimitOutcome.ACCEPTED if status in good else LimitOutcome.REFUSED
        case CallError():
            return LimitOutcome.REFUSED
        case NoAnswer(_, was_sent):
            return LimitOutcome.UNANSWERED if was_sent else LimitOutcome.UNSENT
