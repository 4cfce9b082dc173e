import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.configuration.config_superset import (
    CARD_KEYS,
    MANAGED_INTERVAL_S,
    SHARED_KEYS,
    Needs,
    has_common,
    is_served,
    to_tell,
    wishes_for,
)

INTERVAL = "MeterValueSampleInterval"
DATA = "MeterValuesSampledData"
ALIGNED = "ClockAlignedDataInterval"
PRE = "LocalPreAuthorize"
OFFLINE = "LocalAuthorizeOffline"
LIST = "LocalAuthListEnabled"
ALIGNED_DATA = "MeterValuesAlignedData"
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
    assert to_tell(key, Needs(asked, present, present, managing)) == told


@pytest.mark.parametrize(
    ("key", "needs", "told"),
    [
        # Everybody who wished is gone: back to what it had.
        (INTERVAL, Needs([], "10", "60"), "60"),
        (INTERVAL, Needs(["900"], "10", "60"), "900"),
        (INTERVAL, Needs([], "5", "60", managing=True), "10"),
        (INTERVAL, Needs([], "5", "8", managing=True), "8"),
        (INTERVAL, Needs([], "60", "60"), None),
        (INTERVAL, Needs([], "10", None), None),
        (DATA, Needs([], f"{SOC},{ENERGY}", ENERGY), ENERGY),
        (DATA, Needs([], f"{SOC},{ENERGY}", ENERGY, managing=True), ENERGY),
        (DATA, Needs([SOC], f"{SOC},Voltage,{CURRENT}", ENERGY, managing=True), f"{SOC},{ENERGY}"),
        (DATA, Needs([], f"{SOC},{ENERGY}", f'"{ENERGY},{SOC}"'), None),
        (ALIGNED_DATA, Needs([SOC, f"{ENERGY},{SOC}"], "", ""), f"{SOC},{ENERGY}"),
        (ALIGNED_DATA, Needs([], SOC, ""), ""),
        (ALIGNED, Needs([], "900", "0"), "0"),
        (PRE, Needs([], "false", "true"), "true"),
        # Clock-aligned: the longest interval that has everybody's multiples.
        (ALIGNED, Needs(["900", "300"], "0", "0"), "300"),
        (ALIGNED, Needs(["900", "600", "0"], "0", "0"), "300"),
        (ALIGNED, Needs(["30"], "0", "0"), "30"),
        (ALIGNED, Needs(["0"], "900", "900"), "0"),
        (ALIGNED, Needs(["900", "7"], "0", "0"), "7"),
        # Lists of several backends cannot be in one wallbox.
        (LIST, Needs([], "true", "true", shared=True), "false"),
        (LIST, Needs(["true"], "true", "true", shared=True), "false"),
        (LIST, Needs([], None, None, shared=True), None),
        (LIST, Needs([], "false", "true"), "true"),
        (LIST, Needs(["true", "false"], "true", "true"), "false"),
        (LIST, Needs([], "true", "true"), None),
    ],
)
def test_the_wallbox_is_told_what_remains_and_at_last_what_it_had_r80_r105(
    key: str, needs: Needs, told: str | None
) -> None:
    assert to_tell(key, needs) == told


@pytest.mark.parametrize(
    ("key", "asked", "fits"),
    [
        (ALIGNED, [], True),
        (ALIGNED, ["0"], True),
        (ALIGNED, ["30"], True),
        (ALIGNED, ["30", "60"], True),
        (ALIGNED, ["900", "420"], True),
        (ALIGNED, ["900", "450"], True),
        (ALIGNED, ["900", "100", "0"], True),
        (ALIGNED, ["900", "70"], False),
        (INTERVAL, ["900", "7"], True),
        (PRE, ["true", "false"], True),
    ],
)
def test_clock_aligned_intervals_must_fit_together_r80(
    key: str, asked: list[str], fits: bool
) -> None:
    assert has_common(key, asked) is fits


@pytest.mark.parametrize(
    ("key", "backends", "own", "wishes"),
    [
        (INTERVAL, [{}, {DATA: SOC}], "60", []),
        (INTERVAL, [{INTERVAL: "900"}], "60", ["900"]),
        (INTERVAL, [{INTERVAL: "900"}, {}], " 60", ["900", " 60"]),
        (INTERVAL, [{INTERVAL: "900"}, {}], None, ["900"]),
        (INTERVAL, [{INTERVAL: "900"}, {}], "soon", ["900"]),
        (DATA, [{}, {DATA: SOC}], "Vendor", [SOC]),
        (DATA, [], ENERGY, []),
    ],
)
def test_who_has_not_asked_keeps_what_the_wallbox_had_once_somebody_asks_r80(
    key: str, backends: list[dict[str, str]], own: str | None, wishes: list[str]
) -> None:
    assert wishes_for(key, backends, own) == wishes


def test_who_charges_is_decided_by_who_authorises_r106() -> None:
    assert {PRE, OFFLINE, LIST} == CARD_KEYS
    assert set(SHARED_KEYS) >= CARD_KEYS


intervals = st.integers(0, 10_000).map(str)


@given(st.lists(intervals, min_size=1), st.none() | intervals, st.booleans())
def test_what_the_wallbox_has_in_the_end_is_often_enough_for_everybody_r80(
    asked: list[str], present: str | None, managing: bool
) -> None:
    told = to_tell(INTERVAL, Needs(asked, present, present, managing))
    has_s = int(told if told is not None else present or 0)
    for wanted_s in [int(text) for text in asked] + [MANAGED_INTERVAL_S] * managing:
        assert wanted_s == 0 or 0 < has_s <= wanted_s
    assert told is None or to_tell(INTERVAL, Needs(asked, told, present, managing)) is None


@given(st.lists(st.sampled_from(["0", "60", "300", "420", "600", "900"]), min_size=1))
def test_an_aligned_interval_has_the_multiples_of_all_that_fit_r80(asked: list[str]) -> None:
    told = to_tell(ALIGNED, Needs(asked, None, None))
    assert told is not None
    if has_common(ALIGNED, asked):
        assert all(int(each) % int(told) == 0 for each in asked if int(each))


@pytest.mark.parametrize("key", SHARED_KEYS)
def test_a_wallbox_that_nobody_wants_anything_of_is_told_nothing_r80(key: str) -> None:
    assert to_tell(key, Needs([], "1", "1")) is None
    assert to_tell(key, Needs([], None, None, managing=True)) is None


@pytest.mark.parametrize(
    ("key", "wish", "present", "served"),
    [
        (INTERVAL, "900", "60", True),
        (INTERVAL, "60", "60", True),
        (INTERVAL, "0", None, True),
        (INTERVAL, "30", "60", False),
        (INTERVAL, "30", "0", False),
        (INTERVAL, "30", None, False),
        (ALIGNED, "900", "60", True),
        (ALIGNED, "0", "60", True),
        (ALIGNED, "90", "60", False),
        (ALIGNED, "90", "0", False),
        (DATA, SOC, f"{ENERGY},{SOC}", True),
        (DATA, SOC, ENERGY, False),
        (ALIGNED_DATA, "", None, False),
        (PRE, "true", "true", False),
    ],
)
def test_a_wallbox_that_samples_often_enough_serves_a_backend_as_it_is_r80(
    key: str, wish: str, present: str | None, served: bool
) -> None:
    assert is_served(key, wish, present) is served
