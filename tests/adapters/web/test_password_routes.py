import pytest
from tests.support.web import ADMIN, serving

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
async def test_the_password_can_be_changed_by_who_knows_it() -> None:
    async with serving(password=None) as api:
        body = {"token": api.server.setup_token, "password": ADMIN[1]}
        assert (await api.client.post("/api/v1/setup", json=body)).status_code == 204
        change = {"old": "wrong", "new": OTHER}
        wrong = await api.client.put("/api/v1/password", json=change, auth=ADMIN)
        assert (wrong.status_code, wrong.json()["detail"]) == (403, "The old password is wrong.")
        right = await api.client.put(
            "/api/v1/password", json=change | {"old": ADMIN[1]}, auth=ADMIN
        )
        assert right.status_code == 204
        assert (await api.client.get("/api/v1/site", auth=ADMIN)).status_code == 401
        assert (await api.client.get("/api/v1/site", auth=("admin", OTHER))).status_code == 200


@pytest.mark.asyncio
async def test_a_given_password_is_changed_where_it_is_given() -> None:
    async with serving() as api:
        answer = await api.client.put("/api/v1/password", json={"old": ADMIN[1], "new": OTHER})
        assert answer.status_code == 409
        assert "WATTGATE_ADMIN_PASSWORD" in answer.json()["detail"]


@pytest.mark.asyncio
async def test_guessing_the_old_password_has_an_end() -> None:
    async with serving(password=None) as api:
        body = {"token": api.server.setup_token, "password": ADMIN[1]}
        assert (await api.client.post("/api/v1/setup", json=body)).status_code == 204
        made = await api.client.post(
            "/api/v1/tokens", json={"name": "n", "scope": "admin"}, auth=ADMIN
        )
        bearer = {"authorization": f"Bearer {made.json()['token']}"}
        answers = [
            await api.client.put(
                "/api/v1/password", json={"old": str(guess), "new": OTHER}, headers=bearer
            )
            for guess in range(BURST + 1)
        ]
        assert [each.status_code for each in answers] == [403] * BURST + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
