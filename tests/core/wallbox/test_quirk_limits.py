import pytest
from tests.support.wallboxes import CARD, charging, online, playing, set_limit

from wattgate.core.wallbox.actions import Plug, PresentCard, PressStop, Unplug
from wattgate.core.wallbox.quirk_limits import STEPS_A
from wattgate.core.wallbox.quirks import Quirk

MOST = {"chargingProfilePurpose": "ChargePointMaxProfile"}


@pytest.mark.parametrize(
    ("quirks", "offered_a", "status"),
    [((), 0.0, "SuspendedEVSE"), ((Quirk.KEEPS_CURRENT,), 16.0, "Charging")],
)
def test_a_wallbox_that_accepts_and_keeps_its_current(
    quirks: tuple[Quirk, ...], offered_a: float, status: str
) -> None:
    wallbox = charging(**playing(*quirks))
    assert set_limit(wallbox, 0.0) == "Accepted"
    assert set_limit(wallbox, 0.0, 0, stackLevel=1, chargingProfileId=2, **MOST) == "Accepted"
    assert wallbox.state()["offered_a"] == wallbox.state()["current_a"] == offered_a
    assert wallbox.statuses()[-1] == status
    schedule = wallbox.command("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    periods = schedule["chargingSchedule"]["chargingSchedulePeriod"]
    assert periods == [{"startPeriod": 0, "limit": 0.0}], "it even says that it obeys"


def test_two_connectors_that_keep_their_current_share_nothing() -> None:
    wallbox = online(connectors=2, **playing(Quirk.KEEPS_CURRENT))
    wallbox.act(Plug(1), PresentCard(CARD, 1), Plug(2), PresentCard("OTHER", 2))
    set_limit(wallbox, 12.0, 0, **MOST)
    assert [wallbox.state(number)["current_a"] for number in (1, 2)] == [16.0, 16.0]


@pytest.mark.parametrize(
    ("quirks", "running_a"), [((), 8.0), ((Quirk.ONLY_NEW_TRANSACTIONS,), 10.0)]
)
def test_a_default_profile_that_counts_for_later_transactions_only_r96(
    quirks: tuple[Quirk, ...], running_a: float
) -> None:
    wallbox = online(**playing(*quirks))
    set_limit(wallbox, 10.0)
    wallbox.act(Plug(), PresentCard(CARD))
    set_limit(wallbox, 8.0)
    assert wallbox.state()["offered_a"] == running_a
    set_limit(wallbox, 7.0, chargingProfilePurpose="TxProfile", chargingProfileId=2)
    assert wallbox.state()["offered_a"] == 7.0, "a TxProfile counts at once"
    wallbox.act(PressStop(), Unplug(), Plug(), PresentCard(CARD))
    assert wallbox.state()["offered_a"] == 8.0


@pytest.mark.parametrize(
    ("quirk", "limit_a", "made_a", "ordinarily_a"),
    [
        (Quirk.WHOLE_AMPERES, 9.9, 9.0, 9.9),
        (Quirk.WHOLE_AMPERES, 6.0, 6.0, 6.0),
        (Quirk.STEPS, 12.9, 10.0, 12.9),
        (Quirk.STEPS, 13.0, 13.0, 13.0),
        (Quirk.STEPS, 5.0, 0.0, 0.0),
        (Quirk.STEPS, 40.0, 16.0, 20.0),
        (Quirk.ZERO_IGNORED, 0.0, 6.0, 0.0),
        (Quirk.ZERO_IGNORED, 7.5, 7.5, 7.5),
    ],
)
def test_a_limit_is_carried_out_as_the_quirk_makes_it(
    quirk: Quirk, limit_a: float, made_a: float, ordinarily_a: float
) -> None:
    for quirks, expected_a in (((quirk,), made_a), ((), ordinarily_a)):
        wallbox = charging(max_current_a=20.0, **playing(*quirks))
        set_limit(wallbox, limit_a)
        assert wallbox.state()["offered_a"] == expected_a


def test_without_a_profile_the_steps_do_not_count() -> None:
    assert charging(max_current_a=20.0, **playing(Quirk.STEPS)).state()["offered_a"] == 20.0
    assert STEPS_A[0] == 0.0, "there is always a next lower one"


@pytest.mark.parametrize(
    ("quirks", "after_each_a"),
    [((), [0.0, 10.0, 11.0, 12.0]), ((Quirk.SUSPENDED_STAYS,), [0.0, 0.0, 11.0, 12.0])],
)
def test_a_pause_that_ends_with_the_second_raise_only(
    quirks: tuple[Quirk, ...], after_each_a: list[float]
) -> None:
    wallbox = charging(**playing(*quirks))
    offered_a: list[float] = []
    for limit_a in (0.0, 10.0, 11.0, 12.0):
        set_limit(wallbox, limit_a)
        wallbox.later(30)
        offered_a.append(wallbox.state()["offered_a"])
    assert offered_a == after_each_a


def test_a_new_pause_needs_two_raises_again() -> None:
    wallbox = charging(**playing(Quirk.SUSPENDED_STAYS))
    for limit_a in (0.0, 10.0, 0.0, 10.0):
        set_limit(wallbox, limit_a)
    assert wallbox.state()["offered_a"] == 0.0
    set_limit(wallbox, 10.0)
    assert wallbox.state()["offered_a"] == 10.0
