"""What a wallbox does without a master: read with every poll, and written where it differs."""

from dataclasses import dataclass, replace
from math import inf

import structlog

from wattgate.core.modbus.held import SAME_A
from wattgate.core.modbus.wallbox_values import SetFailSafe, WallboxValues
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.shared_line import Urgency

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FailSafeSetting:
    """After `after_s` s without a master it may draw `current_a` A per phase; inf s: never."""

    after_s: float = inf
    current_a: float = inf

    def differs_from(self, other: "FailSafeSetting") -> bool:
        """Whether one of the two has to be written to become the other."""
        is_late = self.after_s != other.after_s
        return is_late or (self.after_s < inf and abs(self.current_a - other.current_a) > SAME_A)


NEVER = FailSafeSetting()


class FailSafeKeeper:
    """Keeps the fail-safe of one wallbox as the site wants it.

    Its registers are kept in flash by most makes: each setting is tried once per connection.
    `setting` is what it says itself, `NEVER` where it has none or has not said yet; while a new one
    is on its way, the worse of both. `writes` counts what went into its flash.
    """

    def __init__(self, evse_id: str, device: ModbusDevice) -> None:
        self.setting = NEVER
        self.writes = 0
        self._evse_id = evse_id
        self._device = device
        self._tried: tuple[FailSafeSetting, int] | None = None

    @property
    def is_there(self) -> bool:
        """Whether it falls back by itself."""
        return self.setting.after_s < inf

    @property
    def can_be_set(self) -> bool:
        """Whether its make has registers for it."""
        return self._device.dialect.can(SetFailSafe)

    def learn(self, values: WallboxValues) -> None:
        """Take up what it says."""
        after_s, current_a = values.fail_safe_s, values.fail_safe_a
        is_told = bool(after_s) and current_a is not None
        self._count(FailSafeSetting(after_s or inf, current_a or 0.0) if is_told else NEVER)

    async def keep(self, wanted: SetFailSafe, connection: int) -> LimitOutcome:
        """Write it where it differs; what the wallbox makes of it, the next poll tells."""
        setting = FailSafeSetting(wanted.after_s or inf, wanted.current_a)
        if not self.can_be_set or not self.setting.differs_from(setting):
            return LimitOutcome.ACCEPTED
        if self._tried == (setting, connection):
            return LimitOutcome.REFUSED
        outcome = await self._write(wanted, setting)
        if outcome is not LimitOutcome.UNSENT:
            self._tried = (setting, connection)
        log.info(
            "fail-safe set",
            evse=self._evse_id,
            after_s=wanted.after_s,
            current_a=wanted.current_a,
            outcome=outcome.value,
        )
        return outcome

    async def _write(self, wanted: SetFailSafe, setting: FailSafeSetting) -> LimitOutcome:
        before = self.setting
        worse = FailSafeSetting(
            max(before.after_s, setting.after_s), max(before.current_a, setting.current_a)
        )
        self.writes += 1
        self._count(worse)
        outcome = await self._device.send(wanted, Urgency.LIMIT)
        if outcome is LimitOutcome.UNSENT:
            self._count(before)
        return outcome

    def _count(self, setting: FailSafeSetting) -> None:
        self.setting = setting
        device = self._device
        device.lifeline = replace(device.lifeline, fail_safe_s=setting.after_s)
