"""Which CALLs say a limit, and which remove what is in the way of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.support.charging_bench import in_short

from wattgate.core.charging.ladder import ChargingKeys
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profiles import Period
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.traits import ORDINARY, Traits
from wattgate.runtime.charging.profile_commands import Step
from wattgate.runtime.charging.profile_steps import (
    Wish,
    adopting,
    changing,
    removing,
    setting,
    sweeping,
    terms_of,
)

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
TWO = Method(Strategy.TWO_PERIODS)
GRANT = Method(Strategy.STANDING_AND_GRANT)
TX = Method(Strategy.TX_PROFILE)
MAXIMUM = Method(Strategy.CHARGE_POINT_MAX)


def short(steps: list[Step]) -> list[str]:
    return [in_short(step.action, json.loads(step.payload_text)) for step in steps]


def a_wish(current_a: float = 16.0, **more: float) -> Wish:
    evse = EvseSettings(id="A", address="CP1", connector=2, phases=1)
    wallbox = WallboxSettings(id="CP1")
    words = {"standing_a": 0.0, **more}
    return Wish(evse, wallbox, current_a, words["standing_a"], 900, reduction=True)


def test_the_terms_are_the_wish_by_the_clock_and_the_steps_of_the_wallbox() -> None:
    traits = Traits(step_a=1.0, steps_a=(6.0, 8.0))
    terms = terms_of(a_wish(standing_a=6), ChargingKeys(max_periods=1), traits, NOON)
    assert terms == Terms(16, 6, 900, NOON, 1, 2, periods=1, step_a=1.0, steps_a=(6.0, 8.0))


def test_a_fallback_from_before_the_newest_profiles_is_cut_to_what_they_allow_R97() -> None:
    """A grant that ends where its changes do not fit would else end upwards, uncounted."""
    caps = (Period(0, 20.0), Period(100, 5.0), Period(200, 20.0))
    wish = replace(a_wish(6, standing_a=10), caps=lambda: caps)
    terms = terms_of(wish, ChargingKeys(), ORDINARY, NOON)
    assert short(setting(TWO, terms)) == ["set 9111: 6 3700:0"]


def test_a_pause_beside_a_fallback_is_a_grant_of_nothing_P14() -> None:
    terms = terms_of(a_wish(0, standing_a=6), ChargingKeys(), ORDINARY, NOON)
    assert short(setting(TWO, terms)) == ["set 9111: 0 4500:6"]


def test_only_what_is_there_and_stays_the_same_is_left_out() -> None:
    terms = terms_of(a_wish(), ChargingKeys(), ORDINARY, NOON)
    assert short(setting(GRANT, terms, lambda _: True)) == ["set 9112: 16"]
    assert short(setting(GRANT, terms, lambda _: False)) == ["set 9111: 0", "set 9112: 16"]
    assert short(setting(TWO, terms, lambda _: True)) == ["set 9111: 16 4500:0"]


CHANGES: list[tuple[list[Method | None], Method, bool, list[str], list[str]]] = [
    ([], TWO, False, [], []),
    ([TWO], TWO, False, [], []),
    ([GRANT], TWO, False, ["clear 9112"], []),
    ([TWO], MAXIMUM, False, [], ["clear 9111"]),
    ([MAXIMUM], TWO, False, [], ["clear 9114"]),
    ([GRANT, TX], TWO, False, ["clear 9112", "clear 9113"], []),
    ([None], TWO, False, [], ["clear 9112", "clear 9113", "clear 9114"]),
    ([None, GRANT], TWO, False, [], ["clear 9112", "clear 9113", "clear 9114"]),
    ([None], TWO, True, ["clear 9112", "clear 9113", "clear 9114"], []),
]


@pytest.mark.parametrize(("before", "method", "first", "early", "late"), CHANGES)
def test_what_another_way_left_goes_first_where_a_limit_stays_meanwhile_R100(
    before: list[Method | None], method: Method, first: bool, early: list[str], late: list[str]
) -> None:
    steps = changing(before, method, 2, first=first)
    assert [short(each) for each in steps] == [early, late]
    assert all(step.may_fail for each in steps for step in each)


def test_an_adoption_takes_all_or_what_is_at_the_connector() -> None:
    assert short([adopting(2, alone=True), adopting(2, alone=False)]) == ["clear", "clear 2"]


def test_ours_are_removed_by_id_before_the_rest_and_nothing_may_fail_R100d() -> None:
    ids = ["clear 9111", "clear 9112", "clear 9113", "clear 9114"]
    assert short(removing(2, everything=False)) == [*ids, "clear 2"]
    assert short(removing(2, everything=True)) == [*ids, "clear"]
    assert not any(step.may_fail for step in removing(2, everything=True))


@pytest.mark.parametrize(("method", "levels"), [(TWO, [1, 2]), (GRANT, [2]), (MAXIMUM, [1, 2])])
def test_a_sweep_spares_our_places_in_the_stack(method: Method, levels: list[int]) -> None:
    keys = ChargingKeys(max_stack_level=2)
    terms = terms_of(a_wish(), keys, ORDINARY, NOON)
    ours = short(setting(method, terms))
    swept = ["clear 2 TxProfile", *(f"clear 2 TxDefaultProfile {level}" for level in levels)]
    assert short(sweeping(method, terms, keys)) == [*ours, *swept, *ours]
