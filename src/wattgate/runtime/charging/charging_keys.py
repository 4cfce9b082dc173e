"""What one wallbox says that its smart charging can (OCPP 1.6 §9.4)."""

import asyncio
import json
from typing import Final

import msgspec

from wattgate.core.charging.ladder import ChargingKeys
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.runtime.charging.profile_commands import Commands
from wattgate.runtime.peer import NoAnswer
from wattgate.runtime.station.presence import Presence

_NUMBERS: Final = {
    "ChargeProfileMaxStackLevel": "max_stack_level",
    "MaxChargingProfilesInstalled": "max_profiles",
    "ChargingScheduleMaxPeriods": "max_periods",
}
_UNITS: Final = "ChargingScheduleAllowedChargingRateUnit"
_ASKED: Final = json.dumps({"key": [*_NUMBERS, _UNITS]})


class _Key(msgspec.Struct):
    key: str
    value: str | None = None


class _Configuration(msgspec.Struct):
    keys: list[_Key] = msgspec.field(name="configurationKey", default_factory=list)


_decoder: Final = msgspec.json.Decoder(_Configuration)


class KnownKeys:
    """The keys of one wallbox: asked for when a limit needs them, and again when told to."""

    def __init__(self, presence: Presence, commands: Commands) -> None:
        self._presence = presence
        self._commands = commands
        self._keys: ChargingKeys | None = None
        self._is_current = False
        self._question: tuple[asyncio.Event, bool] | None = None

    @property
    def latest(self) -> ChargingKeys:
        """What it said last; nothing where it never did."""
        return self._keys or ChargingKeys()

    def ask_again(self) -> None:
        """What is known may be wrong: it booted with other firmware, or can less than it said."""
        self._is_current = False

    async def known(self, *, urgent: bool) -> ChargingKeys:
        """What the wallbox says; nothing where it does not answer.

        Where it has to be asked, all connectors wait for one question; only an `urgent` one, for a
        reduction, does not wait for one that gives way to others (R90).
        """
        if not self._is_current:
            await self._answered(urgent)
        return self.latest

    async def _answered(self, urgent: bool) -> None:
        if self._question is not None:
            answered, is_urgent = self._question
            if is_urgent or not urgent:
                await answered.wait()
                return
        question = self._question = (asyncio.Event(), urgent)
        try:
            await self._ask(Priority.REDUCTION if urgent else Priority.POLL)
        finally:
            question[0].set()
            if self._question is question:
                self._question = None

    async def _ask(self, priority: Priority) -> None:
        connection = self._presence.connection
        match await self._commands.send("GetConfiguration", _ASKED, priority):
            case CallResult(_, payload_text):
                self._keys = read_charging_keys(payload_text)
            case NoAnswer(was_sent=False):
                return  # it is asked with the next limit
            case NoAnswer() if self._presence.peer is None:
                return
            case CallError() | NoAnswer():
                pass  # waiting for it once more would delay every reduction
        self._is_current = self._presence.connection == connection


def read_charging_keys(payload_text: str) -> ChargingKeys:
    """Read what GetConfiguration says about smart charging; nonsense counts as silence."""
    try:
        configuration = _decoder.decode(payload_text)
    except msgspec.MsgspecError:
        return ChargingKeys()
    # Wallboxes have been seen to spell keys in lower case.
    values = {key.key.casefold(): key.value for key in configuration.keys}
    numbers = {field: _number(values.get(key.casefold())) for key, field in _NUMBERS.items()}
    return ChargingKeys(**numbers, rate_units=values.get(_UNITS.casefold()))


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
