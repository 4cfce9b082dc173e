"""The energy register that is billed: it never falls, whatever a wallbox's counter does (R109)."""

from dataclasses import dataclass, replace
from typing import Final, Self

VOLTAGE_V: Final = 230.0
"""Of a phase, where only currents are known."""

LONGEST_GAP_S: Final = 60.0
"""s for which a power that was seen last is believed to have gone on flowing."""

UNKNOWN_GAP_S: Final = 86_400.0
"""s that are assumed to have passed where the clock on the wall went back."""

_HEADROOM: Final = 1.25
"""A meter may count this much more than the hardware's current makes at 230 V."""

_SLACK_WH: Final = 1000.0
"""So much more a counter may always have risen: some count in steps of 1 kWh, or late."""

_TICK_WH: Final = 10.0
"""Wh that a counter may fall by without having begun anew: some are rounded to and fro."""

_SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a meter, at `at_s` (s, on a clock that goes on over restarts).

    `counter_wh` is None where the wallbox has no counter, `power_w` where nothing measures it;
    `most_w` is what it can draw at most. `is_another_meter`: the wallbox is not the one of before.
    """

    at_s: float
    counter_wh: float | None
    power_w: float | None
    most_w: float
    is_another_meter: bool = False


@dataclass(frozen=True, slots=True)
class VirtualRegister:
    """What has been counted, in Wh, and the look at the meter that was the last of it.

    The first counter that is seen is taken as it is, so that the register shows what the meter
    shows until that begins anew; it was seen at `counter_at_s`. `ahead_wh` was counted by power
    while it was not seen: when it is back, it has counted that, too.
    """

    total_wh: float = 0.0
    counter_wh: float | None = None
    power_w: float = 0.0
    at_s: float | None = None
    counter_at_s: float | None = None
    ahead_wh: float = 0.0

    def after(self, look: Look) -> Self:
        """The register after another look.

        A counter that reads 0 says nothing: some do so after a start until they know better. One
        that fell has begun anew at 0, unless it only ticked back. A rise that the hardware cannot
        have drawn in the time is a wrong reading, or another meter: it is not counted, and counting
        goes on from there.
        """
        if look.is_another_meter and self.at_s is not None:
            return self._at(look, self.total_wh, look.counter_wh or None)
        if look.counter_wh is None:
            return self._by_power(look)
        if look.counter_wh <= 0:
            return self if self.at_s is not None else replace(self, at_s=look.at_s)
        return self._by_counter(look, look.counter_wh)

    def _by_power(self, look: Look) -> Self:
        flown_wh = self._flown_wh(look)
        return replace(
            self,
            total_wh=self.total_wh + flown_wh,
            power_w=look.power_w or 0.0,
            at_s=look.at_s,
            ahead_wh=0.0 if self.counter_wh is None else self.ahead_wh + flown_wh,
        )

    def _by_counter(self, look: Look, counter_wh: float) -> Self:
        if self.at_s is None:
            return self._at(look, counter_wh, counter_wh)
        before_wh = self.counter_wh or 0.0
        if before_wh - _TICK_WH <= counter_wh < before_wh:
            counter_wh = before_wh
        rise_wh = self._rise_wh(counter_wh, look)
        total_wh = self.total_wh + max(0.0, rise_wh - self.ahead_wh)
        return self._at(look, total_wh, counter_wh, max(0.0, self.ahead_wh - rise_wh))

    def _at(
        self, look: Look, total_wh: float, counter_wh: float | None, ahead_wh: float = 0.0
    ) -> Self:
        power_w, at_s = look.power_w or 0.0, look.at_s
        return type(self)(total_wh, counter_wh, power_w, at_s, at_s, ahead_wh)

    def _rise_wh(self, counter_wh: float, look: Look) -> float:
        before_wh = self.counter_wh or 0.0
        has_begun_anew = counter_wh < before_wh
        rise_wh = counter_wh if has_begun_anew else counter_wh - before_wh
        gap_s = _gap_s(look, self.at_s if self.counter_at_s is None else self.counter_at_s)
        most_wh = look.most_w * _HEADROOM * gap_s / _SECONDS_PER_HOUR + _SLACK_WH
        return rise_wh if rise_wh <= most_wh else 0.0

    def _flown_wh(self, look: Look) -> float:
        """Without a counter: the power of the last look, for as long as it can be believed."""
        gap_s = min(_gap_s(look, self.at_s), LONGEST_GAP_S)
        return self.power_w * gap_s / _SECONDS_PER_HOUR


def _gap_s(look: Look, before_s: float | None) -> float:
    """S that have passed since then."""
    if before_s is None:
        return 0.0
    gap_s = look.at_s - before_s
    return gap_s if gap_s >= 0 else UNKNOWN_GAP_S
