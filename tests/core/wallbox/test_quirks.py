from pathlib import Path

import pytest
from tests.support.wallboxes import configured, online, playing

from wattgate.core.wallbox.configuration import KEYS
from wattgate.core.wallbox.quirks import DEVIATIONS, Quirk, keys_of

UNITS = "ChargingScheduleAllowedChargingRateUnit"
FEATURES = "SupportedFeatureProfiles"


def test_every_quirk_says_what_it_does_and_where_it_was_seen() -> None:
    assert set(DEVIATIONS) == set(Quirk)
    assert all(deviation.does and deviation.source for deviation in DEVIATIONS.values())


def test_the_keys_of_a_quirk_are_keys_of_the_wallbox() -> None:
    assert set(keys_of(Quirk)) <= set(KEYS)


@pytest.mark.parametrize("quirk", Quirk)
def test_every_quirk_has_a_test(quirk: Quirk) -> None:
    tests = Path(__file__).parent.glob("test_*.py")
    assert any(f"Quirk.{quirk.name}" in test.read_text() for test in tests)


@pytest.mark.parametrize(
    ("quirk", "key", "held", "ordinarily"),
    [
        (Quirk.WATTS_ONLY, UNITS, "Power", "Current,Power"),
        (
            Quirk.SMART_CHARGING_UNLISTED,
            FEATURES,
            "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger",
            KEYS[FEATURES].default,
        ),
    ],
)
def test_a_quirk_changes_what_the_configuration_says(
    quirk: Quirk, key: str, held: str, ordinarily: str
) -> None:
    def value(**options: object) -> object:
        answer = online(**options).command("GetConfiguration", {"key": [key]})
        return answer["configurationKey"][0]["value"]

    assert value() == ordinarily
    assert value(**playing(quirk)) == held
    assert value(**playing(quirk), **configured(**{key: "Current"})) == "Current"
