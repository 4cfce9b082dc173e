import json
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.charging_profiles import NOON, a_profile, profiles

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.allowances import cap_a
from wattgate.core.gateway.profiles.profile_mirror import SET, handed_over, mirrored, outlasting
from wattgate.core.gateway.profiles.profile_rules import MAX_PROFILES, MAX_STACK_LEVEL
from wattgate.core.gateway.profiles.virtual_profiles import VirtualProfiles
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.core.ocpp.profiles import Profile, Purpose, Running
from wattgate.core.ocpp.schedules import Entry, ProfileStack

MAX, DEFAULT, TX = Purpose.CHARGE_POINT_MAX, Purpose.TX_DEFAULT, Purpose.TX
RUNNING = Running(700, NOON)
CLEAR = "ClearChargingProfile"


def cap_of(virtual: VirtualProfiles, at: datetime, running: Running | None) -> float | None:
    return cap_a([virtual.allowance(running)], at, 3)


def setting(connector: int, profile: Profile) -> str:
    return f'{{"connectorId":{connector},"csChargingProfiles":{profile_text(profile)}}}'


def holding(*installed: Entry) -> VirtualProfiles:
    stack = ProfileStack()
    for connector, profile in installed:
        stack = stack.installed(connector, profile)
    return VirtualProfiles(stack)


def entries(
    before: VirtualProfiles,
    action: str,
    text: str,
    running: Running | None = None,
    *,
    alone: bool = True,
) -> tuple[tuple[int, int], ...] | None:
    """(connector, profile id) each; None where nothing changes."""
    change = mirrored(before, action, text, running, alone=alone)
    if change is None:
        return None
    return tuple((at, profile.profile_id) for at, profile in change.profiles.stack.entries)


@pytest.mark.parametrize(
    ("connector", "purpose", "alone", "mirrored_at"),
    [
        (0, MAX, True, 0),
        (1, MAX, True, 0),
        (0, MAX, False, 0),
        (0, DEFAULT, True, 0),
        (1, DEFAULT, True, 1),
        (0, DEFAULT, False, 1),
        (1, DEFAULT, False, 1),
        (1, TX, True, 1),
        (0, TX, True, 1),
    ],
)
def test_what_the_wallbox_accepted_is_known_where_it_counts_r97(
    connector: int, purpose: Purpose, alone: bool, mirrored_at: int
) -> None:
    text = setting(connector, a_profile(9.0, profile_id=5, purpose=purpose))
    change = mirrored(VirtualProfiles(), SET, text, RUNNING, alone=alone)
    assert change is not None
    assert change.kept is not None
    assert (change.kept.profile_id, change.kept.connector) == (5, mirrored_at)
    assert cap_of(change.profiles, NOON, RUNNING) == 9.0


def test_it_need_not_fit_what_a_backend_is_told_in_active_r97() -> None:
    high = a_profile(9.0, stack_level=MAX_STACK_LEVEL + 1)
    assert entries(VirtualProfiles(), SET, setting(1, high)) == ((1, 1),)


@pytest.mark.parametrize(
    ("named", "running", "bound_to"),
    [
        (None, RUNNING, 700),
        (700, RUNNING, 700),
        (None, Running(None, NOON), None),
    ],
)
def test_a_tx_profile_is_bound_to_the_transaction_that_runs_r92(
    named: int | None, running: Running, bound_to: int | None
) -> None:
    text = setting(1, a_profile(purpose=TX, transaction_id=named))
    change = mirrored(VirtualProfiles(), SET, text, running, alone=True)
    assert change is not None
    assert change.profiles.stack.entries[0][1].transaction_id == bound_to


@pytest.mark.parametrize(("named", "running"), [(None, None), (700, None), (701, RUNNING)])
def test_a_tx_profile_of_a_transaction_that_has_ended_is_forgotten_r92(
    named: int | None, running: Running | None
) -> None:
    text = setting(1, a_profile(purpose=TX, transaction_id=named))
    assert entries(VirtualProfiles(), SET, text, running) is None


def test_there_is_an_end_to_what_is_mirrored() -> None:
    full = holding(*((1, a_profile(profile_id=n, stack_level=n)) for n in range(MAX_PROFILES)))
    one_more = a_profile(profile_id=99, stack_level=99)
    assert entries(full, SET, setting(1, one_more)) is None
    assert entries(full, SET, setting(1, replace(one_more, stack_level=0))) is not None


