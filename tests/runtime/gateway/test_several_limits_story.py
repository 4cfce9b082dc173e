"""Random stories of two backends that set and clear limits while a car charges (R92-R99)."""

import random
from typing import Any, Final

import pytest
from tests.support.profile_oracle import OracleBackend, least_a, seconds
from tests.support.several_limits import BOTH, DEFAULT, TX, Two, after_s, two_set_limits
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted

pytestmark = pytest.mark.story

LONG_S: Final = 1500
KILLED_FOR_S: Final = 4000
WORDS: Final[list[dict[str, str]]] = [
    {},
    {"ChargingScheduleMaxPeriods": "2"},
    {"ChargingScheduleMaxPeriods": "3"},
    {"ChargingScheduleMaxPeriods": "24"},
    {
        "ChargingScheduleMaxPeriods": "1",
        "ChargeProfileMaxStackLevel": "1",
        "MaxChargingProfilesInstalled": "2",
    },
]


class Story:
    """What happens by chance, and the oracle of each backend."""

    def __init__(self, two: Two, chance: random.Random) -> None:
        self.two = two
        self.chance = chance
        since_s = int(two.now_s) - 8
        self.sides: dict[int, tuple[Scripted, OracleBackend]] = {
            1001: (two.bills, OracleBackend(1001, since_s)),
            2001: (two.grid, OracleBackend(2001, since_s)),
        }

    def allowed_a(self, at_s: int) -> float:
        """What both allow in that second, as a wallbox can be told: below 6 A it is nothing."""
        limit_a = least_a([oracle for _, oracle in self.sides.values()], at_s, 3)
        limit_a = 16.0 if limit_a is None else min(16.0, limit_a)
        return limit_a if limit_a >= 6 else 0.0

    async def something_happens(self) -> None:
        number = self.chance.choice(list(self.sides))
        backend, oracle = self.sides[number]
        if self.chance.random() < 0.2:
            await backend.ask("ClearChargingProfile", {})
            oracle.installed.clear()
            return
        connector, profile = self._profile(number)
        setting = {"connectorId": connector, "csChargingProfiles": profile}
        answer = (await backend.ask("SetChargingProfile", setting))[2]
        takes = oracle.takes(connector, profile)
        assert answer == {"status": "Accepted" if takes else "Rejected"}
        if takes:
            oracle.set(connector, profile)

    def _profile(self, number: int) -> tuple[int, dict[str, Any]]:
        chance, now_s = self.chance, int(self.two.now_s)
        purpose = chance.choice([DEFAULT, DEFAULT, TX, "ChargePointMaxProfile"])
        longest_s = chance.choice([330, 900])
        starts = sorted({0, *(chance.randrange(1, longest_s) for _ in range(chance.randrange(4)))})
        limits = [chance.choice([0, 5, 6, 8, 9.5, 12, 16, 20, 32]) for _ in starts]
        schedule: dict[str, Any] = {
            "chargingRateUnit": "A",
            "startSchedule": after_s(now_s - chance.randrange(300)).isoformat(),
            "chargingSchedulePeriod": [
                {"startPeriod": start_s, "limit": limit_a}
                for start_s, limit_a in zip(starts, limits, strict=True)
            ],
        }
        if chance.random() < 0.3:
            schedule["duration"] = chance.randrange(1, 1200)
        profile: dict[str, Any] = {
            "chargingProfileId": chance.randrange(4),
            "stackLevel": chance.randrange(3),
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        }
        if purpose == TX and chance.random() < 0.5:
            profile["transactionId"] = number
        connector = 0 if purpose == "ChargePointMaxProfile" else 1
        return connector, profile

    async def check_answers(self) -> None:
        """What each is told is what both allow, and what load management does."""
        now_s = int(self.two.now_s)
        told = [await self.two.composite(backend, 300) for backend, _ in self.sides.values()]
        assert told[0] == told[1]
        for offset_s, limit_a in told[0].items():
            allowed_a = least_a([oracle for _, oracle in self.sides.values()], now_s + offset_s, 3)
            assert limit_a <= (16 if allowed_a is None else allowed_a)


@pytest.mark.parametrize("seed", range(10))
@in_virtual_time()
async def test_nobody_ever_draws_more_than_each_backend_allows_nor_much_less(seed: int) -> None:
    """Also after the manager has died at some moment."""
    chance = random.Random(seed)  # noqa: S311 - a story that can be told again
    toml = BOTH.replace("current_a = 0", f"current_a = {chance.choice([0, 6, 10])}")
    two = await two_set_limits(toml, **WORDS[seed % len(WORDS)])
    story = Story(two, chance)
    often = chance.choice([0.02, 0.2])
    changed_s = ends_s = int(two.now_s)
    ends_s += chance.randrange(300, LONG_S)
    while two.now_s < ends_s:
        if chance.random() < often:
            await story.something_happens()
            changed_s = int(two.now_s)
            await two.until(changed_s + 1)
        await two.until(int(two.now_s) + 1)
        now_s = int(two.now_s)
        assert two.may_draw_a() <= story.allowed_a(now_s)
        near = range(now_s - 16, now_s + 17)
        settled = {story.allowed_a(at_s) for at_s in near}
        if len(settled) == 1 and now_s > changed_s + 40:
            assert {two.may_draw_a()} == settled
        if now_s % 60 == 0:
            await story.check_answers()
    await two.until(max(two.now_s, changed_s + 40))
    await two.world.kill()
    killed_s = int(two.now_s)
    for at_s in range(killed_s, killed_s + KILLED_FOR_S):
        assert two.may_draw_a(at_s) <= story.allowed_a(at_s)


def test_the_oracle_counts_time_as_the_stories_do() -> None:
    assert seconds(after_s(5).isoformat()) == 5
