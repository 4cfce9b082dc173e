"""A browser's session from the login to its end, and what protects it from other pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from tests.support.web import ADMIN, Api, https, serving, trusting_us

from wattgate.core.security.attempts import BURST

LOGIN = {"password": ADMIN[1]}


@asynccontextmanager
async def browser(api: Api, url: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies and knows no password."""
    async with httpx.AsyncClient(
        base_url=url or api.server.url, verify=trusting_us(), trust_env=False
    ) as client:
        yield client


async def logged_in(client: httpx.AsyncClient) -> dict[str, str]:
    """Log in; the header that changes need."""
    answer = await client.post("/api/v1/session", json=LOGIN)
    assert answer.status_code == 201
    return {"x-csrf-token": answer.json()["csrf_token"]}


@pytest.mark.parametrize("index", [0, 1], ids=["http", "https"])
@pytest.mark.asyncio
async def test_a_session_opens_everything_from_its_login_to_its_end(index: int) -> None:
    async with serving(https=https()) as api, browser(api, api.server.urls[index]) as client:
        assert (await client.get("/api/v1/site")).status_code == 401
        csrf = await logged_in(client)
        assert (await client.get("/api/v1/site")).status_code == 200
        changed = await client.patch("/api/v1/site", json={"title": "Ours"}, headers=csrf)
        assert changed.json()["site"]["title"] == "Ours"
        kept = dict(client.cookies)
        gone = await client.delete("/api/v1/session", headers=csrf)
        assert gone.status_code == 204
        assert dict(client.cookies) == {}, "the browser is told to forget it"
        cookie = "; ".join(f"{name}={text}" for name, text in kept.items())
        ended = await client.get("/api/v1/site", headers={"cookie": cookie})
        assert ended.status_code == 401
        assert "ended" in ended.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/v1/site", {}, 200),
        ("HEAD", "/api/v1/site", {}, 200),
        ("PATCH", "/api/v1/site", {}, 403),
        ("PATCH", "/api/v1/site", {"x-csrf-token": ""}, 403),
        ("PATCH", "/api/v1/site", {"x-csrf-token": "guessed"}, 403),
        ("PATCH", "/api/v1/site", {"x-csrf-token": "RIGHT"}, 200),
        ("PATCH", "/api/v1/site", {"x-csrf-token": "RIGHT", "origin": "http://evil.example"}, 403),
        ("PATCH", "/api/v1/site", {"x-csrf-token": "RIGHT", "sec-fetch-site": "same-site"}, 403),
        ("DELETE", "/api/v1/session", {}, 403),
        ("POST", "/api/v1/tokens", {}, 403),
        ("PUT", "/api/v1/password", {}, 403),
        ("POST", "/api/v1/evses/stall-1/release", {}, 403),
    ],
)
@pytest.mark.asyncio
async def test_what_a_session_changes_needs_the_token_of_its_own_page(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with serving() as api, browser(api) as client:
        right = (await logged_in(client))["x-csrf-token"]
        sent = {name: text.replace("RIGHT", right) for name, text in headers.items()}
        body: object = None if method in {"GET", "HEAD", "DELETE"} else {}
        answer = await client.request(method, path, json=body, headers=sent)
        assert answer.status_code == status


@pytest.mark.asyncio
async def test_the_token_of_another_session_does_not_do() -> None:
    async with serving() as api, browser(api) as one, browser(api) as other:
        await logged_in(one)
        foreign = await logged_in(other)
        assert (await one.patch("/api/v1/site", json={}, headers=foreign)).status_code == 403


@pytest.mark.asyncio
async def test_programs_need_no_such_token() -> None:
    async with serving() as api:
        assert (await api.client.patch("/api/v1/site", json={})).status_code == 200


@pytest.mark.asyncio
async def test_who_asks_hears_by_what_and_what_it_opens() -> None:
    path = "/api/v1/session"
    async with serving() as api, browser(api) as client:
        csrf = await logged_in(client)
        session = (await client.get(path)).json()
        assert session["csrf_token"] == csrf["x-csrf-token"], (
            "a page that was loaded again needs it"
        )
        assert (session["proof"], session["scope"]) == ("session", "admin")
        assert session["ends_at"] is not None
        assert await api.get(path) == {
            "proof": "password", "scope": "admin", "csrf_token": None, "ends_at": None,
        }  # fmt: skip
        made = await api.client.post("/api/v1/tokens", json={"name": "n", "scope": "operate"})
        bearer = {"authorization": f"Bearer {made.json()['token']}"}
        told = (await client.get(path, headers=bearer)).json()
        assert (told["proof"], told["scope"]) == ("token", "operate")


@pytest.mark.asyncio
async def test_logging_out_without_a_session_does_nothing() -> None:
    async with serving() as api:
        answer = await api.client.delete("/api/v1/session")
        assert (answer.status_code, "set-cookie" in answer.headers) == (204, False)


@pytest.mark.asyncio
async def test_guessing_has_an_end_and_leaves_sessions_alone() -> None:
    """S3."""
    async with serving() as api, browser(api) as client:
        await logged_in(client)
        for number in range(BURST):
            wrong = await client.post("/api/v1/session", json={"password": str(number)})
            assert wrong.status_code == 401
            assert wrong.headers["www-authenticate"] == 'Bearer realm="Wattgate"'
            assert "set-cookie" not in wrong.headers
        late = await client.post("/api/v1/session", json=LOGIN)
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) > 0
        assert (await client.get("/api/v1/site")).status_code == 200


@pytest.mark.asyncio
async def test_before_the_set_up_nobody_logs_in() -> None:
    async with serving(password=None) as api:
        answer = await api.client.post("/api/v1/session", json={"password": ""})
        assert answer.status_code == 401
        assert "No admin password is set yet" in answer.json()["detail"]


@pytest.mark.asyncio
async def test_a_page_of_another_origin_logs_nobody_in() -> None:
    """Or it would have a person work in a session that others know."""
    async with serving() as api, browser(api) as client:
        evil = {"origin": "http://evil.example"}
        answer = await client.post("/api/v1/session", json=LOGIN, headers=evil)
        assert answer.status_code == 403


@pytest.mark.asyncio
async def test_another_password_ends_the_session() -> None:
    async with serving(password=None) as api, browser(api) as client:
        body = {"token": api.server.setup_token, "password": ADMIN[1]}
        assert (await client.post("/api/v1/setup", json=body)).status_code == 204
        csrf = await logged_in(client)
        change = {"old": ADMIN[1], "new": "battery staple"}
        changed = await client.put("/api/v1/password", json=change, headers=csrf)
        assert changed.status_code == 204
        assert (await client.get("/api/v1/site")).status_code == 401
