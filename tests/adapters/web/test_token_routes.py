import httpx
import pytest
from tests.support.web import serving

from wattgate.adapters.web.tokens import MOST


@pytest.mark.asyncio
async def test_a_token_opens_what_its_scope_says_until_it_is_revoked() -> None:
    async with serving() as api:
        wish = {"name": "Backup", "scope": "admin", "days": 30}
        made = await api.client.post("/api/v1/tokens", json=wish)
        assert made.status_code == 201
        token = made.json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        program = httpx.AsyncClient(base_url=api.server.url, headers=bearer)
        listed = await program.get("/api/v1/tokens")
        assert token not in listed.text
        (shown,) = listed.json()
        told = {key: made.json()[key] for key in ("id", "name", "created_at", "scope")}
        assert told.items() <= shown.items()
        assert shown["expires_at"].startswith("2026-06-14")
        assert shown["last_used_at"].startswith("2026-05-15")
        path = f"/api/v1/tokens/{made.json()['id']}"
        assert (await program.delete(path)).status_code == 204
        assert (await program.get("/api/v1/tokens")).status_code == 401
        assert (await api.client.delete(path)).status_code == 404
        await program.aclose()


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ({}, "name"),
        ({"name": "n", "scope": "root"}, "scope"),
        ({"name": "n", "days": 0}, "days"),
        ({"name": "n", "days": 3651}, "days"),
        ({"name": "n" * 101}, "name"),
    ],
)
@pytest.mark.asyncio
async def test_a_wish_that_cannot_be_met_is_refused_by_its_field(
    wish: dict[str, object], path: str
) -> None:
    async with serving() as api:
        answer = await api.client.post("/api/v1/tokens", json=wish)
        assert answer.status_code == 400
        assert path in answer.text
        assert await api.get("/api/v1/tokens") == []


@pytest.mark.asyncio
async def test_who_does_not_say_gets_a_token_that_only_looks() -> None:
    async with serving() as api:
        made = await api.client.post("/api/v1/tokens", json={"name": "Grafana"})
        assert (made.json()["scope"], made.json()["expires_at"]) == ("read", None)


@pytest.mark.asyncio
async def test_the_number_of_tokens_has_an_end() -> None:
    async with serving() as api:
        for _ in range(MOST):
            assert (await api.client.post("/api/v1/tokens", json={"name": "n"})).is_success
        assert (await api.client.post("/api/v1/tokens", json={"name": "n"})).status_code == 409
