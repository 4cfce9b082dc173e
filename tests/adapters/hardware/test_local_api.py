"""The API as programs use it, over a real port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from wattgate.adapters.hardware.local_api import LocalApi

SHOWN: list[str] = []


def _on_card(card: str) -> str | None:
    SHOWN.append(card)
    return None if len(card) <= 20 else "a card's text has at most 20 characters"


@asynccontextmanager
async def api() -> AsyncIterator[httpx.AsyncClient]:
    SHOWN.clear()
    served = LocalApi(lambda: {"pilot": "C"}, _on_card, 0)
    await served.start()
    try:
        async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
            yield client
    finally:
        await served.close()
        await served.close()


@pytest.mark.asyncio
async def test_a_program_looks_and_shows_a_card() -> None:
    async with api() as client:
        answer = await client.get("/state")
        assert (answer.status_code, answer.json()) == (200, {"pilot": "C"})
        answer = await client.post("/card", json={"id_tag": "04A1"})
        assert (answer.status_code, answer.json()) == (200, {})
        assert SHOWN == ["04A1"]


@pytest.mark.asyncio
async def test_what_is_wrong_is_answered_and_changes_nothing() -> None:
    async with api() as client:
        told = [
            await client.post("/card", content=b"{"),
            await client.post("/card", json={"id_tag": 4}),
            await client.post("/card", json={"id_tag": "x", "more": 1}),
            await client.post("/card", content=b"\xff"),
            await client.post("/card", content=b" " * 1001),
            await client.get("/card"),
            await client.get("/"),
        ]
        assert [answer.status_code for answer in told] == [400, 400, 400, 400, 413, 405, 404]
        assert SHOWN == []
        refused = await client.post("/card", json={"id_tag": "C" * 21})
        assert refused.status_code == 409
        assert "20 characters" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "wallbox.example"}, 403),
        ({"Host": "localhost.example"}, 403),
        ({"Host": "127.0.0.1.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "https://page.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.asyncio
async def test_pages_are_kept_out(headers: dict[str, str], status: int) -> None:
    async with api() as client:
        for request in (
            client.get("/state", headers=headers),
            client.post("/card", json={"id_tag": "04A1"}, headers=headers),
        ):
            assert (await request).status_code == status
        assert len(SHOWN) == (status == 200)
