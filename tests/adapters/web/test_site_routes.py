import asyncio
import json

import pytest
from tests.support.web import SITE, a_world, serving
from tests.support.world import a_wallbox

from wattgate.core.site.reading import read_mapping
from wattgate.runtime.site_keeper import SITE_DOCUMENT


@pytest.mark.asyncio
async def test_the_site_has_the_shape_of_its_file() -> None:
    async with serving() as api:
        site = (await api.client.get("/api/v1/site")).json()
        assert api.world.manager is not None
        assert read_mapping(site) == api.world.manager.site


@pytest.mark.parametrize(
    "patch",
    [
        {"max_current_a": 40},
        {"site": {"max_current_a": 40.0}},
        {"site": {"max_current_a": 40}, "ocpp_server": {"port": 0}},
    ],
)
@pytest.mark.asyncio
async def test_a_patch_changes_what_it_names_and_is_kept(patch: object) -> None:
    """P1."""
    async with serving() as api:
        before = (await api.client.get("/api/v1/site")).json()
        changed = (await api.client.patch("/api/v1/site", json=patch)).json()
        assert changed["site"] == before["site"] | {"max_current_a": 40.0}
        assert changed["evse"] == before["evse"]
        assert (await api.client.get("/api/v1/site")).json() == changed
        stored = json.loads(await api.world.store.document(SITE_DOCUMENT) or "{}")
        assert stored["site"]["max_current_a"] == 40.0


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"max_current_a": -1}, "site › max_current_a"),
        ({"max_curent_a": 40}, "site › max_curent_a"),
        ({"ocpp_server": {"port": "x"}}, "ocpp_server › port"),
        ({"evse": []}, "evse"),
        ({"site": 1}, "site"),
    ],
)
@pytest.mark.asyncio
async def test_a_patch_with_a_problem_changes_nothing(patch: object, path: str) -> None:
    """P1."""
    async with serving() as api:
        before = (await api.client.get("/api/v1/site")).json()
        answer = await api.client.patch("/api/v1/site", json=patch)
        assert answer.status_code == 422
        assert [each["path"] for each in answer.json()["problems"]] == [path]
        assert (await api.client.get("/api/v1/site")).json() == before


@pytest.mark.asyncio
async def test_patches_at_the_same_time_do_not_undo_each_other() -> None:
    async with serving() as api:
        gate = api.world.store.gate = asyncio.Event()
        patches = [{"max_current_a": 40}, {"title": "Cabin"}, {"reserve_a": 2}]
        sent = asyncio.gather(*(api.client.patch("/api/v1/site", json=each) for each in patches))
        await api.client.get("/healthz")
        gate.set()
        assert {answer.status_code for answer in await sent} == {200}
        site = (await api.client.get("/api/v1/site")).json()["site"]
        assert (site["max_current_a"], site["title"], site["reserve_a"]) == (40.0, "Cabin", 2.0)


@pytest.mark.asyncio
async def test_a_lower_limit_reaches_the_wallbox_without_waiting_for_a_cycle() -> None:
    """P17: what is allowed goes down at once."""
    world = a_world(SITE.replace("max_current_a = 32", "max_current_a = 32\ncycle_s = 60"))
    async with serving(world) as api:
        wallbox = a_wallbox()
        await world.boot("CP2", wallbox, "Preparing")
        await wallbox.ask(
            "StartTransaction",
            {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-05-15T12:00:00Z"},
        )
        while _offered_a(await api.get("/api/v1/evses/stall-2")) != 16:
            pass
        assert (await api.client.patch("/api/v1/site", json={"max_current_a": 10})).is_success
        while _offered_a(await api.get("/api/v1/evses/stall-2")) != 10:
            pass


def _offered_a(evse: object) -> float:
    assert isinstance(evse, dict)
    return float(evse["offered_a"])
