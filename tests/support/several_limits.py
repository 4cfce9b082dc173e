"""An EVSE whose limits two backends set: who bills, and the operator of the grid."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.support.boxes import Box
from tests.support.shared_current import SITE, settle
from tests.support.virtual_time import WALL_START
from tests.support.world import Scripted, World, a_backend

BOTH = f"""{SITE}
[[evse]]
id = "A"
address = "CP1"
fallback_current_a = 0
[[evse.gateway]]
url = "ws://bills/"
[[evse.gateway]]
url = "ws://grid/"
role = "report"
commands = "all"
"""

DEFAULT, TX = "TxDefaultProfile", "TxProfile"


def after_s(seconds: float) -> datetime:
    """The time so long after the beginning of the test."""
    return WALL_START + timedelta(seconds=seconds)


def stepping(
    *limits: tuple[float, float],
    number: int = 5,
    purpose: str = DEFAULT,
    since_s: float = 0,
    **more: Any,  # noqa: ANN401 - what a profile has besides
) -> dict[str, Any]:
    """A SetChargingProfile with limits in A, by s after `since_s` of the test."""
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": number,
            "stackLevel": 0,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "startSchedule": after_s(since_s).isoformat(),
                "chargingSchedulePeriod": [
                    {"startPeriod": start_s, "limit": limit_a} for start_s, limit_a in limits
                ],
            },
            **more,
        },
    }


@dataclass
class Two:
    """The site, its wallbox with a car, and both backends."""

    world: World
    box: Box
    bills: Scripted
    grid: Scripted

    @property
    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def may_draw_a(self, at_s: float | None = None) -> float:
        """What the wallbox lets flow, by its own reading of what is in it."""
        return self.box.outlets[1].may_draw_a(after_s(self.now_s if at_s is None else at_s))

    async def until(self, at_s: float) -> None:
        await asyncio.sleep(at_s - self.now_s)

    async def set(self, backend: Scripted, setting: dict[str, Any]) -> str:
        status: str = (await backend.ask("SetChargingProfile", setting))[2]["status"]
        return status

    async def composite(self, backend: Scripted, duration_s: int) -> dict[int, float]:
        """What a backend is told, by s from now."""
        asked = {"connectorId": 1, "duration": duration_s}
        answer = (await backend.ask("GetCompositeSchedule", asked))[2]
        periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
        return {period["startPeriod"]: period["limit"] for period in periods}


async def two_set_limits(toml: str = BOTH, **configuration: str) -> Two:
    """Everybody is there, and a car charges with all that there is; the wallbox says so of itself.

    Without a `configuration` it says nothing of its periods, as many do.
    """
    world = World(toml)
    bills = world.dialer.backends["ws://bills/CP1"] = a_backend(1001)
    grid = world.dialer.backends["ws://grid/CP1"] = a_backend(2001)
    await world.start()
    box = Box(configuration=configuration)
    await box.come(world)
    await bills.got("StatusNotification")
    await grid.got("StatusNotification")
    await box.start()
    await settle()
    return Two(world, box, bills, grid)
