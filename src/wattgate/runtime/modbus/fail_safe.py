"""What a wallbox does without a master: read with every poll, and written where it differs."""

from math import inf

import structlog

from wattgate.core.modbus.wallbox_values import SetFailSafe, WallboxValues
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.fail_safe_book import NEVER, FailSafeBook, FailSafeSetting
from wattgate.runtime.modbus.shared_line import Urgency

log = structlog.get_logger()


class FailSafeKeeper:
    """Keeps the fail-safe of one wallbox as the site wants it.

    Most makes keep its registers in flash: each setting is tried once per connection, and not again
    where the wallbox still says what it made of it before. `setting` is
    what the wallbox says itself, `NEVER` where it has none or has not said yet; while a new one is
    on its way, the worse of both. `is_in_doubt`: it has not said what it made of a new one. While
    load management leads the wallbox, the book has what counts if the manager ends here.
    `writes` is another number before and after each write, an odd one in between: what it was asked
    under another number than that of its answer, or under an odd one, may be half of the old.
    """

    def __init__(self, evse_id: str, device: ModbusDevice, book: FailSafeBook) -> None:
        self.setting = NEVER
        self.is_in_doubt = False
        self.writes = 0
        self._evse_id = evse_id
        self._device = device
        self._book = book
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

    def recover(self) -> None:
        """Nobody has asked it since the manager began: what was stored counts."""
        self._count(self._book.recovered)

    def learn(self, values: WallboxValues, asked_under: int) -> None:
        """Take up what it says; one that does not tell how long it waits, waits for ever.

        `asked_under` is what `writes` was when it was asked.
        """
        if asked_under != self.writes or asked_under % 2:
            return
        self._values = values
        self.is_in_doubt = False
        current_a = inf if values.fail_safe_a is None else values.fail_safe_a
        self._count(FailSafeSetting(values.fail_safe_s, current_a) if values.fail_safe_s else NEVER)
        if self._taken is not None:
            self._made_of_it, self._taken = (self._taken, self.setting), None
        self._book.is_to_be(self.setting if self._device.is_bound() else NEVER)

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
        if not await self._book.holds(worse if self._device.is_bound() else NEVER):
            return LimitOutcome.UNSENT
        self._count(worse)
        self.is_in_doubt = True
        self.writes += 1
        outcome = await self._device.send(wanted, Urgency.LIMIT)
        self.writes += 1
        self._taken = wanted if outcome is LimitOutcome.ACCEPTED else None
        if outcome is LimitOutcome.UNSENT:
            self._count(before)
            self.is_in_doubt = False
        return outcome

    def _count(self, setting: FailSafeSetting) -> None:
        self.setting = setting
        self._device.fails_safe_after(setting.after_s)
