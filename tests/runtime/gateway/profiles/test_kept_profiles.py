"""A backend's profiles in memory and in the store."""

import pytest
from tests.support.charging_profiles import a_profile
from tests.support.frames import a_site
from tests.support.observing import OBSERVING
from tests.support.virtual_time import in_virtual_time

from wattgate.core.gateway.profiles.virtual_profiles import VirtualProfiles
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.ports.store import ProfileRecord, SaveProfile, StoreFailed
from wattgate.runtime.gateway.profiles.kept_profiles import KeptProfiles, forget_all_but


def ids(profiles: VirtualProfiles) -> list[int]:
    return [each.profile_id for _, each in profiles.stack.entries]


@in_virtual_time()
async def test_what_is_kept_is_found_again_by_its_own_link_alone() -> None:
    site = await a_site(site_toml=OBSERVING)
    assert site.world.manager is not None
    state = site.world.manager.evse("stall-1")
    assert state is not None and state.evse.primary is not None
    backend = state.evse.primary
    kept = KeptProfiles(state.evse, backend, "one", site.world.manager._house)
    for profile in (a_profile(8.0, profile_id=5), a_profile(9.0, profile_id=6)):
        await kept.keep(kept.now, kept.now.with_profile(1, profile))
    assert ids(kept.now) == [6]  # it takes the place of the first
    stored = (await site.world.store.recover()).profiles
    for link_id, known in (("other", []), ("one", [6])):
        KeptProfiles(state.evse, backend, link_id, site.world.manager._house).recover(stored)
        assert ids(kept.now) == known
    await site.world.kill()


@in_virtual_time()
async def test_without_the_store_only_what_has_happened_is_so() -> None:
    site = await a_site(site_toml=OBSERVING)
    assert site.world.manager is not None
    state = site.world.manager.evse("stall-1")
    assert state is not None and state.evse.primary is not None
    backend = state.evse.primary
    kept = KeptProfiles(state.evse, backend, "one", site.world.manager._house)
    change = kept.now.with_profile(1, a_profile(8.0, profile_id=5))
    site.world.store.failing = True
    with pytest.raises(StoreFailed):
        await kept.keep(kept.now, change)
    assert ids(kept.now) == []
    await kept.keep_anyway(kept.now, change)
    assert ids(kept.now) == [5]
    await site.world.kill()


@in_virtual_time()
async def test_what_is_nobodys_any_more_is_forgotten_once_the_store_takes_it() -> None:
    site = await a_site(site_toml=OBSERVING)
    store = site.world.store
    records = [ProfileRecord(name, 5, 1, profile_text(a_profile(8.0))) for name in ("one", "gone")]
    await store.commit(*map(SaveProfile, records))
    for fails, left in ((True, ["gone", "one"]), (False, ["one"])):
        store.failing = fails
        await forget_all_but(store, records, {"one"})
        store.failing = False
        assert sorted(each.link_id for each in (await store.recover()).profiles) == left
    await site.world.kill()
