import pytest
from tests.support.wallboxes import ACCEPTED, CARD, Wallbox, charging, configured, online

from wattgate.core.wallbox.actions import (
    Action,
    AddSignedText,
    ClearFault,
    FallAsleep,
    Plug,
    PowerCycle,
    PresentCard,
    PressStop,
    SendData,
    SetCarCurrent,
    SetHardwareCurrent,
    ShowFault,
    Unplug,
    WakeUp,
)


@pytest.mark.parametrize(
    "action",
    [Plug(2), Unplug(2), PressStop(2), SetCarCurrent(8, 2), ShowFault("X", 2), ClearFault(2)],
)
def test_a_connector_that_is_not_there_is_a_problem(action: Action) -> None:
    wallbox = online()
    wallbox.act(action)
    assert wallbox.events("problem") == [{"what": "there is no connector 2"}]


def test_pulling_the_plug_ends_the_transaction() -> None:
    wallbox = charging()
    wallbox.act(Unplug())
    assert wallbox.sent("StopTransaction")[0]["reason"] == "EVDisconnected"
    assert wallbox.statuses()[-1] == "Available"


def test_or_only_suspends_it() -> None:
    wallbox = charging(**configured(StopTransactionOnEVSideDisconnect="false"))
    wallbox.act(Unplug())
    assert wallbox.sent("StopTransaction") == []
    assert wallbox.statuses()[-1] == "SuspendedEV"
    wallbox.act(Plug())
    assert wallbox.statuses()[-1] == "Charging"


def test_a_fixed_card_counts_when_a_car_is_plugged_in_p30() -> None:
    wallbox = online(fixed_id_tag="FREE")
    wallbox.act(Plug())
    assert wallbox.sent("StartTransaction")[0]["idTag"] == "FREE"


def test_a_card_that_was_presented_counts_more_than_the_fixed_one_r57() -> None:
    wallbox = online(fixed_id_tag="FREE")
    wallbox.act(PresentCard(CARD), Plug())
    assert [start["idTag"] for start in wallbox.sent("StartTransaction")] == [CARD]


def test_a_fixed_card_counts_as_soon_as_it_may_start_something_p30() -> None:
    wallbox = online(fixed_id_tag="FREE")
    wallbox.act(ShowFault("GroundFailure"), Plug())
    assert wallbox.sent("Authorize") == []
    wallbox.act(ClearFault())
    assert wallbox.state()["status"] == "Charging"


def test_a_fixed_card_that_nobody_could_be_asked_about_is_asked_about_later_p30() -> None:
    wallbox = Wallbox(fixed_id_tag="FREE")
    wallbox.act(Plug())
    assert [each["status"] for each in wallbox.events("authorized")] == ["Invalid"]
    wallbox.connect()
    assert [start["idTag"] for start in wallbox.sent("StartTransaction")] == ["FREE"]
    wallbox.act(PressStop())
    wallbox.disconnect()
    wallbox.connect()
    assert len(wallbox.sent("StartTransaction")) == 1, "what a person ended stays ended"


def test_a_fixed_card_is_asked_about_again_on_the_next_link_p30() -> None:
    wallbox = online(fixed_id_tag="FREE")
    wallbox.answers["Authorize"] = None
    wallbox.act(Plug())
    wallbox.disconnect()
    wallbox.answers["Authorize"] = ACCEPTED
    wallbox.connect()
    assert [start["idTag"] for start in wallbox.sent("StartTransaction")] == ["FREE"]


@pytest.mark.parametrize("ended_by", [CARD, "FREE"])
def test_after_a_reset_only_the_fixed_card_counts_again_r57(ended_by: str) -> None:
    wallbox = online(fixed_id_tag="FREE")
    if ended_by == CARD:
        wallbox.act(PresentCard(CARD))
    wallbox.act(Plug())
    wallbox.command("Reset", {"type": "Hard"})
    wallbox.disconnect()
    wallbox.connect()
    started = [start["idTag"] for start in wallbox.sent("StartTransaction")]
    assert started == ([CARD] if ended_by == CARD else ["FREE", "FREE"])


def test_a_card_that_was_refused_is_not_followed_by_the_fixed_one_r57() -> None:
    wallbox = Wallbox(fixed_id_tag="FREE")
    wallbox.act(Plug(), PresentCard("STOLEN"))
    wallbox.connect()
    wallbox.later(600)
    assert wallbox.sent("StartTransaction") == []


def test_a_car_can_want_less() -> None:
    wallbox = charging()
    wallbox.act(SetCarCurrent(8.0))
    assert wallbox.state()["current_a"] == 8.0


