import httpx
import pytest
from tests.support.web import ADMIN, serving

from wattgate.adapters.web.tokens import MOST
from wattgate.core.security.attempts import BURST

OTHER = "battery staple"


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
@pytest.mark.asyncio
async def test_a_password_has_a_length_to_keep(password: str) -> None:
    async with serving(password=None) as api:
        body = {"token": api.server.setup_token, "password": password}
        answer = await api.client.post("/api/v1/setup", json=body)
        assert answer.status_code == 400
        assert answer.json()["problems"][0]["path"] == "password"
        assert api.server.setup_token == body["token"]


@pytest.mark.asyncio
async def test_the_first_password_is_set_once_and_opens_everything() -> None:
    async with serving(password=None) as api:
        body = {"token": api.server.setup_token, "password": ADMIN[1]}
        assert (await api.client.post("/api/v1/setup", json=body)).status_code == 204
        assert (await api.client.get("/api/v1/site", auth=ADMIN)).status_code == 200
        again = await api.client.post("/api/v1/setup", json=body | {"password": OTHER})
        assert again.status_code == 409
        assert (await api.client.get("/api/v1/site", auth=("admin", OTHER))).status_code == 401


@pytest.mark.asyncio
async def test_a_wrong_set_up_token_sets_nothing_and_guessing_has_an_end() -> None:
    async with serving(password=None) as api:
        body = {"token": "wrong", "password": ADMIN[1]}
        for _ in range(BURST):
            assert (await api.client.post("/api/v1/setup", json=body)).status_code == 403
        answer = await api.client.post("/api/v1/setup", json=body)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert (await api.client.get("/api/v1/site", auth=ADMIN)).status_code == 429


@pytest.mark.asyncio
async def test_nothing_is_to_be_set_up_where_a_password_was_given() -> None:
    async with serving() as api:
        assert api.server.setup_token is None
        body = {"token": "", "password": OTHER}
        assert (await api.client.post("/api/v1/setup", json=body)).status_code == 409


@pytest.mark.asyncio
async def test_a_token_opens_everything_until_it_is_revoked() -> None:
    async with serving() as api:
        made = await api.client.post("/api/v1/tokens", json={"name": "Grafana"})
        assert made.status_code == 201
        token = made.json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        program = httpx.AsyncClient(base_url=api.server.url, headers=bearer)
        listed = await program.get("/api/v1/tokens")
        assert token not in listed.text
        assert listed.json() == [{key: made.json()[key] for key in ("id", "name", "created_at")}]
        path = f"/api/v1/tokens/{made.json()['id']}"
        assert (await program.delete(path)).status_code == 204
        assert (await program.get("/api/v1/tokens")).status_code == 401
        assert (await api.client.delete(path)).status_code == 404
        await program.aclose()


@pytest.mark.asyncio
async def test_the_number_of_tokens_has_an_end() -> None:
    async with serving() as api:
        for _ in range(MOST):
            assert (await api.client.post("/api/v1/tokens", json={"name": "n"})).is_success
        assert (await api.client.post("/api/v1/tokens", json={"name": "n"})).status_code == 409
