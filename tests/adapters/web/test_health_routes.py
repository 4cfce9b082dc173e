import asyncio

import httpx
import pytest
from tests.support.web import a_world, new_server, serving

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.web import health_routes
from wattgate.ports.store import StoreCondition


@pytest.mark.asyncio
async def test_everybody_may_ask_for_the_health() -> None:
    async with serving(password=None) as api:
        answer = await api.client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.asyncio
async def test_a_store_that_fails_is_no_health() -> None:
    async with serving() as api:
        api.world.store.failing = True
        answer = await api.client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "failing", "reasons": ["the store does not answer"]}


@pytest.mark.asyncio
async def test_a_store_that_is_silent_is_no_health(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_name: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(health_routes, "STORE_S", 0.0)
    async with serving() as api:
        monkeypatch.setattr(api.world.store, "document", silent)
        assert (await api.client.get("/healthz")).status_code == 503


@pytest.mark.asyncio
async def test_a_control_loop_that_has_ended_is_no_health() -> None:
    world = a_world()
    manager = await world.start()
    server = new_server(world)
    await server.start()
    await manager.stop()
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the control loop does not run"]
    await server.close()


@pytest.mark.asyncio
async def test_a_full_disk_is_told_but_is_no_reason_to_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    condition = StoreCondition("database or disk is full", has_reserve=False)
    async with serving() as api:
        monkeypatch.setattr(MemoryStore, "condition", condition)
        answer = await api.client.get("/healthz")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "degraded",
            "reasons": [
                "nothing can be stored: database or disk is full",
                "the disk has no room for the reserve",
            ],
        }
