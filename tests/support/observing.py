"""A site that only observes, and the profiles that its backend sends."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.support.frames import ONE_BACKEND, Literal, settled
from tests.support.world import World

from wattgate.runtime.gateway.commands.shared_commands import SharedCommands
from wattgate.runtime.gateway.profiles.virtual_charging import VirtualCharging
from wattgate.runtime.supervisor import Supervisor

T = TypeVar("T")

OBSERVING = ONE_BACKEND.replace("[site]", '[site]\nload_management = "observe"')

DEFAULT = "TxDefaultProfile"
TX = "TxProfile"


def profile(
    limit_a: float, number: int = 5, purpose: str = DEFAULT, level: int = 0, **more: object
) -> dict[str, Any]:
    """csChargingProfiles with one limit for ever."""
    relative = purpose == TX
    schedule: dict[str, Any] = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit_a}],
    }
    if not relative:
        schedule["startSchedule"] = "2026-05-15T10:00:00Z"
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if relative else "Absolute",
        "chargingSchedule": schedule,
        **more,
    }


def setting(
    limit_a: float, number: int = 5, purpose: str = DEFAULT, level: int = 0, **more: object
) -> dict[str, Any]:
    """A SetChargingProfile for the backend's connector."""
    said = profile(limit_a, number, purpose, level, **more)
    return {"connectorId": 1, "csChargingProfiles": said}


async def changed_to(world: World, mode: str) -> None:
    """Change the mode of load management, and let it begin."""
    assert world.manager is not None
    await world.manager.patch_site({"site": {"load_management": mode}})
    await settled()


def virtual_of(world: World, evse_id: str) -> VirtualCharging:
    """Who keeps the profiles of an EVSE's backend."""
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    assert state.evse.link is not None
    shared = state.evse.link._commands
    assert isinstance(shared, SharedCommands)
    return next(each.commands for each in shared.members if each.evse is state.evse)._virtual


def known_ids(world: World, evse_id: str = "stall-1") -> list[int]:
    """The ids of the backend's profiles that are known of an EVSE."""
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None and state.evse.primary is not None
    return [each.profile_id for _, each in state.evse.primary.profiles.stack.entries]


def meanwhile(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin something, and go on."""
    return Supervisor().start(work, name="meanwhile")


def told(wallbox: Literal) -> list[tuple[int, float, int | None]]:
    """(profile id, A, transaction id) of every profile the wallbox was sent."""
    profiles = [each["csChargingProfiles"] for each in wallbox.all_of("SetChargingProfile")]
    return [
        (
            each["chargingProfileId"],
            each["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"],
            each.get("transactionId"),
        )
        for each in profiles
    ]
