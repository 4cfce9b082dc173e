"""What a wallbox does without a master: read with every poll, and written where it differs."""

from dataclasses import dataclass
from math import inf
from typing import Final

import structlog

from wattgate.core.modbus.wallbox_values import SetFailSafe, WallboxValues
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.shared_line import Urgency

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FailSafeSetting:
    """After `after_s` s without a master it may draw `current_a` A per phase; inf s: never."""

    after_s: float
    current_a: float


NEVER: Final = FailSafeSetting(inf, inf)


class FailSafeKeeper:
    """Keeps the fail-safe of one wallbox as the site wants it.

    Most makes keep its registers in flash: each setting is tried once per connection, and not again
    where the wallbox still says what it made of it before. `setting` is
    what the wallbox says itself, `NEVER` where it has none or has not said yet; while a new one is
    on its way, the worse of both. `is_in_doubt`: it has not said what it made of a new one.
    """

    def __init__(self, evse_id: str, device: ModbusDevice) -> None:
        self.setting = NEVER
        self.is_in_doubt = False
        self._evse_id = evse_id
        self._device = device
        self._values: WallboxValues | None = None
        self._has_said_so = False
        self._tried: tuple[SetFailSafe, int] | None = None
        self._taken: SetFailSafe | None = None
        self._made_of_it: tuple[SetFailSafe, FailSafeSetting] | None = None

    @property
    def is_there(self) -> bool:
        """Whether it falls back by itself."""
        return self.setting.after_s < inf

    @property
    def can_be_set(self) -> bool:
        """Whether its make has registers for it."""
        return self._device.can(SetFailSafe)

    def learn(self, values: WallboxValues) -> None:
        """Take up what it says; one that does not tell how long it waits, waits for ever."""
        self._values = values
        self.is_in_doubt = False
        current_a = inf if values.fail_safe_a is None else values.fail_safe_a
        self._count(FailSafeSetting(values.fail_safe_s, current_a) if values.fail_safe_s else NEVER)
        if self._taken is not None:
            self._made_of_it, self._taken = (self._taken, self.setting), None

    async def keep(self, wanted: SetFailSafe, connection: int) -> LimitOutcome:
        """Write it where it differs; what the wallbox makes of it, the next poll tells."""
        values = self._values
        if not (self.can_be_set or self.is_there or self._has_said_so):
            self._has_said_so = True
            log.warning("has no fail-safe: counts at its maximum while silent", evse=self._evse_id)
        if not self.can_be_set or values is None or self._device.holds(values, wanted):
            return LimitOutcome.ACCEPTED
        if (wanted, connection) == self._tried or (wanted, self.setting) == self._made_of_it:
            return LimitOutcome.REFUSED
        outcome = await self._write(wanted)
        if outcome is not LimitOutcome.UNSENT:
            self._tried = (wanted, connection)
            log.info(
                "fail-safe set",
                evse=self._evse_id,
                after_s=wanted.after_s,
                current_a=wanted.current_a,
                outcome=outcome.value,
            )
        return outcome

    async def _write(self, wanted: SetFailSafe) -> LimitOutcome:
        before = self.setting
        after_s = wanted.after_s or inf
        worse = FailSafeSetting(
            max(before.after_s, after_s), max(before.current_a, wanted.current_a)
        )
        self._count(worse)
        self.is_in_doubt = True
        outcome = await self._device.send(wanted, Urgency.LIMIT)
        self._taken = wanted if outcome is LimitOutcome.ACCEPTED else None
        if outcome is LimitOutcome.UNSENT:
            self._count(before)
            self.is_in_doubt = False
        return outcome

    def _count(self, setting: FailSafeSetting) -> None:
        self.setting = setting
        self._device.fails_safe_after(setting.after_s)
