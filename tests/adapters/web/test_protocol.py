import json

import pytest
from tests.support.raw_http import RawHttp
from tests.support.web import serving

from wattgate.adapters.web import health_routes, porch, protocol

ASKED = "GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("begun", ["", "G", ASKED])
@pytest.mark.asyncio
async def test_a_request_that_does_not_come_is_not_waited_for(
    begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(porch, "REQUEST_S", 0.01)
    async with serving() as api, RawHttp(api.server.port) as raw:
        raw.send(begun)
        assert await raw.rest() == ""


@pytest.mark.asyncio
async def test_a_second_request_is_not_waited_for_any_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answers(_store: object) -> bool:
        monkeypatch.setattr(porch, "REQUEST_S", 0.0)  # from here on, so that the first one arrives
        return True

    monkeypatch.setattr(health_routes, "_answers", answers)
    async with serving() as api, RawHttp(api.server.port) as raw:
        raw.send(f"{ASKED}\r\n")
        assert (await raw.head()).startswith("HTTP/1.1 200")
        raw.send(ASKED)
        assert "HTTP/1.1" not in await raw.rest()


@pytest.mark.asyncio
async def test_a_request_that_came_behind_another_is_answered_too() -> None:
    async with serving() as api, RawHttp(api.server.port) as raw:
        raw.send(f"{ASKED}\r\n{ASKED}Connection: close\r\n\r\n")
        assert (await raw.rest()).count("HTTP/1.1 200 OK") == 2


@pytest.mark.asyncio
async def test_the_number_of_connections_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 1)
    async with serving() as api, RawHttp(api.server.port) as first:
        first.send(f"{ASKED}\r\n")
        assert (await first.head()).startswith("HTTP/1.1 200")
        async with RawHttp(api.server.port) as second:
            second.send("G")
            assert await second.rest() == ""


@pytest.mark.asyncio
async def test_what_is_no_http_is_refused() -> None:
    async with serving() as api, RawHttp(api.server.port) as raw:
        raw.send("\x01\x02 hello\r\n\r\n")
        head = await raw.head()
        assert head.startswith("HTTP/1.1 400 Bad Request\r\n")
        assert "content-type: application/problem+json" in head
        assert json.loads(await raw.rest())["detail"] == "Invalid HTTP request received."
