"""What a backend reads about charging profiles is what it may set (R84, R97)."""

from tests.support.configured_box import ONE_AND_A_REPORT, Box, a_site, change, read
from tests.support.frames import result
from tests.support.several_limits import stepping
from tests.support.virtual_time import in_virtual_time

LEVEL, PERIODS = "ChargeProfileMaxStackLevel", "ChargingScheduleMaxPeriods"
PROFILES, UNITS = "MaxChargingProfilesInstalled", "ChargingScheduleAllowedChargingRateUnit"
KEPT_HERE = {LEVEL: "100", PERIODS: "100", PROFILES: "20", UNITS: "Current,Power"}


@in_virtual_time()
async def test_profiles_that_stay_here_are_taken_as_is_read_whatever_the_wallbox_can_r84() -> None:
    box = Box(ChargeProfileMaxStackLevel="1000", SupportedFeatureProfiles="Core")
    site = await a_site(box, ONE_AND_A_REPORT, observing=False)
    assert await read(site["one"], *KEPT_HERE) == KEPT_HERE
    assert KEPT_HERE.items() <= (await read(site["ear"])).items()
    assert await change(site["one"], LEVEL, "7") == "Rejected"
    for level, status in ((100, "Accepted"), (101, "Rejected")):
        setting = stepping((0, 10))
        setting["csChargingProfiles"]["stackLevel"] = level
        assert (await result(site["one"], "SetChargingProfile", setting))["status"] == status
    await site.world.kill()


@in_virtual_time()
async def test_in_observe_the_wallbox_says_itself_what_it_can_r84() -> None:
    box = Box(ChargeProfileMaxStackLevel="3")
    site = await a_site(box, ONE_AND_A_REPORT)
    assert await read(site["one"], LEVEL, PROFILES) == {LEVEL: "3", PROFILES: "unknown"}
    await site.world.kill()
