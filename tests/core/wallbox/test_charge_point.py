from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.wallboxes import (
    CARD,
    Wallbox,
    car,
    charging,
    configured,
    limit_of,
    online,
    playing,
    set_limit,
)

from wattgate.core.ocpp.frames import CallResult
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.actions import (
    Action,
    ClearFault,
    Plug,
    PowerCycle,
    PresentCard,
    PressStop,
    SetHardwareCurrent,
    ShowFault,
    Unplug,
)
from wattgate.core.wallbox.charge_point import SLOWNESS_S
from wattgate.core.wallbox.effects import Answer, Reconnect, SendCall
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.status import TRANSITIONS

KEY = "ab" * 16


def test_the_password_is_what_the_central_system_set_r24() -> None:
    wallbox = online()
    assert wallbox.machine.password is None
    wallbox.command("ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY})
    assert wallbox.machine.password == b"\xab" * 16


@pytest.mark.parametrize(
    ("quirks", "status", "hangs_up", "at_once", "after_restart"),
    [
        ((), "Accepted", True, KEY, KEY),
        ((Quirk.KEY_STAYS,), "Accepted", False, KEY, KEY),
        ((Quirk.KEY_IGNORED,), "Accepted", True, None, None),
        ((Quirk.KEY_IGNORED, Quirk.KEY_STAYS), "Accepted", False, None, None),
        ((Quirk.KEY_AFTER_RESTART,), "RebootRequired", False, None, KEY),
    ],
)
def test_a_new_key_is_used_as_a01_has_it_or_as_quirks_do(
    quirks: tuple[Quirk, ...],
    status: str,
    hangs_up: bool,
    at_once: str | None,
    after_restart: str | None,
) -> None:
    wallbox = online(**playing(*quirks))
    change = {"key": "AuthorizationKey", "value": KEY}
    assert wallbox.command("ChangeConfiguration", change) == {"status": status}
    assert (Reconnect() in wallbox.effects) is hangs_up
    assert wallbox.machine.password == (at_once and bytes.fromhex(at_once))
    if hangs_up:
        answer = next(each for each in wallbox.effects if isinstance(each, Answer))
        assert wallbox.effects.index(answer) < wallbox.effects.index(Reconnect())
    wallbox.act(PowerCycle())
    assert wallbox.machine.password == (after_restart and bytes.fromhex(after_restart))


def test_a_key_that_it_was_set_up_with_is_its_password_r24() -> None:
    assert online(**configured(AuthorizationKey=KEY)).machine.password == b"\xab" * 16


def test_a_key_that_is_none_changes_nothing_r24() -> None:
    wallbox = online()
    change = {"key": "AuthorizationKey", "value": "secret"}
    assert wallbox.command("ChangeConfiguration", change) == {"status": "Rejected"}
    assert Reconnect() not in wallbox.effects


def test_connection_and_loss_are_told_once() -> None:
    wallbox = online()
    wallbox.disconnect()
    wallbox.disconnect()
    assert len(wallbox.events("connected")) == 1
    assert wallbox.events("disconnected") == [{"reason": "gone"}]


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    wallbox = online()
    assert wallbox.machine.answered(999, CallResult("x", "{}"), wallbox.moment) == []


def test_an_idle_wallbox_without_link_sleeps() -> None:
    assert Wallbox().machine.deadline() is None


def test_while_the_boot_is_under_way_nothing_is_due() -> None:
    wallbox = Wallbox()
    wallbox.answers["BootNotification"] = None
    wallbox.connect()
    assert wallbox.machine.deadline() is None


def test_charging_goes_on_without_link() -> None:
    wallbox = charging()
    wallbox.disconnect()
    wallbox.later(3600)
    assert wallbox.state()["energy_wh"] == 11_040
    assert wallbox.state()["queued"] == 60


def test_a_claim_without_end_needs_no_waking_up() -> None:
    wallbox = Wallbox(**configured(ConnectionTimeOut="0", AllowOfflineTxForUnknownId="true"))
    wallbox.act(PresentCard(CARD))
    assert wallbox.machine.deadline() is None


@pytest.mark.parametrize(("quirks", "offered_a"), [((), 10.0), ((Quirk.FORGETS_PROFILES,), 16.0)])
def test_profiles_outlive_a_restart_or_not_p15(quirks: tuple[Quirk, ...], offered_a: float) -> None:
    wallbox = online(**playing(*quirks))
    set_limit(wallbox, 10.0)
    wallbox.act(PowerCycle())
    wallbox.connect()
    wallbox.act(Plug(), PresentCard(CARD))
    assert wallbox.state()["offered_a"] == offered_a


def answers(wallbox: Wallbox) -> int:
    return sum(isinstance(effect, Answer) for effect in wallbox.effects)


@pytest.mark.parametrize(("quirks", "late_s"), [((), 0.0), ((Quirk.SLOW,), SLOWNESS_S)])
def test_a_slow_wallbox_obeys_and_answers_late_and_in_order_r89(
    quirks: tuple[Quirk, ...], late_s: float
) -> None:
    wallbox = charging(**playing(*quirks))
    for limit_a in (10.0, 8.0):
        set_limit_later(wallbox, limit_a)
    offered_a = wallbox.state()["offered_a"]
    assert (answers(wallbox), offered_a) == ((2, 8.0) if not late_s else (0, 16.0))
    wallbox.later(late_s)
    assert (answers(wallbox), wallbox.state()["offered_a"]) == (2, 8.0)


def set_limit_later(wallbox: Wallbox, limit_a: float) -> None:
    """Ask for a limit, whenever it is answered."""
    request = {"connectorId": 1, "csChargingProfiles": limit_of(limit_a)}
    wallbox.command("SetChargingProfile", request)


def test_what_a_slow_wallbox_has_not_yet_heeded_goes_with_the_link() -> None:
    wallbox = charging(**playing(Quirk.SLOW))
    set_limit_later(wallbox, 10.0)
    wallbox.disconnect()
    wallbox.connect()
    wallbox.later(2 * SLOWNESS_S)
    assert (answers(wallbox), wallbox.state()["offered_a"]) == (0, 16.0)


def test_a_profile_survives_a_reconnect() -> None:
    wallbox = charging()
    set_limit(wallbox, 10.0)
    wallbox.disconnect()
    wallbox.connect()
    assert wallbox.state()["offered_a"] == 10.0


def test_a_restart_forgets_the_waiting_card() -> None:
    wallbox = online()
    wallbox.act(PresentCard(CARD), PowerCycle())
    wallbox.connect()
    assert wallbox.statuses()[-1] == "Available"


def test_a_restart_without_link_still_restarts() -> None:
    wallbox = Wallbox()
    wallbox.act(PowerCycle())
    assert wallbox.reboots() == 1


def test_a_tapering_car_wants_less_as_time_goes_by() -> None:
    tapering = car(capacity_wh=10_000.0, charged_wh=7_900.0, taper_from=0.8)
    wallbox = charging(car=tapering)
    wallbox.later(500)
    assert 6.0 <= wallbox.state()["current_a"] < 16.0
    wallbox.later(36_000)
    assert wallbox.statuses()[-1] == "SuspendedEV"
    assert wallbox.state()["soc_percent"] == 100.0


ACTIONS = st.sampled_from(
    [
        Plug(),
        Unplug(),
        PresentCard(CARD),
        PresentCard("OTHER"),
        PressStop(),
        SetHardwareCurrent(10.0),
        ShowFault("OtherError"),
        ClearFault(),
        PowerCycle(),
    ]
)
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("RemoteStartTransaction", {"idTag": CARD}),
    ("RemoteStopTransaction", {"transactionId": 77}),
    ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
    ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": limit_of(10.0)}),
    ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": limit_of(0.0)}),
    ("ClearChargingProfile", {}),
    ("Reset", {"type": "Soft"}),
    ("UnlockConnector", {"connectorId": 1}),
    (
        "ReserveNow",
        {
            "connectorId": 1,
            "expiryDate": "2026-05-15T12:10:00Z",
            "idTag": "OTHER",
            "reservationId": 1,
        },
    ),
    ("TriggerMessage", {"requestedMessage": "MeterValues"}),
    ("Foo", {}),
]
SCRIPTS = st.lists(
    st.one_of(
        ACTIONS,
        st.sampled_from(REQUESTS),
        st.sampled_from(["connect", "disconnect"]),
        st.floats(0.1, 400),
    ),
    max_size=25,
)


