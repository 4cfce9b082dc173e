import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.config_superset import (
    MANAGED_INTERVAL_S,
    SHARED_KEYS,
    is_served,
    to_tell,
)

INTERVAL = "MeterValueSampleInterval"
DATA = "MeterValuesSampledData"
ALIGNED = "ClockAlignedDataInterval"
PRE = "LocalPreAuthorize"
OFFLINE = "LocalAuthorizeOffline"
ENERGY, CURRENT, SOC = "Energy.Active.Import.Register", "Current.Import", "SoC"


@pytest.mark.parametrize(
    ("key", "asked", "present", "managing", "told"),
    [
        # Nobody asked: load management wants 10 s at most, and leaves what is good enough.
        (INTERVAL, [], "60", True, "10"),
        (INTERVAL, [], "0", True, "10"),
        (INTERVAL, [], "5", True, None),
        (INTERVAL, [], "10", True, None),
        (INTERVAL, [], "soon", True, "10"),
        (INTERVAL, [], None, True, None),
        (INTERVAL, [], "60", False, None),
        # A backend asked: the shorter of both.
        (INTERVAL, ["900"], "60", True, "10"),
        (INTERVAL, ["900"], "10", True, None),
        (INTERVAL, ["900"], "10", False, "900"),
        (INTERVAL, ["900"], None, True, "10"),
        (INTERVAL, ["900"], None, False, "900"),
        (INTERVAL, ["5"], "10", True, "5"),
        (INTERVAL, ["0"], "60", True, "10"),
        (INTERVAL, ["0"], "60", False, "0"),
        (INTERVAL, ["0", "900", "60"], "10", False, "60"),
        # Measurands: never more than a backend asked for, or the wallbox has.
        (DATA, [], ENERGY, True, None),
        (DATA, [SOC], f"{ENERGY},{CURRENT}.L1,Voltage", True, f"{SOC},{ENERGY},{CURRENT}.L1"),
        (DATA, [SOC], f"{ENERGY},{CURRENT}", False, SOC),
        (DATA, [SOC, f"{ENERGY},{SOC}"], None, True, f"{SOC},{ENERGY}"),
        (DATA, [f"{SOC}, {ENERGY}"], f"{ENERGY},{SOC}", False, None),
        (DATA, [""], None, False, ""),
        (ALIGNED, [], "900", True, None),
        (ALIGNED, ["900", "0"], "0", True, "900"),
        (ALIGNED, ["900"], " 900 ", True, None),
        # Cards are seen by the gateway while load management is active.
        (PRE, [], "true", True, "false"),
        (PRE, ["true"], "True", True, "false"),
        (PRE, [], "FALSE", True, None),
        (PRE, ["true"], None, True, None),
        (PRE, [], "true", False, None),
        (PRE, ["true"], "false", False, "true"),
        (OFFLINE, [], "true", True, None),
        (OFFLINE, ["false", "true"], "true", True, "false"),
        (OFFLINE, ["true"], "true", True, None),
    ],
)
def test_the_wallbox_is_told_what_serves_everybody_r56_r80(
    key: str, asked: list[str], present: str | None, managing: bool, told: str | None
) -> None:
    assert to_tell(key, asked, present, managing=managing) == told


intervals = st.integers(0, 10_000).map(str)


@given(st.lists(intervals, min_size=1), st.none() | intervals, st.booleans())
def test_what_the_wallbox_has_in_the_end_is_often_enough_for_everybody_r80(
    asked: list[str], present: str | None, managing: bool
) -> None:
    told = to_tell(INTERVAL, asked, present, managing=managing)
    has_s = int(told if told is not None else present or 0)
    for wanted_s in [int(text) for text in asked] + [MANAGED_INTERVAL_S] * managing:
        assert wanted_s == 0 or 0 < has_s <= wanted_s
    assert told is None or to_tell(INTERVAL, asked, told, managing=managing) is None


@pytest.mark.parametrize("key", SHARED_KEYS)
def test_a_wallbox_that_nobody_wants_anything_of_is_told_nothing_r80(key: str) -> None:
    assert to_tell(key, [], "1", managing=False) is None
    assert to_tell(key, [], None, managing=True) is None


@pytest.mark.parametrize(
    ("key", "wish", "present", "served"),
    [
        (INTERVAL, "900", "60", True),
        (INTERVAL, "60", "60", True),
        (INTERVAL, "0", None, True),
        (INTERVAL, "30", "60", False),
        (INTERVAL, "30", "0", False),
        (INTERVAL, "30", None, False),
        (ALIGNED, "900", "60", False),
    ],
)
def test_a_wallbox_that_samples_often_enough_serves_a_backend_as_it_is_r80(
    key: str, wish: str, present: str | None, served: bool
) -> None:
    assert is_served(key, wish, present) is served
