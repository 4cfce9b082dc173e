from typing import NoReturn

import pytest
from litestar.exceptions import InternalServerException
from structlog.testing import capture_logs
from tests.support.web import serving

CONTENT = "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 400, "required"),
        (b"null", 400, "null"),
        (b"[1]", 400, "array"),
        (b"{", 400, "truncated"),
        (b"\xff", 400, "malformed"),
        (b'{"title": "\\ud800"}', 400, ""),
        (b'{"max_current_a": 1e400}', 400, "out of range"),
        (b'{"a": ' + b"[" * 30_000, 400, "nested"),
        (b" " * 70_000, 413, ""),
        (b'{"max_current_a": "x"}', 422, "must be a number"),
    ],
    ids=repr,
)
@pytest.mark.asyncio
async def test_no_body_brings_more_than_a_refusal(body: bytes, status: int, told: str) -> None:
    async with serving() as api:
        answer = await api.client.patch("/api/v1/site", content=body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, CONTENT)
        assert answer.json()["status"] == status
        assert told in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/evses/nobody", 404),
        ("DELETE", "/api/v1/site", 405),
        ("POST", "/healthz", 405),
    ],
)
@pytest.mark.asyncio
async def test_what_is_not_there_is_said_in_the_same_words(
    method: str, path: str, status: int
) -> None:
    async with serving() as api:
        answer = await api.client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, CONTENT)
        assert answer.json()["title"]
        if status == 405:
            assert "GET" in answer.headers["allow"]


@pytest.mark.asyncio
async def test_every_parameter_that_is_wrong_is_named() -> None:
    async with serving() as api:
        answer = await api.client.get("/api/v1/transactions?limit=0&before=x")
        assert answer.status_code == 400
        assert {each["path"] for each in answer.json()["problems"]} == {"limit", "before"}


@pytest.mark.parametrize("bug", [ZeroDivisionError("sesame"), InternalServerException("sesame")])
@pytest.mark.asyncio
async def test_a_bug_of_ours_goes_to_the_log_and_not_to_the_client(
    bug: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> NoReturn:
        raise bug

    async with serving() as api:
        assert api.world.manager is not None
        monkeypatch.setattr(api.world.manager, "evses", broken)
        with capture_logs() as logs:
            answer = await api.client.get("/api/v1/evses")
        assert answer.status_code == 500
        assert answer.json() == {
            "title": "Internal Server Error",
            "status": 500,
            "detail": "Unexpected; see the log.",
        }
        assert [each["path"] for each in logs] == ["/api/v1/evses"]


@pytest.mark.asyncio
async def test_a_store_that_fails_is_503() -> None:
    async with serving() as api:
        api.world.store.failing = True
        for answer in (
            await api.client.get("/api/v1/transactions"),
            await api.client.post("/api/v1/tokens", json={"name": "script"}),
        ):
            assert (answer.status_code, answer.headers["content-type"]) == (503, CONTENT)


@pytest.mark.asyncio
async def test_a_setting_that_holds_but_could_not_be_stored_is_507() -> None:
    async with serving() as api:
        api.world.store.failing = True
        answer = await api.client.patch("/api/v1/site", json={"max_current_a": 20})
        assert (answer.status_code, answer.headers["content-type"]) == (507, CONTENT)
        assert answer.json()["detail"].startswith("This holds now, but could not be stored")
        assert api.world.manager is not None
        assert api.world.manager.site.site.max_current_a == 20
