"""The running manager: what the command line and the API see of it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from wattgate.core.site.merging import patched
from wattgate.core.site.model import LoadManagement, Site
from wattgate.core.site.remarks import remarks
from wattgate.core.site.writing import to_mapping
from wattgate.core.station.authorisation import fold
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.store import DeadLetter, SaveDocument, Store, StoreFailed
from wattgate.runtime.assembly import Backends, build_stations, feeders_of, undelivered
from wattgate.runtime.control_loop import ControlLoop
from wattgate.runtime.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.knowledge import CardKnowledge
from wattgate.runtime.limits import Limits
from wattgate.runtime.peer import Tools
from wattgate.runtime.station import House, Station
from wattgate.runtime.stations import RefusedAttempt, Stations
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SITE_DOCUMENT: Final = "site"
RECEIPTS_KEPT: Final = timedelta(days=8)
"""For how long a repeated message of a wallbox is recognised (R68: at least 7 days)."""

_TIDY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class EvseState:
    """One EVSE at this moment, with what limits it."""

    evse: EvseOcpp16
    station: Station
    offered_a: float
    target_a: float
    doubtful: bool
    profile_writes: int


class Manager:
    """Everything that runs for one site."""

    def __init__(self, site: Site, store: Store, tools: Tools) -> None:
        self.site = site
        self._store = store
        self._tools = tools
        self._tasks = Supervisor()
        cards = CardKnowledge(tools.clock, self._cards)
        self._house = House(
            store, tools, self._tasks, cards, self._is_observing, self._something_changed
        )
        self.limits = Limits(store, tools, self._tasks, self._something_changed)
        self.stations = Stations(site, {}, tools)
        self._evses: dict[str, tuple[EvseOcpp16, Station]] = {}
        self._loop: ControlLoop | None = None
        self._deciding: asyncio.Task[None] | None = None
        self._patching = asyncio.Lock()

    async def start(self, backends: Backends) -> None:
        """Take up what was stored, then begin to decide; wallboxes may connect afterwards."""
        recovered = await self._store.recover()
        self._house.cards.recover(recovered.tags)
        self.limits.recover(recovered)
        stations = build_stations(
            self.site, recovered, self._house, backends, self._look_again_after
        )
        self.stations = Stations(self.site, stations, self._tools)
        for link_id, depth in undelivered(recovered, stations.values()).items():
            log.error("messages for a backend the site no longer has", link=link_id, waiting=depth)
        self._evses = {
            evse.evse_id: (evse, station) for station in stations.values() for evse in station.evses
        }
        evses = [evse for evse, _ in self._evses.values()]
        for evse in evses:
            evse.granted_a = partial(self.offered_a, evse)
        self._loop = ControlLoop(
            lambda: self.site, evses, feeders_of(self.site), self.limits, self._tools
        )
        for remark in remarks(self.site):
            log.warning(remark.message, about=remark.path)
        self._deciding = self._tasks.start(self._loop.run(), name="control loop")
        self._tasks.spawn(self._tidy(), name="tidy")

    async def stop(self) -> None:
        """End every task; what is stored stays, links are closed by their owners."""
        await self._tasks.stop()

    # What the API asks

    @property
    def is_deciding(self) -> bool:
        """Whether the control loop lives."""
        return self._deciding is not None and not self._deciding.done()

    def evses(self) -> tuple[EvseState, ...]:
        """Every EVSE, in the order of the site."""
        return tuple(self._state(evse, station) for evse, station in self._evses.values())

    def evse(self, evse_id: str) -> EvseState | None:
        """One EVSE; None for an unknown id."""
        found = self._evses.get(evse_id)
        return self._state(*found) if found is not None else None

    def offered_a(self, evse: EvseOcpp16) -> float:
        """A per phase the EVSE is allowed; its hardware maximum while we only observe."""
        if self._is_observing():
            return evse.hardware_a
        return self.limits.position(evse.evse_id).committed_a

    def refused(self) -> tuple[RefusedAttempt, ...]:
        """Connections that were not let in, newest first."""
        return tuple(reversed(self.stations.refused))

    async def transactions(
        self, *, evse_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[TransactionRecord, ...]:
        """Transactions, newest first."""
        return await self._store.transactions(evse_id=evse_id, before=before, limit=limit)

    async def dead_letters(self) -> tuple[DeadLetter, ...]:
        """Messages that a backend finally did not take, newest first."""
        return await self._store.dead_letters()

    async def patch_site(self, patch: Mapping[str, object]) -> Site:
        """Change settings of the running site; raises ConfigError and changes nothing (P1).

        What concerns current takes effect with the next cycle; the OCPP server's own settings
        with the next start.
        """
        async with self._patching:  # two at once must not undo each other
            changed = patched(self.site, patch)
            await save_site(self._store, changed)
            self.site = changed
        log.info("settings changed", settings=sorted(patch))
        self._something_changed()
        return changed

    async def clear_profiles(self, evse_id: str) -> LimitOutcome | None:
        """Delete the charging profiles in the wallbox (P15); None for an unknown EVSE.

        While load management is active and the EVSE is in use, what may be drawn is set again at
        once: a wallbox without any profile charges without limit.
        """
        found = self._evses.get(evse_id)
        if found is None:
            return None
        evse, _ = found
        outcome = await self.limits.release(evse, evse.hardware_a)
        log.info("profiles cleared", evse=evse_id, outcome=outcome.value)
        self._something_changed()
        return outcome

    # Inside

    def _state(self, evse: EvseOcpp16, station: Station) -> EvseState:
        target_a = self._loop.targets_a.get(evse.evse_id, 0.0) if self._loop else 0.0
        return EvseState(
            evse,
            station,
            offered_a=self.offered_a(evse),
            target_a=evse.hardware_a if self._is_observing() else target_a,
            doubtful=not self._is_observing() and self.limits.position(evse.evse_id).doubtful,
            profile_writes=self.limits.writes.get(evse.evse_id, 0),
        )

    def _cards(self) -> frozenset[str]:
        return frozenset(fold(card.id_tag) for card in self.site.cards)

    def _is_observing(self) -> bool:
        return self.site.site.load_management is LoadManagement.OBSERVE

    def _something_changed(self) -> None:
        if self._loop is not None:
            self._loop.look_again()

    def _look_again_after(self, delay_s: float) -> None:
        asyncio.get_running_loop().call_later(delay_s, self._something_changed)

    async def _tidy(self) -> None:
        while True:
            try:
                await self._store.forget_receipts(self._tools.clock.wall() - RECEIPTS_KEPT)
            except StoreFailed as exc:
                log.warning("old receipts stay", reason=str(exc))
            await asyncio.sleep(_TIDY_S)


async def save_site(store: Store, site: Site) -> None:
    """Keep the site, passwords included, for the next start."""
    text = json.dumps(to_mapping(site, secrets=True))
    await store.commit(SaveDocument(SITE_DOCUMENT, text))
