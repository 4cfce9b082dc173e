"""A backend's charging profiles of one EVSE in memory and in the store, changed in step (R97)."""

import asyncio
from collections.abc import Iterable, Set
from dataclasses import replace

from wattgate.core.gateway.profiles.virtual_profiles import Change, VirtualProfiles
from wattgate.ports.store import Change as StoreChange
from wattgate.ports.store import DeleteProfile, ProfileRecord, SaveProfile, Store, StoreFailed
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.station.station import House
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored


async def forget_all_but(store: Store, records: Iterable[ProfileRecord], kept: Set[str]) -> None:
    """Forget what is stored under other names: of backends that a new site file leaves out.

    Would they ever return, nobody would expect their limits of then.
    """
    gone = [DeleteProfile(each.link_id, each.profile_id) for each in records]
    gone = [each for each in gone if each.link_id not in kept]
    if not gone:
        return
    try:
        await store.commit(*gone)
    except StoreFailed as exc:
        say_not_stored(exc, note="profiles of backends that are gone")


class KeptProfiles:
    """Keeps what one backend has set.

    `in_order` is to be held from deciding on a change until it is kept: the next is decided on what
    this one has left.
    """

    def __init__(self, evse: StationEvse, backend: EvseBackend, link_id: str, house: House) -> None:
        """`link_id` is the name under which the store keeps them."""
        self.in_order = asyncio.Lock()
        self._evse = evse
        self._backend = backend
        self._link_id = link_id
        self._house = house

    @property
    def now(self) -> VirtualProfiles:
        """The profiles at this moment."""
        return self._backend.profiles

    def recover(self, records: tuple[ProfileRecord, ...]) -> None:
        """Take up the profiles stored before a restart."""
        own = [
            (record.profile_id, record.connector, record.profile_text)
            for record in records
            if record.link_id == self._link_id
        ]
        self._backend.profiles = VirtualProfiles.from_records(own)

    async def keep(self, before: VirtualProfiles, change: Change) -> None:
        """Store a change of `before`, then go on with it.

        Raises:
            StoreFailed: it could not be stored; nothing has changed.
        """
        changes: list[StoreChange] = [
            DeleteProfile(self._link_id, profile_id) for profile_id in change.removed_ids
        ]
        if change.kept is not None:
            kept = change.kept
            changes.append(
                SaveProfile(
                    ProfileRecord(self._link_id, kept.profile_id, kept.connector, kept.profile_text)
                )
            )
        await self._house.store.commit(*changes)
        self._take_up(before, change)

    async def keep_anyway(self, before: VirtualProfiles, change: Change) -> None:
        """As `keep`, for what has happened already: it is so, stored or not."""
        try:
            await self.keep(before, change)
        except StoreFailed as exc:
            say_not_stored(exc, evse=self._evse.evse_id)
            self._take_up(before, change)

    def _take_up(self, before: VirtualProfiles, change: Change) -> None:
        awaiting = self.now.awaiting
        if awaiting is before.awaiting:
            awaiting = change.profiles.awaiting  # else it came while we stored, and stays
        self._backend.profiles = replace(change.profiles, awaiting=awaiting)
        self._house.something_changed()
