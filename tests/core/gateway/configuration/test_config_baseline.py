"""What a wallbox was set to by itself (R80, R84)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.configuration.config_baseline import (
    Changed,
    changing,
    is_same,
    read,
    still_changed,
    written,
)

KEY = "MeterValueSampleInterval"


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("60", " 60 ", True),
        ("60", "600", False),
        ("true", "TRUE", True),
        ("SoC,Voltage", "voltage, SoC", True),
        ('"SoC,Voltage"', "Voltage,SoC", True),
        ("SoC", "SoC,Voltage", False),
        ("", "", True),
        ("", "0", False),
    ],
)
def test_values_are_compared_by_what_they_mean(before: str, after: str, same: bool) -> None:
    assert is_same(before, after) is same
    assert is_same(after, before) is same


@pytest.mark.parametrize(
    ("said", "stays"),
    [
        ({"metervaluesampleinterval": "10"}, True),
        ({}, True),
        ({"metervaluesampleinterval": "60"}, False),
        ({"metervaluesampleinterval": "30"}, False),
    ],
)
def test_a_value_that_others_have_set_since_is_the_wallboxs_own_r80(
    said: dict[str, str], stays: bool
) -> None:
    changed = {KEY: Changed(own="60", told="10")}
    assert still_changed(changed, said) == (changed if stays else {})


@pytest.mark.parametrize(
    ("before", "present", "value", "after"),
    [
        (None, "60", "10", Changed("60", "10")),
        (Changed("60", "10"), "10", "5", Changed("60", "5")),
        (Changed("60", "10"), None, "5", Changed("60", "5")),
        (Changed("60", "10"), "10", "60", None),
        (None, "60", " 60", None),
        (None, None, "10", None),
    ],
)
def test_what_it_had_before_the_first_change_stays_known_until_it_has_it_again_r80(
    before: Changed | None, present: str | None, value: str, after: Changed | None
) -> None:
    assert changing(before, present, value) == after


@given(st.text(), st.text())
def test_a_change_is_read_as_it_was_written(own: str, told: str) -> None:
    assert read(written(Changed(own, told))) == Changed(own, told)
