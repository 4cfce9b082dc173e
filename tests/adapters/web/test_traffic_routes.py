import json

import httpx
import pytest
from tests.support.web import BACKEND_URL, Api, a_world, serving
from tests.support.world import Scripted, a_backend, a_wallbox

SECRET = "correct horse battery"


async def a_session(api: Api) -> Scripted:
    """A wallbox that boots, and vendor data with a secret both ways."""
    wallbox = a_wallbox()
    await api.world.boot("CP1", wallbox)
    backend = api.world.dialer.backends[BACKEND_URL]
    await backend.got("StatusNotification")
    await wallbox.ask("DataTransfer", {"vendorId": "v", "data": SECRET})
    await backend.ask("ChangeConfiguration", {"key": "WifiPassword", "value": SECRET})
    return wallbox


async def traffic(api: Api, query: str = "") -> list[dict[str, object]]:
    answer = await api.client.get(f"/api/v1/evses/stall-1/traffic{query}")
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    found: list[dict[str, object]] = answer.json()
    return found


@pytest.mark.asyncio
async def test_the_frames_of_both_links_are_shown_with_their_decisions_r79() -> None:
    async with serving(a_world(backend=a_backend())) as api:
        await a_session(api)
        frames = [each for each in await traffic(api) if each["action"] == "DataTransfer"]
        assert [(str(each["link"]).split()[0], each["direction"]) for each in frames] == [
            ("wallbox", "in"),
            ("backend", "out"),
            ("backend", "in"),
            ("wallbox", "out"),
        ]
        call, _, _, answer = frames
        assert answer["answers"] == call["number"]
        assert {each["decision"] for each in frames} == {"forwarded"}
        assert (call["kind"], answer["kind"]) == ("call", "result")


@pytest.mark.asyncio
async def test_the_view_is_read_in_pages_and_followed() -> None:
    async with serving(a_world(backend=a_backend())) as api:
        await a_session(api)
        numbers = [int(str(each["number"])) for each in await traffic(api)]
        assert numbers == sorted(numbers)
        assert len(numbers) > 10
        newest = [int(str(each["number"])) for each in await traffic(api, "?limit=3")]
        assert len(newest) == 3
        assert newest[0] >= numbers[-3]  # the manager goes on meanwhile
        page = await traffic(api, f"?after={numbers[1]}&limit=2")
        assert [each["number"] for each in page] == numbers[2:4]
        assert await traffic(api, "?after=1000000") == []


@pytest.mark.parametrize("query", ["?limit=0", "?limit=1001", "?after=-1", "?after=x"])
@pytest.mark.asyncio
async def test_a_page_that_cannot_be_is_refused(query: str) -> None:
    async with serving() as api:
        answer = await api.client.get(f"/api/v1/evses/stall-1/traffic{query}")
        assert answer.status_code == 400


@pytest.mark.parametrize("path", ["traffic", "traffic/download"])
@pytest.mark.asyncio
async def test_traffic_is_for_who_may_see_it_and_of_evses_that_are_there(path: str) -> None:
    async with serving() as api:
        assert (await api.client.get(f"/api/v1/evses/nobody/{path}")).status_code == 404
        async with httpx.AsyncClient(base_url=api.server.url, trust_env=False) as stranger:
            assert (await stranger.get(f"/api/v1/evses/stall-1/{path}")).status_code == 401


@pytest.mark.asyncio
async def test_the_file_has_a_header_and_every_frame_in_a_line_r121() -> None:
    async with serving(a_world(backend=a_backend())) as api:
        await a_session(api)
        answer = await api.client.get("/api/v1/evses/stall-1/traffic/download")
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="traffic-stall-1-2')
        header, *frames = [json.loads(line) for line in answer.text.splitlines()]
        assert header["wattgate_traffic"] == 1
        assert (header["evse"], header["wallbox"]) == ("stall-1", "CP1")
        assert (header["first_at"], header["last_at"]) == (frames[0]["at"], frames[-1]["at"])
        assert header["frames"] == len(frames)
        assert len(frames) > 10
        assert SECRET not in answer.text
        assert "(masked: " in answer.text


@pytest.mark.asyncio
async def test_a_file_without_frames_has_its_header_only() -> None:
    async with serving() as api:
        answer = await api.client.get("/api/v1/evses/stall-2/traffic/download")
        [header] = [json.loads(line) for line in answer.text.splitlines()]
        assert (header["frames"], header["first_at"]) == (0, None)
