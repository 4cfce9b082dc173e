"""The registers of a Power Brain that have a memory, and its watchdog over the Modbus master.

A field has the name of its register in `core/modbus/power_brain_map`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from wattgate.core.modbus.registers import Value
from wattgate.core.wallbox.deciding import Decider, Limit


@dataclass(frozen=True, slots=True)
class Stored:
    """Registers in flash; currents in A per phase, the duration in s.

    6 A without a master is what the manager sets as well, and what every car takes.
    """

    slave_id: int = 1
    def_fixed_current: float = 0.0
    def_charg_cur_limit: float = 63.0
    def_charging_enable: int = 1
    fail_safe_duration: int = 300
    fail_safe_current: float = 6.0


@dataclass(frozen=True, slots=True)
class Volatile:
    """Registers that begin anew with each start, from those in flash."""

    fixed_current: float
    charging_cur_limit: float
    charging_enable: int
    relay2: int = 0


T = TypeVar("T", Stored, Volatile)

_CUT_TO_HARDWARE = frozenset({"def_charg_cur_limit", "charging_cur_limit"})


@dataclass(slots=True)
class ModbusSide:
    """What the Modbus master has written, and when it was heard last (monotonic s).

    `max_current_a` is what the hardware carries, A per phase: no limit reads more.
    """

    max_current_a: float
    fed_at: float
    stored: Stored = field(default_factory=Stored)
    volatile: Volatile = field(init=False)

    def __post_init__(self) -> None:
        self.begin(self.fed_at)

    def begin(self, now: float) -> None:
        """Start anew: what was stored for it applies, and the master has its time to come."""
        stored = self.stored
        self.fed_at = now
        self.volatile = Volatile(
            fixed_current=stored.def_fixed_current,
            charging_cur_limit=min(stored.def_charg_cur_limit, self.max_current_a),
            charging_enable=stored.def_charging_enable,
        )

    def write(self, said: Mapping[str, Value]) -> None:
        """Take in what a write says, as far as it is about these registers."""
        values = {
            name: min(float(value), self.max_current_a) if name in _CUT_TO_HARDWARE else value
            for name, value in said.items()
        }
        self.stored = _with(self.stored, values)
        self.volatile = _with(self.volatile, values)

    def silent_at(self) -> float | None:
        """When the fail-safe takes over unless the master is heard; None: never."""
        duration_s = self.stored.fail_safe_duration
        return self.fed_at + duration_s if duration_s else None

    def is_silent(self, now: float) -> bool:
        """Whether the master has not been heard for too long (R100i)."""
        at = self.silent_at()
        return at is not None and now >= at

    def limit(self, now: float) -> Limit:
        """What Modbus allows: the master's word, or the fail-safe without one."""
        if self.is_silent(now):
            return Limit(Decider.FAIL_SAFE, self.stored.fail_safe_current)
        volatile = self.volatile
        return Limit(
            Decider.MODBUS, volatile.charging_cur_limit if volatile.charging_enable else 0.0
        )


def _with(registers: T, values: Mapping[str, Value]) -> T:
    """The same registers with those of the values that are among them."""
    names = {each.name for each in fields(registers)}
    own: dict[str, Any] = {name: value for name, value in values.items() if name in names}
    return replace(registers, **own)
