import pytest
from tests.support.charging_profiles import NOON, a_profile, a_schedule

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.profile_rules import (
    MAX_PERIODS,
    MAX_STACK_LEVEL,
    check_connector,
    fits,
    is_in_place,
)
from wattgate.core.ocpp.profiles import Profile, Purpose, Running

MAX, DEFAULT, TX = Purpose.CHARGE_POINT_MAX, Purpose.TX_DEFAULT, Purpose.TX
KNOWN = Running(700, NOON)
NOT_YET_KNOWN = Running(None, NOON)


@pytest.mark.parametrize("connector", [-1, 2])
def test_there_are_no_connectors_but_0_and_1_r101(connector: int) -> None:
    check_connector(0)
    check_connector(1)
    with pytest.raises(PeerError, match="does not exist") as refusal:
        check_connector(connector)
    assert refusal.value.code == "PropertyConstraintViolation"


@pytest.mark.parametrize(
    ("profile", "does"),
    [
        (a_profile(stack_level=MAX_STACK_LEVEL), True),
        (a_profile(stack_level=MAX_STACK_LEVEL + 1), False),
        (a_profile(a_schedule(*((at_s, 6.0) for at_s in range(MAX_PERIODS)))), True),
        (a_profile(a_schedule(*((at_s, 6.0) for at_s in range(MAX_PERIODS + 1)))), False),
    ],
)
def test_a_profile_keeps_to_what_the_configuration_tells(profile: Profile, does: bool) -> None:
    assert fits(profile) is does


@pytest.mark.parametrize(
    ("connector", "purpose", "transaction_id", "running", "may"),
    [
        (0, MAX, None, None, True),
        (1, MAX, None, None, False),
        (0, DEFAULT, None, None, True),
        (1, DEFAULT, None, None, True),
        (1, TX, None, None, False),
        (1, TX, 700, None, False),
        (1, TX, None, KNOWN, True),
        (1, TX, 700, KNOWN, True),
        (1, TX, 701, KNOWN, False),
        (0, TX, 700, KNOWN, False),
        (1, TX, None, NOT_YET_KNOWN, True),
        (1, TX, 700, NOT_YET_KNOWN, False),
    ],
)
def test_a_profile_may_be_where_its_purpose_has_a_place_r92_r97(
    connector: int,
    purpose: Purpose,
    transaction_id: int | None,
    running: Running | None,
    may: bool,
) -> None:
    profile = a_profile(purpose=purpose, transaction_id=transaction_id)
    assert is_in_place(connector, profile, running) is may
