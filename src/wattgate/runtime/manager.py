"""The running manager: what the command line and the API see of it."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import structlog

from wattgate.core.errors import Problem
from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.gateway.traffic.traffic import MAX_FRAMES, Entry
from wattgate.core.security.passwords import PasswordKey
from wattgate.core.site.cards import card_rules
from wattgate.core.site.keeping import as_kept, lost_passwords
from wattgate.core.site.merging import patched
from wattgate.core.site.model import LoadManagement, Site
from wattgate.core.site.remarks import remarks, waiting_for_start
from wattgate.core.station.models import WallboxModel, read_model
from wattgate.core.station.transactions import TransactionRecord
from wattgate.core.units import PhaseTriple
from wattgate.ports.certificates import Authority
from wattgate.ports.store import Store
from wattgate.runtime.assembly import Assembly, feeders_of
from wattgate.runtime.backend_assembly import Backends
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.obedience_watch import ObedienceWatch
from wattgate.runtime.charging.proving import Prover
from wattgate.runtime.dossier import Material, keys_for
from wattgate.runtime.evidence import EvidenceKeeper
from wattgate.runtime.evse_state import EvseState, Safety
from wattgate.runtime.files.parties import links_of
from wattgate.runtime.files.relay import FileRelay
from wattgate.runtime.files.surroundings import Outside
from wattgate.runtime.gateway.delivery.dead_letters import DeadLetters
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway_changes import GatewayChanges
from wattgate.runtime.housekeeping import Housekeeping
from wattgate.runtime.load.control_loop import ControlLoop, Parts
from wattgate.runtime.load.grid_meter import GridMeter
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.load.releases import Releases
from wattgate.runtime.modbus.installation import ModbusInstallation
from wattgate.runtime.modbus.removed import end_removed
from wattgate.runtime.operations import Operations
from wattgate.runtime.peer import Tools
from wattgate.runtime.schedule_overview import ScheduleOverview, schedule_overview
from wattgate.runtime.site_keeper import SiteKeeper
from wattgate.runtime.station.certificate_names import CertificateNames
from wattgate.runtime.station.key_writing import KeyWriting
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.station.left_behind import settle_left_behind
from wattgate.runtime.station.refused_attempts import RefusedAttempt
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.stations import Stations
from wattgate.runtime.station.wallbox_certificates import WallboxCertificates
from wattgate.runtime.station.wallbox_keys import WallboxKeys
from wattgate.runtime.supervisor import Supervisor
from wattgate.runtime.traffic import Traffic, backend_link, wallbox_link

log = structlog.get_logger()

_KEPT_IN_VAIN: Final = (
    "its password was kept under a key that is lost, and lets nobody in: write it again"
)


class Manager:
    """Everything that runs for one site."""

    def __init__(self, site: Site, store: Store, tools: Tools, key: PasswordKey) -> None:
        """`key` is the one under which the site's passwords are kept, now and later."""
        self.site = as_kept(site, key)
        self._begun = self.site
        self._store = store
        self._tools = tools
        self._tasks = Supervisor()
        cards = CardKnowledge(tools.clock, lambda: card_rules(self.site))
        salt = tools.identifiers.salt()
        self.traffic = Traffic(tools.clock, lambda: Mask(salt, self.site.site.hide_cards))
        self.keys = WallboxKeys(self._site_now, key, store, tools, self._tasks)
        self.key_writing = KeyWriting(self.keys, self._tasks)
        self.files = FileRelay(self._site_now, store)
        self._house = House(
            store,
            tools,
            self._tasks,
            cards,
            self._is_observing,
            self._something_changed,
            EvidenceKeeper(tools.clock, self._keeps_evidence),
            self.traffic,
            self.keys,
            self.files,
        )
        self.limits = Limits(store, tools, self._tasks, self._something_changed)
        self.releases = Releases(store, tools, self._tasks, self.limits, self._something_changed)
        self.behaviours = Behaviours(store, tools, self._tasks)
        self.grid_meter = GridMeter(self._site_now, tools)
        self._names = CertificateNames(self._site_now, store, self._tasks)
        self.stations = Stations(self.site, {}, tools, self.keys, self._names)
        self.letters = DeadLetters(store, self._link_named)
        self._evses: dict[str, tuple[StationEvse, Station]] = {}
        self._watch = ObedienceWatch(
            self.limits,
            self.behaviours,
            self._model_of,
            self._tasks,
            ends_by=self.limits.lives.ends_by,
        )
        self._prover = Prover(
            self.limits,
            self.behaviours,
            tools,
            self._tasks,
            model_of=self._model_of,
            is_limited=self._will_be_limited,
            has_room=self._has_room,
        )
        self.operations = Operations(
            self.limits, self.releases, self._prover, self._will_be_limited, self._change_site
        )
        self.gateways = GatewayChanges(self._site_now, key, self._change_site)
        self._assembly: Assembly | None = None
        self._modbus: ModbusInstallation | None = None
        self._loop: ControlLoop | None = None
        self._deciding: asyncio.Task[None] | None = None
        self._patching = asyncio.Lock()
        self._keeper = SiteKeeper(store, self._tasks)

    async def start(
        self,
        backends: Backends,
        authority: Authority,
        modbus: ModbusInstallation,
        files: Outside | None = None,
    ) -> None:
        """Take up what was stored, then begin to decide; wallboxes may connect afterwards."""
        recovered = await self._store.recover()
        served = {each.station_id for each in self.site.modbus_evses() if modbus.knows(each)}
        are_ended = await end_removed(self._store, recovered, served)
        if await settle_left_behind(self._store, recovered, self.site) or are_ended:
            recovered = await self._store.recover()
        self._house.cards.recover(recovered.tags, recovered.notes)
        self.keys.recover(recovered.notes)
        self._names.recover(recovered.notes)
        self.key_writing.recover(self.site.station_ids())
        await self.limits.recover(recovered)
        self.releases.recover(recovered.releases)
        self.behaviours.recover(recovered)
        self._modbus = modbus
        self._assembly = assembly = Assembly(
            self._site_now,
            self._house,
            backends,
            self.limits,
            self.behaviours,
            self._look_again_after,
            authority,
            modbus,
        )
        await assembly.give_seats(recovered)
        await assembly.build(recovered)
        self.stations = Stations(self.site, assembly.stations, self._tools, self.keys, self._names)
        for link_id, depth in assembly.undelivered(recovered).items():
            log.error("messages for a backend the site no longer has", link=link_id, waiting=depth)
        self._evses = {
            evse.evse_id: (evse, station)
            for station in assembly.stations.values()
            for evse in station.evses
        }
        evses = [evse for evse, _ in self._evses.values()]
        for evse in evses:
            evse.granted_a = partial(self.offered_a, evse)
            evse.is_paused_by_us = partial(self._pauses, evse.evse_id)
        parts = Parts(self.limits, self.releases, self._watch, self.grid_meter, self._tasks)
        self._loop = ControlLoop(self._site_now, evses, feeders_of(self.site), parts, self._tools)
        self._loop.on_cycle, modbus.is_limited = modbus.alive, self._will_be_limited
        self.releases.on_removed = self._limits_removed
        for evse in evses:
            self._limits_removed(evse.evse_id)  # a restart may have come in between
        for remark in self.remarks():
            log.warning(remark.message, about=remark.path)
        if files is not None:
            links = links_of(assembly.stations.values)
            await self.files.begin(files, links, self._tools, self._tasks, recovered.notes)
        self._deciding = self._tasks.start(self._loop.run(), name="control loop")
        housekeeping = Housekeeping(self._store, self._tools, lambda: self.site.storage)
        housekeeping.recover(recovered.notes)
        self._tasks.spawn(housekeeping.run(), name="housekeeping")
        self._tasks.spawn(housekeeping.watch_reserve(), name="disk reserve")

    async def stop(self) -> None:
        """End every task; what is stored stays, links are closed by their owners."""
        await self.files.close()
        await self._tasks.stop()

    # What the API asks

    def remarks(self) -> tuple[Problem, ...]:
        """What is worth saying about the settings, though they can be run."""
        lost = (*lost_passwords(self.site, self.keys.password_key), *self.keys.lost())
        said = remarks(self.site, self.keys.given())
        waiting = waiting_for_start(self._begun, self.site)
        modbus = self._modbus.remarks() if self._modbus is not None else ()
        relayed = self._assembly.remarks() if self._assembly is not None else ()
        return (
            *said,
            *modbus,
            *waiting,
            *relayed,
            *(Problem(name, _KEPT_IN_VAIN) for name in lost),
        )

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

    def offered_a(self, evse: StationEvse) -> float:
        """A per phase the EVSE is allowed; its hardware maximum while we only observe."""
        if self._is_observing():
            return evse.hardware_a
        return self.limits.position(evse.evse_id).committed_a

    def schedule(self, evse: StationEvse, duration_s: int) -> ScheduleOverview:
        """What limits an EVSE for so many s from now on, 1 or more, and by whom."""
        now, observing = self._tools.clock.wall(), self._is_observing()
        return schedule_overview(evse, now, duration_s, observing=observing)

    def meter_read(self, currents_a: PhaseTriple) -> None:
        """Take a reading of the meter at the house connection: A on L1, L2, L3."""
        self.grid_meter.take(currents_a)
        self._something_changed()

    @property
    def excess_a(self) -> Mapping[str, float]:
        """By how much circuits are over if all EVSEs draw their worst, A by circuit."""
        return self._loop.excess_a if self._loop is not None else {}

    def certificates(self, station_id: str) -> WallboxCertificates | None:
        """The certificates of one wallbox; None for an unknown id."""
        return self._assembly.certificates.get(station_id) if self._assembly is not None else None

    def refused(self) -> tuple[RefusedAttempt, ...]:
        """Connections that were not let in, newest first."""
        return self.stations.refused.newest_first()

    def frames(
        self, evse_id: str, *, after: int | None = None, limit: int = MAX_FRAMES
    ) -> tuple[Entry, ...]:
        """The last frames of an EVSE on its wallbox's link and its backend's, oldest first.

        At most `limit`: the newest, or the first behind the number `after`.
        """
        found = self._evses.get(evse_id)
        if found is None:
            return ()
        evse, station = found
        links = [wallbox_link(station.station_id)]
        links += [backend_link(each.link_id) for each in evse.backends]
        if evse.relay is not None:
            links.append(backend_link(evse.relay.identity.link_id))
        return self.traffic.entries(links, after=after, limit=limit)

    async def transactions(
        self, *, evse_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[TransactionRecord, ...]:
        """Transactions, newest first."""
        return await self._store.transactions(evse_id=evse_id, before=before, limit=limit)

    async def evidence(self, transaction_id: int) -> Material | None:
        """What is kept of a transaction for a dispute; None for an unknown id."""
        for record in await self._store.transactions(before=transaction_id + 1, limit=1):
            if record.transaction_id == transaction_id:
                station = self.stations.by_id.get(record.start.station_id)
                announced = station.meter_configuration if station is not None else None
                keys = keys_for(self.site, record, announced)
                return Material(record, await self._store.frames(transaction_id), keys)
        return None

    async def patch_site(self, patch: Mapping[str, object]) -> Site:
        """Change settings of the running site; raises ConfigError and changes nothing (P1).

        Raises NotYetStored where they hold but could not be stored; that is tried again.

        What concerns current takes effect with the next cycle; the OCPP server's own settings
        with the next start.
        """
        changed = await self._change_site(lambda site: patched(site, patch))
        log.info("settings changed", settings=sorted(patch))
        return changed

    # Inside

    def _state(self, evse: StationEvse, station: Station) -> EvseState:
        target_a = self._loop.targets_a.get(evse.evse_id, 0.0) if self._loop else 0.0
        position = self.limits.position(evse.evse_id)
        observing = self._is_observing()
        return EvseState(
            evse,
            station,
            offered_a=self.offered_a(evse),
            target_a=evse.hardware_a if observing else target_a,
            counted_a=evse.hardware_a if observing else position.worst_a,
            doubtful=not observing and position.doubtful,
            safety=self._safety(evse),
        )

    def _safety(self, evse: StationEvse) -> Safety:
        is_removed = not self.limits.was_limited(evse.evse_id)
        return Safety(
            obedience=self._watch.state(evse.evse_id),
            behaviour=self.behaviours.of(self._model_of(evse.evse_id)),
            refuses=self.limits.refusals.is_recent(evse.evse_id, self._tools.clock.monotonic()),
            released=self._loop is not None and self._loop.is_free(evse.evse_id),
            cleared=self.releases.results.get(evse.evse_id) if is_removed else None,
            trial=self._prover.state(evse.evse_id),
        )

    async def _change_site(self, change: Callable[[Site], Site]) -> Site:
        """Change the site, tell every EVSE what is said of it now, and store it.

        A disk that is full does not keep anybody from lowering a limit.
        """
        async with self._patching:  # two at once must not undo each other
            self.site = changed = as_kept(change(self.site), self.keys.password_key)
            self._tell_evses(changed)
            try:
                if self._assembly is not None:
                    await self._assembly.follow_gateways()
            finally:  # what holds is stored, whatever becomes of the logins
                await self._keeper.keep(changed)
        return changed

    def _tell_evses(self, changed: Site) -> None:
        for settings in changed.evses:
            evse, _ = self._evses.get(settings.id, (None, None))
            if evse is not None and evse.settings != settings:
                evse.settings = settings
        self._something_changed()

    def _limits_removed(self, evse_id: str) -> None:
        """In observe the backend's own profiles rule again: they belong into the wallbox."""
        if self._assembly is None or not self._is_observing():
            return
        for virtual in self._assembly.virtuals.get(evse_id, ()):
            if virtual.backend.rules_wallbox:
                self._tasks.spawn(virtual.hand_over(), name=f"hand over {evse_id}")

    def _link_named(self, link_id: str) -> BackendLink | None:
        for evse, _ in self._evses.values():
            backend = evse.backend_of(link_id)
            if backend is not None:
                return backend.link
        return None

    def _site_now(self) -> Site:
        return self.site

    def _model_of(self, evse_id: str) -> WallboxModel | None:
        found = self._evses.get(evse_id)
        return read_model(found[1].presence.boot_text) if found is not None else None

    def _has_room(self, evse_id: str) -> bool:
        return self._loop is not None and self._loop.has_room(evse_id)

    def _will_be_limited(self, evse_id: str) -> bool:
        return self._is_active() and self._loop is not None and not self._loop.is_free(evse_id)

    def _pauses(self, evse_id: str) -> bool:
        is_held = self._will_be_limited(evse_id) and self.limits.knows(evse_id)
        return is_held and self.limits.position(evse_id).committed_a == 0

    def _is_active(self) -> bool:
        return not self._is_observing()

    def _keeps_evidence(self) -> bool:
        return self.site.storage.evidence_frames > 0

    def _is_observing(self) -> bool:
        return self.site.site.load_management is LoadManagement.OBSERVE

    def _something_changed(self) -> None:
        if self._loop is not None:
            self._loop.look_again()

    def _look_again_after(self, delay_s: float) -> None:
        asyncio.get_running_loop().call_later(delay_s, self._something_changed)
