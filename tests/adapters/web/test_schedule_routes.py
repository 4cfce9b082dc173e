"""What limits an EVSE, over HTTP (R97, R99)."""

import pytest
from tests.support.web import serving

SCHEDULE = "/api/v1/evses/stall-1/schedule"


@pytest.mark.asyncio
async def test_every_backend_load_management_and_the_result_are_told() -> None:
    async with serving() as api:
        told = (await api.client.get(SCHEDULE)).raise_for_status().json()
        start = told.pop("start")
        evse = (await api.client.get("/api/v1/evses/stall-1")).json()
        assert told == {
            "duration_s": 86_400,
            "backends": [
                {
                    "backend": evse["backends"][0]["id"],
                    "role": "primary",
                    "counts": True,
                    "limits": [{"at": start, "limit_a": None}],
                }
            ],
            "load_management_a": 0.0,
            "hardware_a": 16.0,
            "fallback_a": 0.0,
            "limits": [{"at": start, "limit_a": 0.0, "by": ["load management"]}],
        }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{SCHEDULE}?duration_s=1", 200),
        (f"{SCHEDULE}?duration_s=604800", 200),
        (f"{SCHEDULE}?duration_s=0", 400),
        (f"{SCHEDULE}?duration_s=604801", 400),
        (SCHEDULE.replace("stall-1", "stall-9"), 404),
    ],
)
@pytest.mark.asyncio
async def test_a_week_ahead_is_told_at_most(path: str, status: int) -> None:
    async with serving() as api:
        assert (await api.client.get(path)).status_code == status