def test_a_fault_stops_the_energy_and_mending_brings_it_back() -> None:
    wallbox = charging()
    wallbox.act(ShowFault("GroundFailure"), ClearFault())
    assert wallbox.statuses()[-3:] == ["Charging", "Faulted", "Charging"]
    codes = [report["errorCode"] for report in wallbox.sent("StatusNotification")]
    assert codes[-2:] == ["GroundFailure", "NoError"]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (SendData("V", "M", "x"), {"vendorId": "V", "messageId": "M", "data": "x"}),
        (SendData("V", None, None), {"vendorId": "V"}),
    ],
)
def test_vendor_data_is_sent_p18(action: SendData, payload: dict[str, str]) -> None:
    wallbox = online()
    wallbox.act(action)
    assert wallbox.sent("DataTransfer") == [payload]


@pytest.mark.parametrize(
    ("answer", "status", "data"),
    [
        ({"status": "Accepted"}, "Accepted", None),
        ({"status": "Accepted", "data": "y"}, "Accepted", "y"),
        (None, None, None),
    ],
)
def test_the_answer_to_vendor_data_is_told(
    answer: dict[str, str] | None, status: str | None, data: str | None
) -> None:
    wallbox = online()
    wallbox.answers["DataTransfer"] = None
    wallbox.act(SendData("V", None, "x"))
    wallbox.reply("DataTransfer", answer)
    assert wallbox.events("data-answer") == [{"status": status, "data": data}]


def test_vendor_data_is_not_sent_without_link() -> None:
    wallbox = Wallbox()
    wallbox.act(SendData("V", None, "x"))
    assert len(wallbox.events("problem")) == 1


def test_a_power_cycle_ends_the_transaction_and_tells_it_afterwards() -> None:
    wallbox = charging()
    wallbox.answers["StopTransaction"] = None
    wallbox.act(PowerCycle())
    assert wallbox.reboots() == 1
    wallbox.open.clear()
    wallbox.forget()
    wallbox.connect()
    assert wallbox.sent_actions()[0] == "BootNotification"
    assert wallbox.sent("StopTransaction")[0]["reason"] == "PowerLoss"
    assert wallbox.statuses() == ["Preparing"]


def test_the_state_is_shown_also_without_transaction() -> None:
    state = online().state()
    assert state["transaction_id"] is None
    assert state["status"] == "Available"
    assert state["soc_percent"] == 50.0


def test_the_stop_button_ends_the_transaction() -> None:
    wallbox = charging()
    wallbox.act(PressStop())
    assert wallbox.sent("StopTransaction")[0]["reason"] == "Local"


def test_the_hardware_can_be_turned_down() -> None:
    wallbox = charging()
    wallbox.act(SetHardwareCurrent(7.0))
    assert wallbox.state()["offered_a"] == 7.0


def test_a_signed_text_waits_for_the_next_sample() -> None:
    wallbox = charging()
    wallbox.act(AddSignedText("S"), PressStop())
    assert "transactionData" in wallbox.sent("StopTransaction")[0]


def test_a_sleeping_car_takes_nothing_until_it_is_woken() -> None:
    wallbox = charging()
    wallbox.act(FallAsleep())
    assert wallbox.state()["status"] == "SuspendedEV"
    wallbox.act(WakeUp())
    assert wallbox.state()["status"] == "Charging"


@pytest.mark.parametrize(
    ("timeout_s", "wait_s", "fixed"), [("120", 119, []), ("120", 120, ["FREE"]), ("0", 9999, [])]
)
def test_after_a_card_that_was_refused_the_next_plug_is_not_free_r57(
    timeout_s: str, wait_s: float, fixed: list[str]
) -> None:
    wallbox = online(fixed_id_tag="FREE", **configured(ConnectionTimeOut=timeout_s))
    wallbox.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    wallbox.act(PresentCard("STOLEN"))
    wallbox.later(wait_s)
    wallbox.act(Plug())
    assert [each["idTag"] for each in wallbox.sent("Authorize")] == ["STOLEN", *fixed]
    wallbox.act(Unplug(), Plug())
    assert [each["idTag"] for each in wallbox.sent("Authorize")] == ["STOLEN", *fixed, "FREE"]


def test_a_card_that_is_being_asked_about_is_not_overtaken_by_the_fixed_one_r57() -> None:
    wallbox = online(fixed_id_tag="FREE")
    wallbox.answers["Authorize"] = None
    wallbox.act(PresentCard(CARD), Plug())
    wallbox.reply("Authorize", {"idTagInfo": {"status": "Accepted"}})
    assert [each["idTag"] for each in wallbox.sent("StartTransaction")] == [CARD]
    assert len(wallbox.sent("Authorize")) == 1
