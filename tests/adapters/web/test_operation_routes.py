from typing import Any

import pytest
from tests.support.web import SITE, Api, a_world, serving
from tests.support.world import a_wallbox

EVSE = "/api/v1/evses/stall-1"


async def done(api: Api, operation: str, evse_id: str = "stall-1") -> dict[str, Any]:
    answer = await api.client.post(f"/api/v1/evses/{evse_id}/{operation}")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert isinstance(told, dict)
    return told


async def read(api: Api) -> dict[str, Any]:
    found = await api.get(EVSE)
    assert isinstance(found, dict)
    return found


@pytest.mark.asyncio
async def test_profiles_are_deleted_and_the_outcome_told() -> None:
    """P15."""
    wallbox = a_wallbox(ClearChargingProfile=lambda _: {"status": "Unknown"})
    world = a_world()
    async with serving(world) as api:
        await world.boot("CP1", wallbox)
        await wallbox.got("SetChargingProfile")
        told = await done(api, "clear-profiles")
        assert (told["outcome"], told["limited_again"]) == ("accepted", True)
        assert told["says"].startswith("Deleted")
        assert told["says"].endswith("Load management sets its limit again.")
        times = len(wallbox.all_of("SetChargingProfile"))
        await wallbox.got("SetChargingProfile", times + 1)


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (
            "clear-profiles",
            {
                "outcome": "unsent",
                "confirmed_by": "not confirmed",
                "limited_again": True,
                "says": "Nothing was sent: the wallbox does not take commands now.",
            },
        ),
        (
            "release",
            {
                "outcome": "unsent",
                "confirmed_by": "not confirmed",
                "says": "Released until it is activated: it counts with its 16 A. Nothing was "
                "sent: the wallbox does not take commands now. That is tried again by itself.",
            },
        ),
        (
            "activate",
            {
                "enabled": True,
                "released": False,
                "says": "Activated: load management limits it.",
            },
        ),
        (
            "deactivate",
            {
                "enabled": False,
                "released": False,
                "says": "Deactivated: it may not charge, also without the manager. "
                "A site file that has it takes it into service again, "
                "unless it says enabled = false.",
            },
        ),
    ],
)
@pytest.mark.asyncio
async def test_what_can_be_done_is_said_where_no_wallbox_is(
    operation: str, told: dict[str, object]
) -> None:
    async with serving() as api:
        assert await done(api, operation, "stall-2") == told


@pytest.mark.parametrize(
    ("method", "operation"),
    [
        ("POST", "clear-profiles"),
        ("POST", "adopt"),
        ("POST", "release"),
        ("POST", "activate"),
        ("POST", "deactivate"),
        ("POST", "wake"),
        ("POST", "prove"),
        ("GET", "prove"),
        ("DELETE", "prove"),
    ],
)
@pytest.mark.asyncio
async def test_nothing_is_done_to_an_evse_that_is_not_there(method: str, operation: str) -> None:
    async with serving() as api:
        answer = await api.client.request(method, f"/api/v1/evses/nobody/{operation}")
        assert answer.status_code == 404
        assert answer.json()["detail"] == "No EVSE has this id."


@pytest.mark.asyncio
async def test_the_car_of_a_wallbox_that_speaks_ocpp_cannot_be_woken() -> None:
    async with serving() as api:
        assert await done(api, "wake", "stall-2") == {
            "outcome": "refused",
            "says": "Not done: the wallbox cannot do that, or no car is waiting at it.",
        }


@pytest.mark.asyncio
async def test_the_phases_of_a_wallbox_that_speaks_ocpp_cannot_be_selected() -> None:
    async with serving() as api:
        answer = await api.client.post("/api/v1/evses/stall-2/phases", json={"phases": 1})
        assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
        assert answer.json()["says"].startswith("Not sent: nobody knows how to tell this wallbox")


@pytest.mark.parametrize("wish", [{"phases": 2}, {"phases": "one"}, {}, {"phases": 1, "x": 1}])
@pytest.mark.asyncio
async def test_phases_other_than_one_and_three_are_no_wish(wish: dict[str, object]) -> None:
    async with serving() as api:
        answer = await api.client.post("/api/v1/evses/stall-1/phases", json=wish)
        assert answer.status_code == 400


@pytest.mark.asyncio
async def test_no_phases_are_selected_at_an_evse_that_is_not_there() -> None:
    async with serving() as api:
        answer = await api.client.post("/api/v1/evses/none/phases", json={"phases": 1})
        assert answer.status_code == 404


@pytest.mark.asyncio
async def test_a_released_evse_gets_no_limit_until_it_is_activated() -> None:
    """R100d."""
    wallbox = a_wallbox()
    world = a_world()
    async with serving(world) as api:
        await world.boot("CP1", wallbox)
        await wallbox.got("SetChargingProfile")
        told = await done(api, "release")
        assert told["outcome"] == "accepted"
        state = await read(api)
        while not state["safety"]["released"]:
            state = await read(api)
        assert state["limits"]["counted_a"] == 16
        assert state["safety"]["cleared"]["outcome"] == "accepted"
        idle = await done(api, "adopt")
        assert idle == {
            "outcome": "unsent",
            "says": "Nothing was done: load management does not limit this EVSE.",
        }
        times = len(wallbox.all_of("SetChargingProfile"))
        assert (await done(api, "activate"))["enabled"]
        await wallbox.got("SetChargingProfile", times + 1)


@pytest.mark.asyncio
async def test_an_idle_wallbox_is_taken_over_afresh() -> None:
    """R100."""
    wallbox = a_wallbox()
    world = a_world()
    async with serving(world) as api:
        await world.boot("CP1", wallbox)
        await wallbox.got("SetChargingProfile")
        cleared, told = len(wallbox.all_of("ClearChargingProfile")), await done(api, "adopt")
        assert told["outcome"] == "accepted"
        assert "afresh" in told["says"]
        await wallbox.got("ClearChargingProfile", cleared + 1)


@pytest.mark.asyncio
async def test_a_release_that_cannot_be_stored_has_not_been_done_and_a_deactivation_holds() -> None:
    async with serving() as api:
        api.world.store.failing = True
        assert (await api.client.post(f"{EVSE}/release")).status_code == 503
        assert not (await read(api))["safety"]["released"]
        assert (await read(api))["enabled"]
        answer = await api.client.post(f"{EVSE}/deactivate")
        assert answer.status_code == 507
        assert "could not be stored" in answer.json()["detail"]
        assert not (await read(api))["enabled"]


@pytest.mark.asyncio
async def test_a_deactivation_that_the_fuse_cannot_carry_is_refused() -> None:
    site = SITE.replace("max_current_a = 32", 'max_current_a = 5\non_deactivation = "minimum"')
    async with serving(a_world(site)) as api:
        answer = await api.client.post(f"{EVSE}/deactivate")
        assert answer.status_code == 422
        (problem,) = answer.json()["problems"]
        assert "house connection carries 5 A" in problem["message"]
        assert (await read(api))["enabled"]
