import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.charging_profiles import NOON, a_profile, a_schedule, after_noon, profiles

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.allowances import Allowance, cap_a
from wattgate.core.gateway.profiles.profile_rules import MAX_PROFILES, MAX_STACK_LEVEL
from wattgate.core.gateway.profiles.virtual_profiles import KeptProfile, Verdict, VirtualProfiles
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.core.ocpp.profiles import Kind, Profile, Purpose, Running
from wattgate.core.ocpp.schedules import ProfileStack

MAX, DEFAULT, TX = Purpose.CHARGE_POINT_MAX, Purpose.TX_DEFAULT, Purpose.TX
RUNNING = Running(700, NOON)


def cap_of(virtual: VirtualProfiles, at: datetime, running: Running | None) -> float | None:
    return cap_a([virtual.allowance(running)], at, 3)


def setting(connector: int, profile: Profile) -> str:
    return f'{{"connectorId":{connector},"csChargingProfiles":{profile_text(profile)}}}'


def after(verdict: Verdict) -> VirtualProfiles:
    assert verdict.change is not None
    return verdict.change.profiles


def holding(*installed: tuple[int, Profile], running: Running | None = None) -> VirtualProfiles:
    virtual = VirtualProfiles()
    for connector, profile in installed:
        virtual = after(virtual.set_profile(setting(connector, profile), running))
    return virtual


def test_an_accepted_profile_is_kept_and_caps_the_connector_r97() -> None:
    verdict = VirtualProfiles().set_profile(setting(1, a_profile(10.0, profile_id=9)), None)
    assert json.loads(verdict.answer_text) == {"status": "Accepted"}
    assert verdict.change is not None
    assert verdict.change.kept == KeptProfile(9, 1, profile_text(a_profile(10.0, profile_id=9)))
    assert verdict.change.removed_ids == ()
    assert cap_of(after(verdict), NOON, None) == 10.0


def test_without_profiles_the_backend_sets_no_limit() -> None:
    assert cap_of(VirtualProfiles(), NOON, RUNNING) is None


def test_a_profile_that_takes_the_place_of_another_removes_it_from_the_store_r93() -> None:
    virtual = holding((1, a_profile(profile_id=1)), (1, a_profile(profile_id=2, stack_level=1)))
    again = virtual.set_profile(setting(1, a_profile(profile_id=1, stack_level=1)), None)
    assert again.change is not None
    assert again.change.removed_ids == (2,)
    same = virtual.set_profile(setting(1, a_profile(6.0, profile_id=1)), None)
    assert same.change is not None
    assert same.change.removed_ids == ()


@pytest.mark.parametrize(
    ("connector", "profile", "running"),
    [
        (1, a_profile(purpose=TX), None),
        (1, a_profile(purpose=TX, transaction_id=701), RUNNING),
        (1, a_profile(purpose=MAX), None),
        (1, a_profile(stack_level=MAX_STACK_LEVEL + 1), None),
    ],
)
def test_a_profile_that_has_no_place_is_rejected_and_changes_nothing_r97(
    connector: int, profile: Profile, running: Running | None
) -> None:
    verdict = VirtualProfiles().set_profile(setting(connector, profile), running)
    assert verdict == Verdict('{"status":"Rejected"}')