def play(wallbox: Wallbox, step: Action | tuple[str, dict[str, Any]] | str | float) -> None:
    match step:
        case "connect":
            wallbox.disconnect()
            wallbox.connect()
        case "disconnect":
            wallbox.disconnect()
        case float():
            wallbox.later(step)
        case (action, payload):
            if wallbox.state()["online"]:
                wallbox.command(str(action), payload)
        case str():
            raise AssertionError(step)
        case _:
            wallbox.act(step)


@settings(deadline=None, max_examples=60)
@given(SCRIPTS)
def test_whatever_happens_the_wallbox_stays_truthful(
    script: list[Action | tuple[str, dict[str, Any]] | str | float],
) -> None:
    wallbox = Wallbox()
    wallbox.connect()
    energies = []
    for step in script:
        play(wallbox, step)
        energies.append(wallbox.state()["energy_wh"])
        assert wallbox.state()["current_a"] <= wallbox.state()["limit_a"]
    assert energies == sorted(energies)
    _check_statuses(wallbox)
    wallbox.act(ClearFault(), PressStop())
    wallbox.connect()
    wallbox.later(1000)
    count = len(wallbox.events("starting"))
    assert _delivered(wallbox) == ["StartTransaction", "StopTransaction"] * count
    assert all(stop["transactionId"] == 77 for stop in wallbox.sent("StopTransaction"))
    assert wallbox.state()["queued"] == 0


