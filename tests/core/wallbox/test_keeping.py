"""What outlives a restart, and that it is said before it is confirmed."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.killed_wallbox import KilledWallbox
from tests.support.wallboxes import ACCEPTED, CARD, Wallbox, charging, online, set_limit

from wattgate.core.wallbox.actions import AddSignedText, Plug, PresentCard, PressStop, Unplug
from wattgate.core.wallbox.effects import Effect, Keep
from wattgate.core.wallbox.keeping import FORMAT, read_kept
from wattgate.core.wallbox.sealing import sealed
from wattgate.core.wallbox.sensed import Pilot, Sensed

KEPT: dict[str, Any] = {"keeps": True}


def keeping(**options: Any) -> Wallbox:  # noqa: ANN401 - the fields of Options
    return online(**KEPT, **options)


def text_of(wallbox: Wallbox) -> str:
    return [effect.text for effect in wallbox.effects if isinstance(effect, Keep)][-1]


def again(wallbox: Wallbox, off_s: float = 0.0, **options: Any) -> Wallbox:  # noqa: ANN401
    """The wallbox after a kill: what it kept last is all that it has."""
    return Wallbox(text_of(wallbox), wallbox.now + off_s, **KEPT, **options)


def keys(wallbox: Wallbox, *names: str) -> dict[str, str]:
    answer = wallbox.command("GetConfiguration", {"key": list(names)})
    return {each["key"]: each["value"] for each in answer["configurationKey"]}


COMMANDS: dict[str, dict[str, object]] = {
    "ReserveNow": {
        "connectorId": 1,
        "idTag": "R",
        "expiryDate": "2026-05-15T13:00:00Z",
        "reservationId": 5,
    },
    "ChangeConfiguration": {"key": "MeterValueSampleInterval", "value": "7"},
    "ChangeAvailability": {"connectorId": 0, "type": "Inoperative"},
    "SendLocalList": {
        "listVersion": 4,
        "updateType": "Full",
        "localAuthorizationList": [{"idTag": "L", "idTagInfo": {"status": "Accepted"}}],
    },
    "SetChargingProfile": {},
}


@pytest.mark.parametrize("action", COMMANDS)
def test_what_is_confirmed_is_kept_first(action: str) -> None:
    wallbox = keeping()
    wallbox.forget()
    if action == "SetChargingProfile":
        set_limit(wallbox, 10.0)
    else:
        wallbox.command(action, COMMANDS[action])
    assert isinstance(wallbox.effects[0], Keep)
    assert sum(isinstance(effect, Keep) for effect in wallbox.effects) == 1


@pytest.mark.parametrize(
    "do_nothing",
    [
        lambda w: w.command("GetConfiguration", {}),
        lambda w: w.later(59),
        lambda w: w.command("TriggerMessage", {"requestedMessage": "MeterValues"}),
        lambda w: set_limit(w, 10.0),
    ],
)
def test_what_changes_nothing_is_not_kept_again(do_nothing: Callable[[Wallbox], object]) -> None:
    wallbox = charging(**KEPT)
    set_limit(wallbox, 10.0)
    wallbox.forget()
    do_nothing(wallbox)
    assert not any(isinstance(effect, Keep) for effect in wallbox.effects)


def test_nothing_is_kept_unless_wanted() -> None:
    assert not any(isinstance(effect, Keep) for effect in charging().effects)


def test_a_password_is_not_shown() -> None:
    key = "ab" * 16
    wallbox = keeping()
    wallbox.command("ChangeConfiguration", {"key": "AuthorizationKey", "value": key})
    keep: Effect = next(e for e in reversed(wallbox.effects) if isinstance(e, Keep))
    assert key in text_of(wallbox)
    assert key not in repr(keep)
    assert again(wallbox).machine.password == b"\xab" * 16


def test_settings_cards_profiles_and_availability_outlive_a_restart() -> None:
    wallbox = keeping()
    for action, payload in COMMANDS.items():
        if payload:
            wallbox.command(action, payload)
    set_limit(wallbox, 9.0)
    wallbox.later(5)
    restarted = again(wallbox)
    restarted.connect()
    assert restarted.statuses() == ["Unavailable"]
    assert restarted.statuses(0) == ["Unavailable"]
    assert keys(restarted, "MeterValueSampleInterval") == {"MeterValueSampleInterval": "7"}
    assert restarted.command("GetLocalListVersion", {}) == {"listVersion": 4}
    assert restarted.state()["profiles"] == 1
    restarted.disconnect()
    restarted.command("ChangeAvailability", {"connectorId": 0, "type": "Operative"})
    assert restarted.command("CancelReservation", {"reservationId": 5}) == {"status": "Accepted"}
    restarted.act(PresentCard("L"))
    assert restarted.events("authorized")[-1]["status"] == "Accepted"


def test_a_cached_card_and_the_clock_are_known_before_the_central_system_is_r52() -> None:
    wallbox = keeping()
    wallbox.answers["Heartbeat"] = {"currentTime": "2026-05-15T15:00:00Z"}
    wallbox.later(3601)
    wallbox.act(PresentCard(CARD))
    restarted = again(wallbox)
    assert restarted.state()["clock"].startswith("2026-05-15T15:00:01")
    restarted.act(PresentCard(CARD))
    assert restarted.events("authorized")[-1]["status"] == "Accepted"


def test_a_clock_that_is_wrong_on_purpose_stays_so() -> None:
    restarted = again(keeping(), clock_offset_s=3600.0)
    assert restarted.state()["clock"].startswith("2026-05-15T13:00:00")


def test_what_was_never_written_follows_the_options() -> None:
    restarted = again(keeping(), configuration={"MeterValueSampleInterval": "3"})
    assert keys(restarted, "MeterValueSampleInterval") == {"MeterValueSampleInterval": "3"}


def test_undelivered_messages_outlive_a_restart_with_their_ids_r58_r66() -> None:
    wallbox = charging(**KEPT)
    wallbox.disconnect()
    wallbox.later(60)
    wallbox.act(PressStop())
    restarted = again(wallbox)
    restarted.connect()
    assert restarted.sent_actions()[-2:] == ["MeterValues", "StopTransaction"]
    (stop,) = restarted.sent("StopTransaction")
    assert stop["transactionId"] == 77
    assert restarted.sent("StartTransaction") == []
    again(restarted).connect()
    assert again(restarted).state()["queued"] == 0


def test_a_start_without_answer_is_sent_again_just_as_it_was_r61() -> None:
    wallbox = keeping()
    wallbox.answers["StartTransaction"] = None
    wallbox.act(Plug(), PresentCard(CARD))
    restarted = again(wallbox)
    restarted.connect()
    assert restarted.sent("StartTransaction") == wallbox.sent("StartTransaction")
    (stop,) = restarted.sent("StopTransaction")
    assert stop["transactionId"] == 77


def test_a_loss_of_power_ends_the_transaction_at_what_was_kept_and_the_next_has_another() -> None:
    wallbox = charging(**KEPT)
    wallbox.later(65)
    restarted = again(wallbox, off_s=600)
    (told,) = restarted.events("stopped")
    assert (told["reason"], told["energy_wh"]) == ("PowerLoss", 184)
    restarted.connect()
    (stop,) = restarted.sent("StopTransaction")
    assert (stop["meterStop"], stop["reason"]) == (184, "PowerLoss")
    assert stop["timestamp"] == "2026-05-15T12:01:00.000Z"
    restarted.act(Plug(), PresentCard(CARD))
    assert [each["meterStart"] for each in restarted.sent("StartTransaction")] == [184]


def look(wallbox: Wallbox, pilot: Pilot, energy_wh: float) -> None:
    sensed = Sensed(pilot, energy_wh, (10.0, 10.0, 10.0), 6900.0)
    wallbox.do(wallbox.machine.sensed(1, sensed, wallbox.moment))


def on_hardware(**options: Any) -> Wallbox:  # noqa: ANN401 - the fields of Options
    wallbox = keeping(has_hardware=True, **options)
    look(wallbox, Pilot.C, 1000.0)
    wallbox.act(PresentCard(CARD))
    look(wallbox, Pilot.C, 1100.0)
    wallbox.later(61)
    return wallbox


def test_what_a_real_meter_counted_until_the_power_went_is_billed_once() -> None:
    restarted = again(on_hardware(), has_hardware=True)
    assert restarted.events("stopped") == []
    assert restarted.state()["offered_a"] == 0.0
    restarted.connect()
    thrice = again(restarted, has_hardware=True)  # killed once more before the meter was read
    look(thrice, Pilot.C, 1150.0)
    (told,) = thrice.events("stopped")
    assert (told["reason"], told["energy_wh"]) == ("PowerLoss", 150)
    look(thrice, Pilot.C, 1150.0)
    thrice.connect()
    (stop,) = thrice.sent("StopTransaction")
    assert stop["meterStop"] == 1150
    assert thrice.state()["status"] == "Preparing"


def test_where_only_the_program_was_away_the_transaction_goes_on() -> None:
    wallbox = on_hardware(resumes=True)
    restarted = again(wallbox, off_s=30, has_hardware=True, resumes=True)
    restarted.connect()
    look(restarted, Pilot.C, 1300.0)
    assert restarted.events("stopped") == []
    assert restarted.statuses() == ["SuspendedEV", "Charging"]
    restarted.later(61)
    assert [each["transactionId"] for each in restarted.sent("MeterValues")] == [77]
    look(restarted, Pilot.A, 1400.0)
    (stop,) = restarted.sent("StopTransaction")
    assert (stop["transactionId"], stop["meterStop"]) == (77, 1400)


def test_a_car_that_left_while_the_program_was_away_ends_the_transaction() -> None:
    restarted = again(on_hardware(resumes=True), has_hardware=True, resumes=True)
    look(restarted, Pilot.A, 1250.0)
    (told,) = restarted.events("stopped")
    assert (told["reason"], told["energy_wh"]) == ("EVDisconnected", 250)


def test_a_car_that_is_done_is_not_taken_for_a_new_one_r57() -> None:
    wallbox = on_hardware(resumes=True, fixed_id_tag="FIXED")
    wallbox.act(PressStop())
    restarted = again(wallbox, has_hardware=True, resumes=True, fixed_id_tag="FIXED")
    look(restarted, Pilot.B, 1250.0)
    assert restarted.state()["status"] == "Finishing"
    look(restarted, Pilot.A, 1250.0)
    assert restarted.state()["status"] == "Available"


def test_the_register_never_falls_over_a_restart() -> None:
    wallbox = charging(**KEPT)
    wallbox.later(65)
    wallbox.act(Unplug())
    assert again(wallbox).state()["energy_wh"] == wallbox.state()["energy_wh"]


@pytest.mark.parametrize(
    ("text", "connectors", "reason"),
    [
        ("no JSON", 1, "cannot be read"),
        (sealed({"a": 1}, FORMAT), 1, "cannot be read"),
        ("", 2, "of a wallbox with 1 connectors"),
    ],
)
def test_what_was_not_kept_by_this_wallbox_counts_as_nothing_and_is_told(
    text: str, connectors: int, reason: str
) -> None:
    wallbox = keeping()
    set_limit(wallbox, 9.0)
    fresh = Wallbox(text or text_of(wallbox), **KEPT, connectors=connectors)
    (problem,) = fresh.events("problem")
    assert reason in problem["what"]
    assert fresh.state()["profiles"] == 0


def test_a_transaction_after_a_restart_is_never_taken_for_one_before_it_r61() -> None:
    wallbox = keeping()
    wallbox.answers["StartTransaction"] = None
    wallbox.act(Plug(), PresentCard(CARD))
    restarted = again(wallbox)
    restarted.answers["StartTransaction"] = None
    restarted.act(Plug(), PresentCard(CARD))
    restarted.connect()
    restarted.reply("StartTransaction", {**ACCEPTED, "transactionId": 77})
    assert restarted.state()["transaction_id"] is None
    restarted.reply("StartTransaction", {**ACCEPTED, "transactionId": 78})
    assert restarted.state()["transaction_id"] == 78
    assert [each["transactionId"] for each in restarted.sent("StopTransaction")] == [77]


def test_samples_go_on_at_their_interval_whatever_the_clock_counts_from() -> None:
    text = text_of(on_hardware(resumes=True))
    restarted = Wallbox(text, 5.0, **KEPT, has_hardware=True, resumes=True)
    restarted.later(59)
    assert restarted.events("meter") == []
    restarted.later(1)
    assert len(restarted.events("meter")) == 1


def test_a_message_that_takes_the_place_of_another_is_kept() -> None:
    wallbox = charging(**KEPT)
    wallbox.answers["MeterValues"] = None
    wallbox.later(60)
    wallbox.forget()
    wallbox.now += 60
    wallbox.reply("MeterValues", {})
    assert isinstance(wallbox.effects[0], Keep)


def test_a_card_that_was_refused_stays_so() -> None:
    off: dict[str, Any] = {
        "configuration": {"StopTransactionOnInvalidId": "false"},
        "has_hardware": True,
    }
    wallbox = keeping(resumes=True, **off)
    wallbox.answers["StartTransaction"] = {
        "idTagInfo": {"status": "Blocked"},
        "transactionId": 78,
    }
    look(wallbox, Pilot.C, 1000.0)
    wallbox.act(PresentCard(CARD))
    restarted = again(wallbox, resumes=True, **off)
    look(restarted, Pilot.C, 1000.0)
    assert restarted.state()["transaction_id"] == 78
    assert restarted.state()["offered_a"] == 0.0


@pytest.mark.parametrize(("signed", "may_go"), [((), True), (("a text",), False)])
def test_a_signed_reading_is_never_given_up_r117(signed: tuple[str, ...], may_go: bool) -> None:
    wallbox = charging(**KEPT)
    wallbox.disconnect()
    wallbox.act(*map(AddSignedText, signed))
    wallbox.later(60)
    (message,) = read_kept(wallbox.machine.kept(), 1).messages
    assert message.is_expendable is may_go


DEEDS = ("connect", "disconnect", "card", "plug", "wait", "kill")


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 6) | st.none()), max_size=25),
    st.booleans(),
)
def test_whenever_it_is_killed_every_wh_is_billed_once_and_to_one_r58_r61(
    story: list[tuple[str, int | None]], resumes: bool
) -> None:
    wallbox = KilledWallbox(resumes=resumes)
    for deed in ("connect", "plug", "card", "wait"):
        getattr(wallbox, deed)()
    for deed, lives_for in story:
        wallbox.lives_for = lives_for
        getattr(wallbox, deed)()
        if wallbox.lives_for == 0:
            wallbox.kill()
        wallbox.lives_for = None
    wallbox.kill()
    wallbox.is_plugged = True
    wallbox.plug()
    wallbox.connect()
    bills = wallbox.bills()
    assert sum(end - begin for begin, end in bills) == wallbox.energy_wh
    assert all(first[1] <= second[0] for first, second in pairwise(bills))
