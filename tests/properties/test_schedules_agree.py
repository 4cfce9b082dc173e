"""What backends are answered, what a wallbox is told and what is shared agree (R92-R99).

For any set of profiles of several backends and any grant of load management.
"""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from math import inf
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.charging_profiles import after_noon, profiles
from tests.support.installed_profiles import InstalledProfiles, Session
from tests.support.limit_methods import EVERY_METHOD
from tests.support.profile_oracle import EPOCH, OracleBackend, least_a

from wattgate.core.charging.methods import Method
from wattgate.core.charging.strategies import profiles_for
from wattgate.core.charging.terms import Terms
from wattgate.core.gateway.profiles.allowances import (
    Allowance,
    cap_a,
    common_course,
    least_ahead_a,
)
from wattgate.core.gateway.profiles.composite_schedule import composite_answer
from wattgate.core.gateway.profiles.virtual_profiles import VirtualProfiles
from wattgate.core.load.allocation import allocate
from wattgate.core.load.circuits import Circuit
from wattgate.core.load.demand import EvseView, demand
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.core.ocpp.profiles import (
    Kind,
    Period,
    Profile,
    RateUnit,
    Recurrency,
    Running,
    Schedule,
)
from wattgate.core.units import chargeable, tenths_down

pytestmark = pytest.mark.story

LIFETIME_S = 900
T = TypeVar("T")

OUR_ID = 77
NOW_S = 40_000
"""When everything is asked, s after noon: in the night."""

NOW = after_noon(NOW_S)
EVERY_SECOND = range(LIFETIME_S)
EXPIRING = [each for each in EVERY_METHOD if each.expires and each.kind is Kind.ABSOLUTE]


@dataclass(frozen=True)
class Scene:
    """Several backends with what they send, a car that charges or not, and load management."""

    sent: tuple[tuple[tuple[int, Profile], ...], ...]
    numbers: tuple[int | None, ...]
    since_s: int | None
    phases: int
    grant_a: float
    hardware_a: float


_near = st.integers(-1200, 1200)
_instants = st.builds(
    lambda near_s, days: after_noon(NOW_S + near_s + 86_400 * days), _near, st.integers(-8, 1)
)
_limits = st.integers(0, 320).map(lambda tenths: tenths / 10)