def _check_statuses(wallbox: Wallbox) -> None:
    """Within one connection the reported states keep to the table (OCPP 1.6 §4.9)."""
    reported: list[ConnectorStatus] = []
    for effect in wallbox.effects:
        kind = getattr(effect, "kind", None)
        action = getattr(effect, "action", None)
        if kind == "connected" or action == "BootNotification":
            reported.clear()
        elif action == "StatusNotification":
            text = getattr(effect, "payload_text", "")
            if '"connectorId":1' in text:
                status = text.split('"status":"')[1].split('"')[0]
                reported.append(ConnectorStatus(status))
                for before, after in pairwise(reported[-2:]):
                    assert after in TRANSITIONS[before]


def _delivered(wallbox: Wallbox) -> list[str]:
    """Starts and stops in order; one sent again when the link was lost is the same (R66)."""
    calls = [
        (effect.action, effect.payload_text)
        for effect in wallbox.effects
        if isinstance(effect, SendCall) and effect.action in {"StartTransaction", "StopTransaction"}
    ]
    return [call[0] for before, call in pairwise([("", ""), *calls]) if call != before]


def test_a_profiles_next_change_wakes_the_wallbox_up() -> None:
    wallbox = online()
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 3600 + 60, "limit": 0}]
    set_limit(wallbox, 0, periods=periods)
    assert wallbox.machine.deadline() == pytest.approx(wallbox.now + 60, abs=0.01)


def test_a_call_that_the_loss_of_the_link_ended_is_repeated_where_it_must_be() -> None:
    wallbox = online()
    wallbox.answers["StartTransaction"] = None
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.disconnect()
    wallbox.connect()
    assert len(wallbox.sent("StartTransaction")) == 2


def test_what_waits_for_somebody_ends_by_itself() -> None:
    wallbox = online()
    wallbox.command(*next(request for request in REQUESTS if request[0] == "ReserveNow"))
    wallbox.later(601)
    wallbox.act(PresentCard(CARD))
    wallbox.later(121)
    assert wallbox.statuses() == ["Available", "Reserved", "Available", "Preparing", "Available"]


def test_it_beats_while_it_idles() -> None:
    wallbox = online()
    wallbox.later(3 * 3600)
    assert len(wallbox.sent("Heartbeat")) == 3
