import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, online, set_limit

from wattgate.core.wallbox.actions import Plug, PresentCard, SetHardwareCurrent


def offered(wallbox: Wallbox, connector: int = 1) -> float:
    offered_a = wallbox.state(connector)["offered_a"]
    assert isinstance(offered_a, float)
    return offered_a


def both() -> Wallbox:
    """Two connectors, both charging."""
    wallbox = online(connectors=2)
    wallbox.act(Plug(1), PresentCard(CARD, 1), Plug(2), PresentCard("OTHER", 2))
    return wallbox


def test_without_any_profile_only_the_hardware_limits() -> None:
    wallbox = charging(max_current_a=20.0)
    assert offered(wallbox) == 20.0
    wallbox.act(SetHardwareCurrent(11.0))
    assert offered(wallbox) == 11.0


@pytest.mark.parametrize(
    ("limit_a", "status", "offered_a"),
    [
        (32.0, "Charging", 16.0),
        (10.0, "Charging", 10.0),
        (6.0, "Charging", 6.0),
        (5.9, "SuspendedEVSE", 0.0),
        (0.0, "SuspendedEVSE", 0.0),
    ],
)
def test_a_profile_is_obeyed_at_once_r96(limit_a: float, status: str, offered_a: float) -> None:
    wallbox = charging()
    assert set_limit(wallbox, limit_a) == "Accepted"
    assert offered(wallbox) == offered_a
    assert wallbox.statuses()[-1] == status


def test_a_pause_never_ends_the_transaction_p32() -> None:
    wallbox = charging()
    set_limit(wallbox, 0.0)
    wallbox.later(3600)
    set_limit(wallbox, 8.0)
    assert wallbox.statuses()[-2:] == ["SuspendedEVSE", "Charging"]
    assert wallbox.sent("StopTransaction") == []


def test_a_limit_in_w_is_shared_by_the_phases_r95() -> None:
    wallbox = charging()
    set_limit(wallbox, 6900.0, unit="W")
    assert offered(wallbox) == 10.0


def test_a_schedule_is_obeyed_when_its_time_comes() -> None:
    wallbox = charging()
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 3600 + 60, "limit": 0}]
    set_limit(wallbox, 0, periods=periods)
    assert offered(wallbox) == 10.0
    wallbox.later(59)
    assert offered(wallbox) == 10.0
    wallbox.later(2)
    assert offered(wallbox) == 0.0
    assert wallbox.statuses()[-1] == "SuspendedEVSE"


def test_the_limit_is_told_when_it_changes_and_only_then() -> None:
    wallbox = online()
    set_limit(wallbox, 10.0)
    wallbox.later(600)
    set_limit(wallbox, 3.0)
    assert [facts["current_a"] for facts in wallbox.events("limit")] == [10.0, 0.0]


@pytest.mark.parametrize(
    ("total_a", "shares"),
    [(40.0, (16.0, 16.0)), (20.0, (10.0, 10.0)), (11.0, (11.0, 0.0)), (5.0, (0.0, 0.0))],
)
def test_the_station_limit_holds_for_the_sum_of_the_connectors_r92(
    total_a: float, shares: tuple[float, float]
) -> None:
    wallbox = both()
    status = set_limit(
        wallbox, total_a, connector=0, chargingProfilePurpose="ChargePointMaxProfile"
    )
    assert status == "Accepted"
    assert (offered(wallbox, 1), offered(wallbox, 2)) == shares


def test_one_transaction_alone_has_the_whole_station_limit() -> None:
    wallbox = online(connectors=2)
    wallbox.act(Plug(1), PresentCard(CARD, 1))
    set_limit(wallbox, 12.0, connector=0, chargingProfilePurpose="ChargePointMaxProfile")
    assert offered(wallbox) == 12.0


def test_connectors_without_a_station_limit_do_not_share() -> None:
    wallbox = both()
    set_limit(wallbox, 10.0, connector=2)
    assert (offered(wallbox, 1), offered(wallbox, 2)) == (16.0, 10.0)
