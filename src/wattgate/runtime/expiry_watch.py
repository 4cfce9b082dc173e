"""Says in the log that a certificate is about to expire, before it does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from wattgate.core.security.endings import Ending, Stock, endings
from wattgate.core.security.expiry import SAID_DAILY, Stage, days_left
from wattgate.ports.certificates import Authority, Certificates
from wattgate.ports.clock import Clock

log = structlog.get_logger()

LOOK_S: Final = 3600.0
"""s from one look at all certificates to the next."""

_AGAIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said last of a certificate."""

    stage: Stage
    at: datetime


def stock_of(certificates: Certificates, authority: Authority) -> Stock:
    """Everything that is held now."""
    sets = {name: certificates.held(name) for name in certificates.set_names()}
    return Stock(sets, authority.certificate(), authority.issued())


class ExpiryWatch:
    """Says each stage (60, 30, 7 days, expired) once per run, from the last week on daily."""

    def __init__(self, stock: Callable[[], Stock], clock: Clock) -> None:
        self._stock = stock
        self._clock = clock
        self._said: dict[tuple[str, str, str], _Said] = {}

    async def run(self) -> None:
        """Look now, and once an hour for ever."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_S)

    def _look(self) -> None:
        now = self._clock.wall()
        held = endings(self._stock())
        found = {(each.place, each.kind, each.facts.fingerprint): each for each in held}
        # What is gone is forgotten: brought back, it is said anew.
        self._said = {key: said for key, said in self._said.items() if key in found}
        for key, ending in found.items():
            stage = ending.stage(now)
            if self._is_news(stage, self._said.get(key), now):
                self._said[key] = _Said(stage, now)
                _say(ending, now)

    @staticmethod
    def _is_news(stage: Stage, said: _Said | None, now: datetime) -> bool:
        if stage is Stage.FINE:
            return False
        if said is None or stage > said.stage:
            return True
        return stage >= SAID_DAILY and now - said.at >= _AGAIN


def _say(ending: Ending, now: datetime) -> None:
    log.warning(
        "certificate expires",
        set=ending.place,
        reason=ending.warning(now),
        days=days_left(ending.facts.not_after, now),
        id=ending.facts.id,
    )
