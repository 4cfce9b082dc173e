from typing import Any

import pytest
from tests.support.web import SITE, Api, a_world, serving

METERED = SITE.replace(
    "max_current_a = 32\nhouse_load_a = 0",
    'max_current_a = 32\nhouse_load_a = 20\nreserve_a = 2\ngrid_meter = "api"',
)


async def meter(api: Api) -> dict[str, Any]:
    found = await api.get("/api/v1/meter")
    assert isinstance(found, dict)
    return found


@pytest.mark.asyncio
async def test_before_the_first_reading_the_stated_load_counts() -> None:
    async with serving(a_world(METERED)) as api:
        assert await meter(api) == {
            "configured": True,
            "freshness": "none",
            "age_s": None,
            "currents_a": None,
            "house_a": [20, 20, 20],
            "for_charging_a": [10, 10, 10],
            "over_a": {},
        }


@pytest.mark.asyncio
async def test_a_reading_leaves_what_the_house_does_not_draw() -> None:
    async with serving(a_world(METERED)) as api:
        body = {"currents_a": [5.5, -3, 31]}
        answer = await api.client.put("/api/v1/meter", json=body)
        assert (answer.status_code, answer.content) == (204, b"")
        while (told := await meter(api))["house_a"] == [20, 20, 20]:
            pass
        assert told["freshness"] == "fresh"
        assert told["age_s"] >= 0
        assert told["currents_a"] == [5.5, -3, 31]
        assert (told["house_a"], told["for_charging_a"]) == ([5.5, 0, 31], [24.5, 30, -1])


@pytest.mark.parametrize(
    "body",
    [
        '{"currents_a": [1, 2]}',
        '{"currents_a": [1, 2, 3, 4]}',
        '{"currents_a": [1, 2, NaN]}',
        '{"currents_a": [1, 2, 1e999]}',
        '{"currents_a": [1, 2, 10001]}',
        '{"currents_a": [1, 2, null]}',
        '{"currents_a": [1, 2, "nan"]}',
        "{}",
        "[1, 2, 3]",
        "",
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_reading_is_refused(body: str) -> None:
    async with serving(a_world(METERED)) as api:
        headers = {"content-type": "application/json"}
        answer = await api.client.put("/api/v1/meter", content=body, headers=headers)
        assert answer.status_code == 400
        assert (await meter(api))["currents_a"] is None


@pytest.mark.asyncio
async def test_a_reading_for_a_site_without_a_meter_is_refused_with_what_helps() -> None:
    async with serving() as api:
        answer = await api.client.put("/api/v1/meter", json={"currents_a": [1, 2, 3]})
        assert answer.status_code == 409
        assert 'grid_meter = "api"' in answer.json()["detail"]
        assert not (await meter(api))["configured"]
