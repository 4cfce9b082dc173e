import json

import pytest
from tests.support.wallboxes import (
    ACCEPTED,
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

from wattgate.core.wallbox.actions import AddSignedText, Plug, PresentCard, PressStop, Unplug
from wattgate.core.wallbox.quirks import Quirk

START = "StartTransaction"
STOP = "StopTransaction"
OCMF = 'OCMF|{"FV":"1.0","RD":[{"RV":1.10}]}|{"SD":"3045\u00e4"}'
REFUSED = {"idTagInfo": {"status": "Blocked"}, "transactionId": 78}


def offline_transaction() -> Wallbox:
    """A transaction that began and ended without link, on a card that is known."""
    wallbox = online()
    wallbox.act(PresentCard(CARD))
    wallbox.later(121)
    wallbox.disconnect()
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.later(90)
    wallbox.act(PressStop())
    return wallbox


def test_a_transaction_starts_when_card_and_plug_are_there_p29() -> None:
    wallbox = charging()
    (start,) = wallbox.sent(START)
    assert start == {
        "connectorId": 1,
        "idTag": CARD,
        "meterStart": 0,
        "timestamp": "2026-05-15T12:00:00.000Z",
    }
    assert wallbox.statuses() == ["Available", "Preparing", "Charging"]
    assert wallbox.events("started")[0]["transaction_id"] == 77


def test_samples_come_at_their_interval_with_the_ids_of_the_transaction() -> None:
    wallbox = charging(**configured(MeterValueSampleInterval="60"))
    wallbox.later(120)
    samples = wallbox.sent("MeterValues")
    assert [sample["transactionId"] for sample in samples] == [77, 77]
    values = samples[-1]["meterValue"][0]["sampledValue"]
    by_measurand = {value["measurand"]: value["value"] for value in values}
    assert by_measurand["Energy.Active.Import.Register"] == "368"
    assert by_measurand["Power.Active.Import"] == "11040.0"
    assert by_measurand["Current.Offered"] == "16.0"


def test_an_interval_of_zero_takes_no_samples() -> None:
    wallbox = charging(**configured(MeterValueSampleInterval="0"))
    wallbox.later(100_000)
    assert wallbox.sent("MeterValues") == []


def test_some_send_samples_on_request_only() -> None:
    wallbox = charging(**playing(Quirk.NO_METER_VALUES))
    wallbox.later(3600)
    assert wallbox.sent("MeterValues") == []
    wallbox.command("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    assert len(wallbox.sent("MeterValues")) == 1


def test_a_sample_without_measurands_is_not_sent() -> None:
    wallbox = charging(**configured(MeterValuesSampledData=""))
    wallbox.later(60)
    assert wallbox.sent("MeterValues") == []
    assert len(wallbox.events("meter")) == 1


def test_the_stop_says_why_and_how_much() -> None:
    wallbox = charging()
    wallbox.later(3600)
    wallbox.act(PressStop())
    (stop,) = wallbox.sent(STOP)
    assert stop == {
        "transactionId": 77,
        "meterStop": 11040,
        "timestamp": "2026-05-15T13:00:00.000Z",
        "reason": "Local",
    }
    assert wallbox.events("stopped")[0]["energy_wh"] == 11040
    assert wallbox.statuses()[-1] == "Finishing"


def test_stopping_twice_stops_once() -> None:
    wallbox = charging()
    wallbox.act(PressStop(), PressStop())
    assert len(wallbox.sent(STOP)) == 1


def test_the_register_goes_on_from_transaction_to_transaction() -> None:
    wallbox = charging()
    wallbox.later(3600)
    wallbox.act(PressStop(), PresentCard(CARD))
    assert wallbox.sent(START)[-1]["meterStart"] == 11040
    assert wallbox.statuses()[-3:] == ["Finishing", "Preparing", "Charging"]


def test_the_stop_carries_begin_and_end_where_that_is_configured() -> None:
    wallbox = charging(**configured(StopTxnSampledData="Energy.Active.Import.Register"))
    wallbox.later(3600)
    wallbox.act(PressStop())
    begin, end = wallbox.sent(STOP)[0]["transactionData"]
    assert begin["timestamp"] == "2026-05-15T12:00:00.000Z"
    assert (begin["sampledValue"][0]["value"], end["sampledValue"][0]["value"]) == ("0", "11040")
    assert begin["sampledValue"][0]["context"] == "Transaction.Begin"
    assert end["sampledValue"][0]["context"] == "Transaction.End"


def test_a_signed_text_goes_into_the_next_stop_as_it_is_p17() -> None:
    wallbox = charging()
    wallbox.act(AddSignedText(OCMF), PressStop())
    (data,) = wallbox.sent(STOP)[0]["transactionData"]
    assert data["sampledValue"][0]["value"] == OCMF
    assert data["sampledValue"][0]["format"] == "SignedData"


def test_a_signed_text_goes_into_the_next_sample_and_only_there_p17() -> None:
    wallbox = charging(**configured(MeterValuesSampledData=""))
    wallbox.act(AddSignedText(OCMF))
    wallbox.later(120)
    (sample,) = wallbox.sent("MeterValues")
    assert [value["value"] for value in sample["meterValue"][0]["sampledValue"]] == [OCMF]


def test_a_transaction_without_link_is_delivered_later_in_order_r58() -> None:
    wallbox = offline_transaction()
    assert wallbox.sent(START) == []
    wallbox.answers[START] = {**ACCEPTED, "transactionId": 9001}
    wallbox.connect()
    order = [a for a in wallbox.sent_actions() if a in {START, STOP, "MeterValues"}]
    assert order == [START, "MeterValues", STOP]
    assert wallbox.sent(START)[0]["timestamp"] == "2026-05-15T12:02:01.000Z"
    assert wallbox.sent("MeterValues")[0]["transactionId"] == 9001
    assert wallbox.sent(STOP)[0]["transactionId"] == 9001


def test_a_message_without_answer_is_repeated_with_the_same_payload_r66() -> None:
    wallbox = online()
    wallbox.answers[START] = None
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.disconnect()
    wallbox.connect()
    first, second = wallbox.sent(START)
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.parametrize("error", [True, False])
def test_a_start_is_tried_three_times_then_its_stop_says_minus_one_r64(error: bool) -> None:
    wallbox = online()
    wallbox.answers[START] = None
    wallbox.act(Plug(), PresentCard(CARD), PressStop())
    for waits_s in (60, 120):
        wallbox.reply(START, error=error)
        wallbox.later(waits_s)
    assert wallbox.sent(STOP) == []
    wallbox.reply(START, error=error)
    assert len(wallbox.sent(START)) == 3
    assert wallbox.events("given-up") == [{"action": START}]
    assert wallbox.sent(STOP)[0]["transactionId"] == -1


def test_a_stop_that_is_refused_is_repeated() -> None:
    wallbox = charging()
    wallbox.answers[STOP] = None
    wallbox.act(PressStop())
    wallbox.reply(STOP, error=True)
    wallbox.later(60)
    assert len(wallbox.sent(STOP)) == 2


def test_a_card_refused_at_the_start_ends_the_transaction() -> None:
    wallbox = online()
    wallbox.answers[START] = REFUSED
    wallbox.act(Plug(), PresentCard(CARD))
    assert wallbox.sent(STOP)[0]["reason"] == "DeAuthorized"
    assert wallbox.sent(STOP)[0]["transactionId"] == 78
    assert wallbox.statuses()[-1] == "Finishing"


def test_or_it_goes_on_without_energy() -> None:
    wallbox = online(**configured(StopTransactionOnInvalidId="false"))
    wallbox.answers[START] = REFUSED
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.later(3600)
    assert wallbox.sent(STOP) == []
    assert wallbox.statuses()[-1] == "SuspendedEVSE"
    assert wallbox.state()["energy_wh"] == 0


def test_a_start_answered_after_the_end_changes_nothing_but_the_stop() -> None:
    wallbox = online()
    wallbox.answers[START] = None
    wallbox.act(Plug(), PresentCard(CARD), PressStop(), PresentCard("OTHER"))
    wallbox.answers[START] = {**ACCEPTED, "transactionId": 80}
    wallbox.reply(START, REFUSED)
    assert wallbox.sent(STOP)[0]["transactionId"] == 78
    assert [facts["transaction_id"] for facts in wallbox.events("started")] == [80]


def test_a_full_car_is_suspended_ev() -> None:
    wallbox = charging(car=car(capacity_wh=1000.0, charged_wh=500.0))
    wallbox.later(3600)
    assert wallbox.statuses()[-1] == "SuspendedEV"
    assert wallbox.state()["energy_wh"] == 500


def test_a_tx_profile_ends_with_its_transaction_r92() -> None:
    wallbox = charging()
    status = set_limit(wallbox, 8.0, chargingProfilePurpose="TxProfile", transactionId=77)
    assert status == "Accepted"
    wallbox.act(PressStop(), PresentCard(CARD))
    assert wallbox.state()["offered_a"] == 16.0


def test_a_used_reservation_is_named_and_gone() -> None:
    wallbox = online()
    wallbox.command(
        "ReserveNow",
        {
            "connectorId": 1,
            "expiryDate": "2026-05-15T13:00:00Z",
            "idTag": CARD,
            "reservationId": 5,
        },
    )
    wallbox.act(Plug(), PresentCard(CARD))
    assert wallbox.sent(START)[0]["reservationId"] == 5
    wallbox.act(Unplug())
    assert wallbox.statuses()[-1] == "Available"


@pytest.mark.parametrize(("answered", "has_id"), [(True, True), (False, False)])
def test_a_sample_on_request_names_the_transaction_if_it_can_r76(
    answered: bool, has_id: bool
) -> None:
    wallbox = online()
    if not answered:
        wallbox.answers[START] = None
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.command("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    (sample,) = wallbox.sent("MeterValues")
    assert ("transactionId" in sample) is has_id
    assert sample["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


def test_a_sample_on_request_without_transaction_or_measurands() -> None:
    wallbox = online()
    trigger = {"requestedMessage": "MeterValues"}
    wallbox.command("TriggerMessage", trigger)
    assert "transactionId" not in wallbox.sent("MeterValues")[0]
    wallbox.command("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": ""})
    wallbox.command("TriggerMessage", trigger)
    assert len(wallbox.sent("MeterValues")) == 1


def test_the_card_that_ended_it_is_named() -> None:
    wallbox = charging()
    wallbox.act(PresentCard(CARD))
    assert wallbox.sent(STOP)[0]["idTag"] == CARD


def test_a_profile_that_came_with_the_start_is_installed_r75() -> None:
    wallbox = online()
    wallbox.act(Plug())
    profile = limit_of(8.0, chargingProfilePurpose="TxProfile")
    wallbox.command("RemoteStartTransaction", {"idTag": CARD, "chargingProfile": profile})
    assert wallbox.state()["offered_a"] == 8.0
