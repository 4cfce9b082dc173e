from typing import Any

import pytest
from tests.support.wallboxes import CARD, charging, limit_of, online, playing, set_limit

from wattgate.core.wallbox.actions import Plug
from wattgate.core.wallbox.quirks import Quirk

TX: dict[str, Any] = {"chargingProfilePurpose": "TxProfile"}
MOST: dict[str, Any] = {"chargingProfilePurpose": "ChargePointMaxProfile"}
NOON_AND_A_MINUTE = "2026-05-15T12:01:00Z"


def schedule(start: str, **more: object) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 0}]
    return {
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": start,
            "chargingSchedulePeriod": periods,
            **more,
        }
    }


@pytest.mark.parametrize(
    ("quirk", "connector", "refused", "taken"),
    [
        (Quirk.TX_PROFILE_NEEDS_ID, 1, TX, {**TX, "transactionId": 77}),
        (Quirk.LEVEL_0_ONLY, 1, {"stackLevel": 1}, {"stackLevel": 0}),
        (Quirk.NO_CHARGE_POINT_MAX, 0, MOST, {}),
        (Quirk.WATTS_ONLY_UNSAID, 1, {"unit": "A"}, {"unit": "W"}),
        (
            Quirk.PAST_STARTS_ONLY,
            1,
            schedule(NOON_AND_A_MINUTE),
            schedule("2026-05-15T11:59:00Z"),
        ),
    ],
)
def test_a_quirk_rejects_what_others_take(
    quirk: Quirk, connector: int, refused: dict[str, Any], taken: dict[str, Any]
) -> None:
    wallbox = charging(**playing(quirk))
    assert set_limit(wallbox, 10.0, connector, **refused) == "Rejected"
    assert wallbox.state()["profiles"] == 0
    assert set_limit(wallbox, 10.0, connector, **taken) == "Accepted"
    assert wallbox.state()["profiles"] == 1
    assert set_limit(charging(), 10.0, connector, **refused) == "Accepted"


def test_a_schedule_without_start_starts_in_no_future() -> None:
    wallbox = charging(**playing(Quirk.PAST_STARTS_ONLY))
    relative = schedule(NOON_AND_A_MINUTE)
    del relative["chargingSchedule"]["startSchedule"]
    assert set_limit(wallbox, 10.0, chargingProfileKind="Relative", **relative) == "Accepted"


@pytest.mark.parametrize(
    ("quirk", "connector", "ignored", "heeded"),
    [
        (Quirk.NO_TX_PROFILE, 1, TX, {}),
        (Quirk.CONNECTOR_0_IGNORED, 0, {}, {}),
        (Quirk.RELATIVE_ONLY, 1, {}, {"chargingProfileKind": "Relative"}),
    ],
)
def test_a_quirk_accepts_and_ignores_what_others_heed(
    quirk: Quirk, connector: int, ignored: dict[str, Any], heeded: dict[str, Any]
) -> None:
    wallbox = charging(**playing(quirk))
    assert set_limit(wallbox, 10.0, connector, **ignored) == "Accepted"
    assert wallbox.state()["offered_a"] == 16.0
    assert wallbox.events("profile") == []
    assert set_limit(wallbox, 9.0, **heeded) == "Accepted"
    assert wallbox.state()["offered_a"] == 9.0

    ordinary = charging()
    set_limit(ordinary, 10.0, connector, **ignored)
    assert ordinary.state()["offered_a"] == 10.0


@pytest.mark.parametrize(
    ("quirks", "later_a"), [((), [0.0, 16.0]), ((Quirk.NEVER_EXPIRES,), [10.0, 10.0])]
)
def test_a_grant_that_never_expires(quirks: tuple[Quirk, ...], later_a: list[float]) -> None:
    wallbox = charging(**playing(*quirks))
    start = "2026-05-15T12:00:00Z"
    until: dict[str, Any] = {"validTo": "2026-05-15T12:05:00Z"}
    set_limit(wallbox, 0, **schedule(start, duration=120), **until)
    assert wallbox.state()["offered_a"] == 10.0
    seen: list[float] = []
    for _ in range(2):
        wallbox.later(65)
        seen.append(wallbox.state()["offered_a"])
    wallbox.later(600)
    assert [*seen, wallbox.state()["offered_a"]] == [*later_a, later_a[-1]]


@pytest.mark.parametrize(("quirks", "offered_a"), [((), 8.0), ((Quirk.NO_TX_PROFILE,), 16.0)])
def test_the_profile_of_a_remote_start_is_treated_alike(
    quirks: tuple[Quirk, ...], offered_a: float
) -> None:
    wallbox = online(**playing(*quirks))
    wallbox.act(Plug())
    start = {"idTag": CARD, "connectorId": 1, "chargingProfile": limit_of(8.0, **TX)}
    assert wallbox.command("RemoteStartTransaction", start) == {"status": "Accepted"}
    assert wallbox.state()["offered_a"] == offered_a