@pytest.mark.parametrize(
    ("request_", "alone", "left"),
    [
        ({}, True, ()),
        ({"id": 1, "connectorId": 7}, True, ((1, 2), (1, 3))),
        ({"connectorId": 0}, True, ((1, 2), (1, 3))),
        ({"connectorId": 1}, True, ((0, 1),)),
        ({"connectorId": 0}, False, ()),
        ({"stackLevel": 3}, True, ((0, 1), (1, 2))),
        ({"chargingProfilePurpose": "ChargePointMaxProfile"}, True, ((1, 2), (1, 3))),
        ({"id": 8}, True, None),
    ],
)
def test_what_the_wallbox_cleared_is_known_no_longer_r98(
    request_: dict[str, object], alone: bool, left: tuple[tuple[int, int], ...] | None
) -> None:
    before = holding(
        (0, a_profile(profile_id=1, purpose=MAX)),
        (1, a_profile(profile_id=2)),
        (1, a_profile(profile_id=3, stack_level=3)),
    )
    assert entries(before, CLEAR, json.dumps(request_), alone=alone) == left


@pytest.mark.parametrize(
    ("action", "text"),
    [(SET, "{}"), (SET, '{"connectorId":1,"csChargingProfiles":{}}'), (CLEAR, '{"id":"x"}')],
)
def test_what_only_the_wallbox_understands_is_said_so_r11(action: str, text: str) -> None:
    with pytest.raises(PeerError):
        mirrored(VirtualProfiles(), action, text, None, alone=True)


@given(st.lists(st.tuples(st.sampled_from([0, 1]), profiles()), max_size=6), profiles())
def test_what_is_handed_over_later_undoes_nothing_that_the_backend_says_meanwhile(
    owed: list[Entry], newer: Profile
) -> None:
    running = Running(7, NOON)
    before = holding(*((at, parsed(each)) for at, each in owed))
    text = setting(1, newer)
    change = mirrored(before, SET, text, running, alone=True)
    left = outlasting(before.stack, SET, text, running, alone=True)
    first = mirrored(VirtualProfiles(), SET, text, running, alone=True)
    if change is None or first is None:
        assert left == before.stack
        return
    wallbox = first.profiles.stack
    for entry in left.entries:
        wallbox = wallbox.installed(*entry)
    assert wallbox == change.profiles.stack


def parsed(profile: Profile) -> Profile:
    """As it would be read back."""
    [(_, read)] = VirtualProfiles().with_profile(1, profile).profiles.stack.entries
    return read


def test_what_the_backend_clears_is_not_handed_over() -> None:
    owed = holding((1, a_profile(profile_id=2)), (1, a_profile(profile_id=3, stack_level=3))).stack
    left = outlasting(owed, CLEAR, '{"id":2}', None, alone=True)
    assert [profile.profile_id for _, profile in left.entries] == [3]


def test_clearing_what_is_not_owed_leaves_everything_to_be_handed_over() -> None:
    owed = holding((1, a_profile(profile_id=2))).stack
    assert outlasting(owed, CLEAR, '{"id":9}', None, alone=True) is owed


@pytest.mark.parametrize(
    ("purpose", "named", "running", "transaction"),
    [
        (DEFAULT, None, None, None),
        (DEFAULT, 700, RUNNING, None),
        (MAX, None, RUNNING, None),
        (TX, 700, RUNNING, 41),
        (TX, None, Running(None, NOON), 41),
    ],
)
def test_a_profile_goes_to_the_wallbox_under_the_wallboxs_transaction_id_r60(
    purpose: Purpose, named: int | None, running: Running | None, transaction: int | None
) -> None:
    profile = a_profile(8.0, profile_id=5, purpose=purpose, transaction_id=named)
    text = handed_over((1, profile), running, 41)
    assert text == setting(1, replace(profile, transaction_id=transaction))


@pytest.mark.parametrize("running", [None, Running(701, NOON)])
def test_a_tx_profile_goes_to_the_wallbox_for_its_transaction_alone_r92(
    running: Running | None,
) -> None:
    profile = a_profile(purpose=TX, transaction_id=700)
    assert handed_over((1, profile), running, 41) is None