def test_one_profile_too_many_is_rejected_but_replacing_one_is_not() -> None:
    full = holding(
        *((1, a_profile(profile_id=level, stack_level=level)) for level in range(MAX_PROFILES))
    )
    more = a_profile(profile_id=MAX_PROFILES, stack_level=MAX_PROFILES)
    assert full.set_profile(setting(1, more), None) == Verdict('{"status":"Rejected"}')
    assert full.set_profile(setting(1, replace(more, profile_id=0)), None).change is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (setting(2, a_profile()), "PropertyConstraintViolation"),
        (setting(-1, a_profile()), "PropertyConstraintViolation"),
        (setting(1, a_profile()).replace('"A"', '"kW"'), "PropertyConstraintViolation"),
        ('{"connectorId":1}', "OccurenceConstraintViolation"),
        ('{"connectorId":1,"csChargingProfiles":{}}', "OccurenceConstraintViolation"),
        ('{"connectorId":"1","csChargingProfiles":{}}', "TypeConstraintViolation"),
    ],
)
def test_a_setting_that_does_not_fit_is_a_callerror_r11(text: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        VirtualProfiles().set_profile(text, None)
    assert refusal.value.code == code


def test_a_tx_profile_is_bound_to_what_runs_and_ends_with_it_r92() -> None:
    virtual = holding(
        (1, a_profile(20.0, profile_id=1)),
        (1, a_profile(8.0, profile_id=2, purpose=TX)),
        running=RUNNING,
    )
    assert cap_of(virtual, NOON, RUNNING) == 8.0
    assert cap_of(virtual, NOON, Running(701, NOON)) == 20.0
    change = virtual.transaction_ended()
    assert change is not None
    assert change.removed_ids == (2,)
    assert cap_of(change.profiles, NOON, RUNNING) == 20.0
    assert change.profiles.transaction_ended() is None


def test_a_tx_profile_counts_once_the_backend_has_named_the_transaction() -> None:
    unnamed = Running(None, NOON)
    virtual = holding((1, a_profile(8.0, purpose=TX)), running=unnamed)
    assert cap_of(virtual, NOON, unnamed) == 8.0
    assert cap_of(virtual, NOON, RUNNING) == 8.0


THREE = (
    (0, a_profile(profile_id=1, purpose=MAX)),
    (1, a_profile(profile_id=2)),
    (1, a_profile(profile_id=3, stack_level=1)),
)


@pytest.mark.parametrize(
    ("request_text", "removed_ids"),
    [
        ("{}", (1, 2, 3)),
        ('{"id":2}', (2,)),
        ('{"id":2,"connectorId":9,"stackLevel":9}', (2,)),
        ('{"connectorId":0}', (1,)),
        ('{"connectorId":1,"stackLevel":0}', (2,)),
        ('{"chargingProfilePurpose":"TxDefaultProfile","id":null}', (2, 3)),
    ],
)
def test_clearing_removes_what_matches_r98(request_text: str, removed_ids: tuple[int, ...]) -> None:
    verdict = holding(*THREE).clear(request_text)
    assert json.loads(verdict.answer_text) == {"status": "Accepted"}
    assert verdict.change is not None
    assert verdict.change.removed_ids == removed_ids
    assert verdict.change.kept is None
    left = {profile.profile_id for _, profile in after(verdict).stack.entries}
    assert left == {1, 2, 3} - set(removed_ids)


@pytest.mark.parametrize(
    "request_text", ['{"id":9}', '{"stackLevel":7}', '{"connectorId":0,"stackLevel":1}']
)
def test_clearing_what_is_not_there_is_unknown_r98(request_text: str) -> None:
    assert holding(*THREE).clear(request_text) == Verdict('{"status":"Unknown"}')


def test_clearing_on_a_connector_that_does_not_exist_is_a_callerror_r101() -> None:
    with pytest.raises(PeerError) as refusal:
        holding(*THREE).clear('{"connectorId":2}')
    assert refusal.value.code == "PropertyConstraintViolation"


def test_what_they_allow_counts_for_the_transaction_as_the_backend_knows_it() -> None:
    virtual = holding((1, a_profile(8.0, purpose=TX)), running=RUNNING)
    assert virtual.allowance(RUNNING) == Allowance(virtual.stack, RUNNING)


def test_without_the_right_to_set_profiles_only_those_of_a_start_limit_r75() -> None:
    of_start = (1, a_profile(12.0, profile_id=2, purpose=TX))
    virtual = holding((0, a_profile(8.0, purpose=MAX)), of_start, running=RUNNING)
    assert cap_a([virtual.allowance(RUNNING)], NOON, 3) == 8.0
    assert cap_a([virtual.allowance(RUNNING, may_set=False)], NOON, 3) == 12.0


ON_START = profile_text(
    a_profile(
        a_schedule((0, 8.0), (60, 6.0)),
        profile_id=5,
        purpose=TX,
        kind=Kind.RELATIVE,
        transaction_id=3,
    )
)


def test_the_profile_of_a_remote_start_waits_for_the_transaction_r75() -> None:
    waiting = VirtualProfiles().adopt_remote_start(ON_START)
    assert cap_of(waiting, NOON, None) is None
    change = waiting.transaction_started(RUNNING)
    assert change is not None
    assert change.kept is not None
    assert (change.kept.profile_id, change.kept.connector) == (5, 1)
    assert json.loads(change.kept.profile_text)["transactionId"] == 700
    assert cap_of(change.profiles, after_noon(1), RUNNING) == 8.0
    assert cap_of(change.profiles, after_noon(60), RUNNING) == 6.0
    assert change.profiles.transaction_started(RUNNING) is None
    ended = change.profiles.transaction_ended()
    assert ended is not None
    assert ended.profiles == VirtualProfiles()


def test_the_profile_of_a_remote_start_outlives_what_ran_before() -> None:
    virtual = holding((1, a_profile(purpose=TX)), running=RUNNING).adopt_remote_start(ON_START)
    ended = virtual.transaction_ended()
    assert ended is not None
    assert ended.profiles.transaction_started(Running(701, NOON)) is not None


@pytest.mark.parametrize("before", [Running(None, NOON), Running(700, NOON)])
def test_what_was_for_an_earlier_transaction_is_not_for_the_next_r92(before: Running) -> None:
    """Its end may never have been seen, or a kill may have kept it from being stored."""
    of_before = (1, a_profile(14.0, profile_id=2, purpose=TX))
    virtual = holding(of_before, (1, a_profile(9.0)), running=before)
    for number in (None, 701):
        running = Running(number, NOON)
        change = virtual.transaction_started(running)
        assert change is not None
        assert (change.kept, change.removed_ids) == (None, (2,))
        assert cap_of(change.profiles, NOON, running) == 9.0
        change = virtual.adopt_remote_start(ON_START).transaction_started(running)
        assert change is not None
        assert change.removed_ids == (2,)
        assert cap_of(change.profiles, NOON, running) == 8.0


def test_what_was_set_for_a_transaction_just_before_it_began_here_stays_r97() -> None:
    virtual = holding((1, a_profile(8.0, purpose=TX)), running=RUNNING)
    assert virtual.transaction_started(RUNNING) is None


def test_a_remote_start_that_came_to_nothing_leaves_nothing() -> None:
    waiting = VirtualProfiles().adopt_remote_start(ON_START)
    assert waiting.forget_remote_start() == VirtualProfiles()


def test_clearing_finds_the_profile_that_waits_too_r98() -> None:
    waiting = VirtualProfiles().adopt_remote_start(ON_START)
    assert after(waiting.clear('{"id":5}')) == VirtualProfiles()
    assert waiting.clear('{"id":6}').change is None


@pytest.mark.parametrize(
    "profile", [a_profile(), a_profile(purpose=TX, stack_level=MAX_STACK_LEVEL + 1)]
)
def test_a_remote_start_brings_a_tx_profile_or_none(profile: Profile) -> None:
    with pytest.raises(PeerError, match="no TxProfile") as refusal:
        VirtualProfiles().adopt_remote_start(profile_text(profile))
    assert refusal.value.code == "PropertyConstraintViolation"


SETTINGS = st.lists(st.tuples(st.integers(0, 1), profiles()), max_size=8)


@given(SETTINGS)
def test_what_was_stored_is_taken_up_as_it_was(settings: list[tuple[int, Profile]]) -> None:
    virtual = VirtualProfiles()
    records: dict[int, Any] = {}
    for connector, profile in settings:
        change = virtual.set_profile(setting(connector, profile), RUNNING).change
        if change is not None:
            assert change.kept is not None
            kept = change.kept
            records[kept.profile_id] = (kept.profile_id, kept.connector, kept.profile_text)
            for profile_id in change.removed_ids:
                del records[profile_id]
            virtual = change.profiles
    assert VirtualProfiles.from_records(records.values()) == virtual
    assert virtual.stack != ProfileStack() or not records
