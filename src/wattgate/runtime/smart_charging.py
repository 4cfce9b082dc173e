"""Limits in the words of one OCPP 1.6 wallbox: reads what it can, sets and clears our profiles."""

import json
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
from wattgate.runtime.station import Station

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


class SmartCharging:
    """Speaks about current to one wallbox."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._keys: ChargingKeys | None = None

    def forget(self) -> None:
        """Ask the wallbox anew what it can: it may have other firmware since its boot."""
        self._keys = None

    async def limit(
        self, settings: EvseSettings, current_a: float, lifetime_s: int, *, reduction: bool
    ) -> LimitOutcome:
        """Set the profiles that say `current_a`; the worst of their outcomes is the outcome."""
        keys = await self._known_keys()
        terms = Terms(
            grant_a=current_a or None,
            standing_a=STANDING_A,
            lifetime_s=lifetime_s,
            wall_now=self._station.house.tools.clock.wall(),
            phases=settings.phases,
            connector=settings.connector,
            unit=rate_unit(keys),
        )
        for profile in profiles_for(choose(keys), terms):
            payload = (
                f'{{"connectorId":{profile.connector},"csChargingProfiles":{profile.profile_text}}}'
            )
            outcome = await self._command(
                "SetChargingProfile",
                payload,
                Priority.REDUCTION if reduction else Priority.INCREASE,
            )
            verdict = _verdict(outcome, {"Accepted"})
            if verdict is not LimitOutcome.ACCEPTED:
                return verdict
        return LimitOutcome.ACCEPTED

    async def clear(self, settings: EvseSettings) -> LimitOutcome:
        """Delete our profiles of one connector, by id: a sibling's profiles stay (R100d).

        A wallbox that has none of them answers Unknown, which is as good. The only connector of a
        wallbox gets the empty request afterwards, which deletes what others left there too.
        """
        for profile_id in profile_ids(settings.connector):
            outcome = await self._command("ClearChargingProfile", f'{{"id":{profile_id}}}')
            verdict = _verdict(outcome, {"Accepted", "Unknown"})
            if verdict is not LimitOutcome.ACCEPTED:
                return verdict
        if len(self._station.evses) > 1:
            return LimitOutcome.ACCEPTED
        outcome = await self._command("ClearChargingProfile", "{}")
        return _verdict(outcome, {"Accepted", "Unknown"})

    async def ask_for_state(self, connectors: tuple[int, ...]) -> None:
        """Ask a wallbox that came back without a boot what its connectors do (R44)."""
        if self._station.boot_text is None:
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
        if self._keys is not None:
            return self._keys
        asked = json.dumps({"key": [*_KEYS, _UNITS]})
        outcome = await self._command("GetConfiguration", asked)
        match outcome:
            case CallResult(_, payload_text):
                self._keys = read_charging_keys(payload_text)
            case CallError():
                self._keys = ChargingKeys()
            case NoAnswer():
                return ChargingKeys()  # ask again with the next limit
        strategy: Strategy = choose(self._keys)
        log.info("limits are set by", station=self._station.station_id, strategy=strategy.value)
        return self._keys

    async def _command(
        self, action: str, payload_text: str, priority: Priority = Priority.REDUCTION
    ) -> Outcome:
        peer = self._station.peer
        if peer is None:
            return NoAnswer("not connected", was_sent=False)
        return await peer.call(action, payload_text, timeout_s=COMMAND_TIMEOUT_S, priority=priority)


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


def _verdict(outcome: Outcome, good: set[str]) -> LimitOutcome:
    match outcome:
        case CallResult(_, payload_text):
            status = read_scalar(payload_text, ("status",))
            return LimitOutcome.ACCEPTED if status in good else LimitOutcome.REFUSED
        case CallError():
            return LimitOutcome.REFUSED
        case NoAnswer(_, was_sent):
            return LimitOutcome.UNANSWERED if was_sent else LimitOutcome.UNSENT
