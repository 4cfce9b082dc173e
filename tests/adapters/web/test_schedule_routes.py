"""What limits an EVSE, over HTTP (R97, R99)."""

import pytest
from tests.support.charging_profiles import a_profile, a_schedule
from tests.support.web import SITE, a_world, serving

from wattgate.core.gateway.profiles.virtual_profiles import VirtualProfiles
from wattgate.core.ocpp.schedules import ProfileStack

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


@pytest.mark.asyncio
async def test_changes_to_come_are_told_and_what_they_leave_of_the_fallback() -> None:
    with_fallback = SITE.replace('id = "stall-1"', 'id = "stall-1"\nfallback_current_a = 10')
    async with serving(a_world(with_fallback)) as api:
        assert api.world.manager is not None
        state = api.world.manager.evse("stall-1")
        assert state is not None
        (backend,) = state.evse.backends
        now = api.world.clock.wall().replace(microsecond=0)
        schedule = a_schedule((0, 20.0), (600, 7.0), start_at=now)
        backend.profiles = VirtualProfiles(ProfileStack().installed(1, a_profile(schedule)))
        told = (await api.client.get(f"{SCHEDULE}?duration_s=900")).raise_for_status().json()
        assert told["fallback_a"] == 7
        assert [each["limit_a"] for each in told["backends"][0]["limits"]] == [20, 7]
        assert told["duration_s"] == 900


@pytest.mark.asyncio
async def test_r106_a_backend_that_may_not_limit_is_told_as_one_that_does_not_count() -> None:
    report = '\n[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\n'
    async with serving(a_world(SITE + report)) as api:
        path = SCHEDULE.replace("stall-1", "stall-2")
        told = (await api.client.get(path)).raise_for_status().json()
        assert [(each["role"], each["counts"]) for each in told["backends"]] == [("report", False)]


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