def _seldom(what: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.integers(0, 3).flatmap(lambda turn: what if turn == 0 else st.none())


@st.composite
def nearby_profiles(draw: st.DrawFn) -> Profile:
    """A profile of any kind, with changes within some minutes of NOW_S."""
    starts = draw(st.sets(st.integers(1, 1800), max_size=4))
    kind = draw(st.sampled_from(Kind))
    unit = draw(st.sampled_from(RateUnit))
    factor = 1 if unit is RateUnit.A else 460
    schedule = Schedule(
        unit=unit,
        periods=tuple(
            Period(start_s, draw(_limits) * factor, draw(st.none() | st.integers(1, 3)))
            for start_s in sorted({0, *starts})
        ),
        start_at=draw(st.none() | _instants),
        duration_s=draw(_seldom(st.integers(0, 3600))),
    )
    profile = draw(profiles())
    return replace(
        profile,
        kind=kind,
        schedule=schedule,
        recurrency=draw(st.sampled_from(Recurrency)) if kind is Kind.RECURRING else None,
        valid_from=draw(_seldom(_instants)),
        valid_to=draw(_seldom(_instants)),
    )


def _scenes(a_profile: st.SearchStrategy[Profile]) -> st.SearchStrategy[Scene]:
    sent = st.lists(st.tuples(st.sampled_from([0, 1, 1]), a_profile), max_size=6).map(tuple)
    return st.builds(
        Scene,
        sent=st.lists(sent, min_size=1, max_size=3).map(tuple),
        numbers=st.tuples(*(st.sampled_from([None, 7, 8]) for _ in range(3))),
        since_s=st.none() | st.integers(NOW_S - 1500, NOW_S),
        phases=st.integers(1, 3),
        grant_a=st.sampled_from([0.0, 6.0, 9.3, 16.0, 32.0]),
        hardware_a=st.sampled_from([16.0, 32.0]),
    )


scenes = _scenes(nearby_profiles())


def said_by_all(scene: Scene) -> tuple[list[Allowance], list[OracleBackend]]:
    """What each backend has set after all that it sent, by us and by the oracle."""
    allowances, oracles = [], []
    for number, sent in zip(scene.numbers, scene.sent, strict=False):
        oracle = OracleBackend(number, scene.since_s)
        running = None if scene.since_s is None else Running(number, after_noon(scene.since_s))
        virtual = VirtualProfiles()
        for connector, profile in sent:
            text = profile_text(profile)
            payload = f'{{"connectorId":{connector},"csChargingProfiles":{text}}}'
            verdict = virtual.set_profile(payload, running)
            takes = oracle.takes(connector, json.loads(text))
            assert json.loads(verdict.answer_text)["status"] == (
                "Accepted" if takes else "Rejected"
            )
            if verdict.change is not None:
                virtual = verdict.change.profiles
                oracle.set(connector, json.loads(text))
        allowances.append(virtual.allowance(running))
        oracles.append(oracle)
    return allowances, oracles


def at(course: list[tuple[int, float]], offset_s: int) -> float:
    return [limit for start_s, limit in course if start_s <= offset_s][-1]


def answered(
    scene: Scene, allowances: list[Allowance], limit_a: float, connector: int = 1
) -> list[tuple[int, float]]:
    """What a backend is told that asks, by s from now."""
    asked = f'{{"connectorId":{connector},"duration":{LIFETIME_S}}}'
    answer = json.loads(
        composite_answer(allowances, asked, NOW, limit_a=limit_a, phases=scene.phases)
    )
    schedule = answer["chargingSchedule"]
    assert schedule["duration"] == LIFETIME_S
    return [(p["startPeriod"], p["limit"]) for p in schedule["chargingSchedulePeriod"]]


def flowing(
    scene: Scene, allowances: list[Allowance], grant_a: float, method: Method
) -> list[float | None]:
    """What a wallbox lets flow that is told of a grant now, in every second of its life."""
    terms = Terms(
        grant_a,
        0.0,
        lifetime_s=LIFETIME_S,
        wall_now=NOW,
        phases=scene.phases,
        connector=1,
        transaction_id=OUR_ID,
        elapsed_s=0,
        periods=1000,
        caps=common_course(allowances, NOW, LIFETIME_S, most_a=inf, phases=scene.phases),
    )
    wallbox = InstalledProfiles()
    for each in profiles_for(method, terms):
        wallbox = wallbox.set(each.connector, json.loads(each.profile_text), NOW)
    session = Session(OUR_ID, NOW)
    seconds = (NOW + timedelta(seconds=offset_s) for offset_s in EVERY_SECOND)
    return [wallbox.limit_a(1, at, session) for at in seconds]


@given(scenes, st.integers(0, 1))
@settings(max_examples=50)
def test_the_composite_answered_is_the_least_of_all_and_the_grant(
    scene: Scene, connector: int
) -> None:
    """R99: whoever asks."""
    allowances, oracles = said_by_all(scene)
    limit_a = min(scene.grant_a, scene.hardware_a)
    told = answered(scene, allowances, limit_a, connector)
    for offset_s in EVERY_SECOND:
        allowed_a = least_a(oracles, NOW_S + offset_s, scene.phases)
        expected_a = limit_a if allowed_a is None else min(limit_a, allowed_a)
        assert at(told, offset_s) == pytest.approx(tenths_down(expected_a))


@given(scenes, st.sampled_from(EXPIRING))
@settings(max_examples=50)
def test_what_the_wallbox_is_told_is_the_least_of_all_and_the_grant(
    scene: Scene, method: Method
) -> None:
    """R95, R97, R100b: at every second of the grant's life, whatever becomes of the manager."""
    allowances, oracles = said_by_all(scene)
    grant_a = min(scene.grant_a, scene.hardware_a)
    flows_a = flowing(scene, allowances, grant_a, method)
    for offset_s in EVERY_SECOND:
        allowed_a = least_a(oracles, NOW_S + offset_s, scene.phases)
        expected_a = chargeable(grant_a if allowed_a is None else min(grant_a, allowed_a))
        assert flows_a[offset_s] == pytest.approx(expected_a, abs=1e-3)


VIEW = EvseView("A", frozenset({0, 1, 2}), minimum_a=6.0, maximum_a=32.0, transaction_open=True)


@given(scenes)
@settings(max_examples=50)
def test_what_is_shared_out_is_capped_by_the_least_of_all(scene: Scene) -> None:
    """R97, R100b: less than what charges is a pause."""
    allowances, oracles = said_by_all(scene)
    for at_s in (*range(NOW_S, NOW_S + LIFETIME_S), *range(NOW_S, NOW_S + 700_000, 4321)):
        allowed_a = least_a(oracles, at_s, scene.phases)
        capped_a = cap_a(allowances, after_noon(at_s), scene.phases)
        assert capped_a == (None if allowed_a is None else pytest.approx(allowed_a))
        load = demand(replace(VIEW, cap_a=capped_a), now=0.0)
        most_a = 32.0 if allowed_a is None else min(32.0, allowed_a)
        assert (0.0 if load is None else load.maximum_a) == pytest.approx(chargeable(most_a))


@given(scenes, st.sampled_from(EXPIRING))
@settings(max_examples=50)
def test_what_is_shared_out_what_is_answered_and_what_flows_agree(
    scene: Scene, method: Method
) -> None:
    """R97, R99: one grant, of a fuse that leaves so much, whoever asks and whatever is told."""
    allowances, oracles = said_by_all(scene)
    view = replace(VIEW, maximum_a=scene.hardware_a, cap_a=cap_a(allowances, NOW, scene.phases))
    load = demand(view, now=0.0)
    fuse = Circuit("house", (scene.grant_a,) * 3, frozenset({"A"}))
    granted_a = allocate([fuse], [] if load is None else [load]).get("A", 0.0)
    allowed_a = least_a(oracles, NOW_S, scene.phases)
    most_a = min(scene.grant_a, scene.hardware_a)
    assert granted_a == chargeable(most_a if allowed_a is None else min(most_a, allowed_a))
    told = answered(scene, allowances, granted_a)
    for offset_s, flows_a in enumerate(flowing(scene, allowances, granted_a, method)):
        assert flows_a == pytest.approx(chargeable(at(told, offset_s)), abs=1e-3)


@given(scenes | _scenes(profiles()))
@settings(max_examples=50)
def test_what_may_be_kept_without_a_manager_is_never_more_than_is_allowed(scene: Scene) -> None:
    """R97"""
    allowances, oracles = said_by_all(scene)
    kept_a = least_ahead_a(allowances, NOW, scene.phases)
    for offset_s in range(0, 12 * 86_400, 40_000):
        allowed_a = least_a(oracles, NOW_S + offset_s, scene.phases)
        assert allowed_a is None or (kept_a is not None and kept_a <= allowed_a + 1e-9)


def test_the_oracle_counts_from_the_same_friday_as_the_profiles() -> None:
    assert after_noon(0) == EPOCH
