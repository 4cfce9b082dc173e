"""The hardware says what it senses, and is told what to offer (P31, P32, R108)."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.wallboxes import CARD, Wallbox

from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.actions import PresentCard, PressStop
from wattgate.core.wallbox.effects import Keep, Offer
from wattgate.core.wallbox.sensed import ASKING, PLUGGED, Pilot, Sensed, phases_to_close
from wattgate.core.wallbox.transactions import STILL_S


def driven(**options: Any) -> Wallbox:  # noqa: ANN401 - the fields of Options
    wallbox = Wallbox(has_hardware=True, **options)
    wallbox.connect()
    return wallbox


def look(wallbox: Wallbox, pilot: Pilot, number: int = 1, **more: Any) -> None:  # noqa: ANN401
    wallbox.do(wallbox.machine.sensed(number, Sensed(pilot, **more), wallbox.moment))


def offers(wallbox: Wallbox) -> list[float]:
    return [each.current_a for each in wallbox.effects if isinstance(each, Offer)]


def status(wallbox: Wallbox) -> ConnectorStatus:
    return ConnectorStatus(wallbox.state()["status"])


def in_session() -> Wallbox:
    wallbox = driven()
    look(wallbox, Pilot.B)
    wallbox.act(PresentCard(CARD))
    return wallbox


def test_states_say_whether_a_car_is_there_and_whether_it_takes() -> None:
    assert {"B", "C", "D"} == PLUGGED
    assert {"C", "D"} == ASKING


def test_nothing_is_offered_before_a_card_and_all_of_it_after() -> None:
    wallbox = in_session()
    assert offers(wallbox) == [0.0, 16.0]
    assert status(wallbox) is ConnectorStatus.SUSPENDED_EV


@pytest.mark.parametrize("pilot", [Pilot.C, Pilot.D])
def test_a_car_that_asks_charges_also_before_current_flows_r108(pilot: Pilot) -> None:
    wallbox = in_session()
    look(wallbox, pilot)
    assert status(wallbox) is ConnectorStatus.CHARGING


@pytest.mark.parametrize(
    ("cap_a", "offered_a", "expected"),
    [
        (10.0, 10.0, ConnectorStatus.CHARGING),
        (5.9, 0.0, ConnectorStatus.SUSPENDED_EVSE),
        (0.0, 0.0, ConnectorStatus.SUSPENDED_EVSE),
        (40.0, 16.0, ConnectorStatus.CHARGING),
        (None, 16.0, ConnectorStatus.CHARGING),
    ],
)
def test_the_other_master_may_only_lower_and_a_pause_keeps_the_transaction_p31_p32(
    cap_a: float | None, offered_a: float, expected: ConnectorStatus
) -> None:
    wallbox = in_session()
    look(wallbox, Pilot.C)
    wallbox.do(wallbox.machine.capped(1, cap_a, wallbox.moment))
    assert offers(wallbox)[-1] == offered_a
    assert status(wallbox) is expected


def test_its_own_meter_counts_and_never_backwards() -> None:
    wallbox = in_session()
    look(wallbox, Pilot.C, energy_wh=1234.0, currents_a=(9.0, 8.0, 7.0), power_w=5500.0)
    look(wallbox, Pilot.C, energy_wh=0.0, currents_a=(9.0, 8.0, 7.0), power_w=5500.0)
    wallbox.later(61.0)
    (values,) = wallbox.events("meter")
    assert values["energy_wh"] == 1234
    assert (values["power_w"], values["current_a"]) == (5500.0, 9.0)


def test_the_plug_comes_and_goes_with_the_pilot() -> None:
    wallbox = in_session()
    look(wallbox, Pilot.A, energy_wh=500.0)
    assert [each["reason"] for each in wallbox.events("stopped")] == ["EVDisconnected"]
    assert status(wallbox) is ConnectorStatus.AVAILABLE


@pytest.mark.parametrize("pilot", [Pilot.E, Pilot.F])
def test_a_broken_pilot_says_nothing_about_the_car(pilot: Pilot) -> None:
    wallbox = in_session()
    look(wallbox, pilot)
    assert wallbox.events("stopped") == []


def test_an_error_of_the_hardware_is_reported_and_stops_the_energy() -> None:
    wallbox = in_session()
    look(wallbox, Pilot.C, error_code="GroundFailure")
    assert status(wallbox) is ConnectorStatus.FAULTED
    assert offers(wallbox)[-1] == 0.0
    look(wallbox, Pilot.C)
    assert status(wallbox) is ConnectorStatus.CHARGING


def test_a_connector_that_does_not_exist_senses_nothing_and_has_no_cap() -> None:
    wallbox = driven()
    look(wallbox, Pilot.C, number=2)
    wallbox.do(wallbox.machine.capped(2, 0.0, wallbox.moment))
    assert offers(wallbox) == [0.0]


@pytest.mark.parametrize(
    ("pilot", "offered_a", "closed"),
    [
        (Pilot.A, 16.0, 0),
        (Pilot.B, 16.0, 0),
        (Pilot.C, 16.0, 3),
        (Pilot.D, 6.0, 3),
        (Pilot.C, 5.9, 0),
        (Pilot.C, 0.0, 0),
        (Pilot.E, 16.0, 0),
        (Pilot.F, 16.0, 0),
    ],
)
def test_only_a_car_that_asks_and_may_is_connected(
    pilot: Pilot, offered_a: float, closed: int
) -> None:
    assert phases_to_close(pilot, offered_a, 3) == closed


# A meter that lags behind: what flows until the current has stopped belongs to the bill

FLOWING: dict[str, Any] = {"currents_a": (16.0, 16.0, 16.0), "power_w": 11040.0}


def lagging(**options: Any) -> Wallbox:  # noqa: ANN401 - the fields of Options
    wallbox = driven(meter_lags=True, **options)
    look(wallbox, Pilot.B, energy_wh=1000.0)
    wallbox.act(PresentCard(CARD))
    look(wallbox, Pilot.C, energy_wh=1500.0, **FLOWING)
    return wallbox


def bill(wallbox: Wallbox) -> list[tuple[int, str]]:
    return [(each["meterStop"], each["reason"]) for each in wallbox.sent("StopTransaction")]


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        (lambda wallbox: wallbox.act(PresentCard(CARD)), "Local"),
        (lambda wallbox: wallbox.act(PressStop()), "Local"),
        (
            lambda wallbox: wallbox.command("RemoteStopTransaction", {"transactionId": 77}),
            "Remote",
        ),
        (lambda wallbox: wallbox.command("UnlockConnector", {"connectorId": 1}), "UnlockCommand"),
    ],
)
def test_current_is_taken_away_first_and_the_end_is_what_the_meter_shows_then_r109(
    ends: Callable[[Wallbox], object], reason: str
) -> None:
    wallbox = lagging()
    ends(wallbox)
    assert (offers(wallbox)[-1], bill(wallbox)) == (0.0, [])
    look(wallbox, Pilot.C, energy_wh=1505.0, **FLOWING)
    ends(wallbox)
    assert bill(wallbox) == []
    look(wallbox, Pilot.C, energy_wh=1509.0)
    assert bill(wallbox) == [(1509, reason)]
    assert status(wallbox) is ConnectorStatus.FINISHING


def test_power_alone_tells_that_energy_flows() -> None:
    wallbox = lagging()
    look(wallbox, Pilot.C, energy_wh=1500.0, power_w=3000.0)
    wallbox.act(PressStop())
    assert bill(wallbox) == []


def test_an_end_waits_for_no_meter_that_never_stands_still() -> None:
    wallbox = lagging()
    wallbox.act(PressStop())
    assert wallbox.machine.deadline() == wallbox.now + STILL_S
    wallbox.later(STILL_S - 1)
    assert bill(wallbox) == []
    wallbox.later(1)
    assert bill(wallbox) == [(1500, "Local")]


def test_an_end_without_current_or_with_a_meter_at_hand_is_said_at_once() -> None:
    still = lagging()
    look(still, Pilot.B, energy_wh=1500.0)
    still.act(PressStop())
    assert bill(still) == [(1500, "Local")]
    at_hand = driven()
    look(at_hand, Pilot.B)
    at_hand.act(PresentCard(CARD))
    look(at_hand, Pilot.C, energy_wh=1500.0, **FLOWING)
    at_hand.act(PressStop())
    assert bill(at_hand) == [(1500, "Local")]


@pytest.mark.parametrize("pilot", [Pilot.E, Pilot.F])
def test_what_cannot_be_seen_may_still_flow(pilot: Pilot) -> None:
    wallbox = lagging()
    wallbox.act(PressStop())
    look(wallbox, pilot, energy_wh=1500.0)
    assert bill(wallbox) == []
    look(wallbox, Pilot.B, energy_wh=1504.0)
    assert bill(wallbox) == [(1504, "Local")]


def test_who_leaves_meanwhile_ends_it_for_the_first_reason() -> None:
    wallbox = lagging()
    wallbox.act(PresentCard(CARD))
    look(wallbox, Pilot.A, energy_wh=1507.0)
    assert bill(wallbox) == [(1507, "Local")]
    assert wallbox.sent("StopTransaction")[0]["idTag"] == CARD


def test_a_reset_waits_for_no_meter() -> None:
    wallbox = lagging()
    wallbox.command("Reset", {"type": "Soft"})
    assert bill(wallbox) == [(1500, "SoftReset")]


def test_an_end_that_was_said_is_kept_over_a_restart_and_charges_no_more() -> None:
    before = lagging(keeps=True, resumes=True)
    before.command("RemoteStopTransaction", {"transactionId": 77})
    texts = [each.text for each in before.effects if isinstance(each, Keep)]
    again = Wallbox(kept=texts[-1], has_hardware=True, meter_lags=True, keeps=True, resumes=True)
    again.connect()
    look(again, Pilot.C, energy_wh=1509.0, **FLOWING)
    assert (offers(again), bill(again)) == ([0.0], [])
    again.later(STILL_S)
    assert bill(again) == [(1509, "Remote")]
