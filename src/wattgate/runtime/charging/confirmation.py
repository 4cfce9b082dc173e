"""Asks one wallbox by its composite schedule whether it holds what it accepted (R100d)."""

import json
from typing import Final

from wattgate.core.ocpp.composite_reading import Composite, read_composite
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import Confirmation
from wattgate.runtime.charging.profile_commands import Commands
from wattgate.runtime.peer import NoAnswer

ASKED_S: Final = 60
"""s of the schedule that is asked for."""

TOLERANCE_A: Final = 0.1
"""A that rounding, and watts, may take from what was set."""


class CompositeSchedules:
    """The questions to one wallbox; they give way to everything else.

    One that cannot tell is not asked again before it boots: some answer NotSupported, some nothing
    at all, and some Accepted without a schedule whatever holds.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._is_of_use = True
        self._has_stated_one = False

    def forget(self) -> None:
        """It booted, perhaps with firmware that can tell."""
        self._is_of_use = True
        self._has_stated_one = False

    async def ask(self, connector: int, phases: int) -> Composite | None:
        """What the wallbox says holds at a connector; None where it gives no usable answer."""
        if not self._is_of_use:
            return None
        question = json.dumps({"connectorId": connector, "duration": ASKED_S})
        match await self._commands.send("GetCompositeSchedule", question, Priority.POLL):
            case CallResult(_, payload_text):
                return self._usable(read_composite(payload_text, duration_s=ASKED_S, phases=phases))
            case CallError() | NoAnswer(was_sent=True):
                self._is_of_use = False
            case NoAnswer():
                pass
        return None

    def _usable(self, composite: Composite | None) -> Composite | None:
        if composite == Composite() and not self._has_stated_one:
            # It was asked with a limit in it: nothing means nothing here.
            self._is_of_use = False
            return None
        self._has_stated_one = self._has_stated_one or composite is not None
        return composite


def of_limit(composite: Composite | None, limit_a: float) -> Confirmation:
    """Whether no more is allowed than was set, A per phase."""
    if composite is None:
        return Confirmation.NONE
    if composite.most_a is None or composite.most_a > limit_a + TOLERANCE_A:
        return Confirmation.CONTRADICTED
    return Confirmation.SCHEDULE


def of_clearing(composite: Composite | None, hardware_a: float) -> Confirmation:
    """Whether nothing is below the hardware maximum any more, A per phase."""
    if composite is None:
        return Confirmation.NONE
    if composite.least_a is None or composite.least_a >= hardware_a - TOLERANCE_A:
        return Confirmation.SCHEDULE
    return Confirmation.CONTRADICTED
