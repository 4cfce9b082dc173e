"""What is agreed on about cards in mode T counts once the gateway holds (R55, R56)."""

import asyncio

import pytest
from tests.support.frames import Site, literal_backend, literal_wallbox, result, settled
from tests.support.relayed import DROP, a_relayed_site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.runtime.station.presence import SETTLE_S

DONE = {"status": "Accepted"}


def a_list(version: int, id_tag: str) -> Json:
    entry = {"idTag": id_tag, "idTagInfo": DONE}
    return {"listVersion": version, "updateType": "Full", "localAuthorizationList": [entry]}


async def judged_in_hold(site: Site, id_tag: str) -> str:
    """What a card gets after a restart in hold, with the backend away."""
    await settled()
    await site.world.kill()
    site.world.site_toml = DROP.replace('"drop"', '"hold"')
    site.world.dialer.backends.clear()
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox)
    answer = await result(wallbox, "Authorize", {"idTag": id_tag})
    site.world.site_toml = DROP
    return str(answer["idTagInfo"]["status"])


@pytest.mark.parametrize(("answer", "verdict"), [("Accepted", "Accepted"), ("Failed", "Invalid")])
@in_virtual_time()
async def test_a_list_that_was_relayed_is_known_r56(answer: str, verdict: str) -> None:
    wallbox = literal_wallbox(SendLocalList=lambda _: {"status": answer})
    site = await a_relayed_site(wallbox=wallbox)
    assert await result(site.backend, "SendLocalList", a_list(1, "A")) == {"status": answer}
    assert await judged_in_hold(site, "A") == verdict
    await site.world.kill()


@in_virtual_time()
async def test_a_list_that_was_relayed_lets_nobody_in_for_the_next_backend_r105() -> None:
    wallbox = literal_wallbox(SendLocalList=lambda _: DONE)
    site = await a_relayed_site(wallbox=wallbox)
    assert await result(site.backend, "SendLocalList", a_list(1, "A")) == DONE
    await settled()
    await site.world.kill()
    site.world.site_toml = DROP.replace('"drop"', '"hold"').replace("ws://backend/", "ws://next/")
    await site.world.start()
    await site.world.boot("CP1", wallbox)
    await asyncio.sleep(SETTLE_S + 1)
    emptying = {"listVersion": 1, "updateType": "Full"}
    assert wallbox.all_of("SendLocalList") == [a_list(1, "A"), emptying]
    await site.world.kill()


@pytest.mark.parametrize("answer", ["Accepted", "Rejected"])
@in_virtual_time()
async def test_a_cache_that_was_cleared_through_the_relay_is_forgotten_r55(answer: str) -> None:
    wallbox = literal_wallbox(ClearCache=lambda _: {"status": answer})
    site = await a_relayed_site(literal_backend(), wallbox)
    backends = dict(site.world.dialer.backends)
    await site.world.kill()

    # In hold the backend's yes is remembered.
    site.world.site_toml = DROP.replace('"drop"', '"hold"')
    await site.world.start()
    holding = literal_wallbox()
    await site.world.boot("CP1", holding)
    await settled()
    assert (await result(holding, "Authorize", {"idTag": "A"}))["idTagInfo"] == DONE
    assert await judged_in_hold(site, "A") == "Accepted"
    await site.world.kill()

    site.world.dialer.backends |= backends
    await site.world.start()
    await site.world.boot("CP1", wallbox)
    assert await result(site.backend, "ClearCache", {}) == {"status": answer}
    assert await judged_in_hold(site, "A") == "Invalid"
    await site.world.kill()


@in_virtual_time()
async def test_a_store_that_fails_does_not_disturb_the_relay() -> None:
    wallbox = literal_wallbox(SendLocalList=lambda _: DONE, ClearCache=lambda _: DONE)
    site = await a_relayed_site(wallbox=wallbox)
    site.world.store.failing = True
    assert await result(site.backend, "SendLocalList", a_list(1, "A")) == DONE
    assert await result(site.backend, "ClearCache", {}) == DONE
    await settled()
    site.world.store.failing = False
    assert wallbox.closed_with is None
    await site.world.kill()
