from datetime import UTC, datetime

import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, configured, online, playing

from wattgate.core.wallbox.actions import Plug, PresentCard, ShowFault, Unplug
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.quirks import Quirk

BOOT = "BootNotification"


def waiting(status: str, interval: int = 300) -> Wallbox:
    """A wallbox that was told Pending or Rejected."""
    wallbox = Wallbox()
    wallbox.answers[BOOT] = {
        "status": status,
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": interval,
    }
    wallbox.connect()
    return wallbox


def test_nothing_is_sent_before_the_boot_is_accepted_r41() -> None:
    wallbox = Wallbox()
    wallbox.answers[BOOT] = None
    wallbox.connect()
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.later(3000)
    assert wallbox.sent_actions() == [BOOT]


def test_the_boot_tells_who_it_is_and_leaves_out_what_is_empty() -> None:
    wallbox = online(serial="S1", vendor="V", model="M")
    assert wallbox.sent(BOOT) == [
        {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": "S1"}
    ]


def test_after_the_boot_every_connector_reports_its_state_r49() -> None:
    wallbox = online(connectors=2)
    reports = wallbox.sent("StatusNotification")
    assert [(r["connectorId"], r["status"], r["errorCode"]) for r in reports] == [
        (0, "Available", "NoError"),
        (1, "Available", "NoError"),
        (2, "Available", "NoError"),
    ]


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@pytest.mark.parametrize(("interval", "waits_s"), [(300, 300), (0, 60)])
def test_a_boot_that_is_not_accepted_is_repeated_after_the_interval_r41(
    status: str, interval: int, waits_s: int
) -> None:
    wallbox = waiting(status, interval)
    wallbox.later(waits_s - 1)
    assert wallbox.sent_actions() == [BOOT]
    wallbox.later(1)
    assert wallbox.sent_actions() == [BOOT, BOOT]


def test_a_rejected_wallbox_waits_even_over_a_new_connection_r41() -> None:
    wallbox = waiting("Rejected")
    wallbox.disconnect()
    wallbox.connect()
    assert wallbox.sent_actions() == [BOOT]
    wallbox.later(300)
    assert wallbox.sent_actions() == [BOOT, BOOT]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, False),
        (None, True),
        ({"status": "Perhaps", "currentTime": "x", "interval": 1}, False),
        ({"status": "Accepted"}, False),
        ({"status": "Accepted", "currentTime": "x", "interval": 10**400}, False),
    ],
)
def test_a_boot_without_usable_answer_is_repeated_after_a_minute(
    answer: dict[str, object] | None, error: bool
) -> None:
    wallbox = Wallbox()
    wallbox.answers[BOOT] = None
    wallbox.connect()
    wallbox.reply(BOOT, answer, error=error)
    wallbox.later(59)
    assert wallbox.sent_actions() == [BOOT]
    wallbox.later(1)
    assert wallbox.sent_actions() == [BOOT, BOOT]


def test_a_link_lost_during_the_boot_boots_at_once_on_the_next() -> None:
    wallbox = Wallbox()
    wallbox.answers[BOOT] = None
    wallbox.connect()
    wallbox.disconnect()
    wallbox.connect()
    assert wallbox.sent_actions() == [BOOT, BOOT]


def test_a_mere_reconnect_needs_no_boot_and_reports_only_what_changed_r44() -> None:
    wallbox = online()
    wallbox.disconnect()
    wallbox.act(Plug())
    wallbox.connect()
    assert wallbox.sent_actions().count(BOOT) == 1
    assert wallbox.statuses() == ["Available", "Preparing"]


def test_states_passed_while_offline_are_not_reported_r49() -> None:
    wallbox = charging()
    wallbox.forget()
    wallbox.disconnect()
    wallbox.act(Unplug(), ShowFault("OverVoltage"), Plug())
    wallbox.connect()
    assert wallbox.statuses() == ["Faulted"]
    assert wallbox.sent("StatusNotification")[0]["errorCode"] == "OverVoltage"


def test_a_report_that_went_with_its_link_is_made_on_the_next_one_r49() -> None:
    wallbox = online()
    wallbox.answers["StatusNotification"] = None
    wallbox.act(Plug())
    wallbox.command("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 0})
    wallbox.disconnect()
    wallbox.forget()
    wallbox.answers["StatusNotification"] = {}
    wallbox.connect()
    reports = [(each["connectorId"], each["status"]) for each in wallbox.sent("StatusNotification")]
    assert sorted(reports) == [(0, "Available"), (1, "Preparing")]


def test_some_wallboxes_boot_on_every_connection() -> None:
    wallbox = online(boot_on_reconnect=True)
    wallbox.disconnect()
    wallbox.connect()
    assert wallbox.sent_actions().count(BOOT) == 2


def test_the_heartbeat_keeps_the_interval_of_the_boot_r46() -> None:
    wallbox = Wallbox()
    wallbox.answers[BOOT] = {
        "status": "Accepted",
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": 30,
    }
    wallbox.connect()
    wallbox.later(29)
    assert wallbox.sent("Heartbeat") == []
    wallbox.later(31)
    assert len(wallbox.sent("Heartbeat")) == 2


def test_an_interval_of_zero_keeps_the_wallboxs_own() -> None:
    wallbox = Wallbox(**configured(HeartbeatInterval="40"))
    wallbox.answers[BOOT] = {
        "status": "Accepted",
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": 0,
    }
    wallbox.connect()
    wallbox.later(40)
    assert len(wallbox.sent("Heartbeat")) == 1


def test_a_heartbeat_interval_of_zero_is_none() -> None:
    wallbox = online()
    wallbox.command("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "0"})
    wallbox.forget()
    wallbox.later(100_000)
    assert wallbox.sent("Heartbeat") == []


def test_the_clock_follows_the_central_system() -> None:
    wallbox = Wallbox()
    wallbox.answers[BOOT] = {
        "status": "Accepted",
        "currentTime": "2030-01-01T00:00:00Z",
        "interval": 3600,
    }
    wallbox.connect()
    stamped = datetime.fromisoformat(wallbox.sent("StatusNotification")[0]["timestamp"])
    assert stamped == datetime(2030, 1, 1, tzinfo=UTC)
    wallbox.answers["Heartbeat"] = {"currentTime": "2031-01-01T00:00:00Z"}
    wallbox.later(3600)
    wallbox.act(Plug())
    assert wallbox.sent("StatusNotification")[-1]["timestamp"].startswith("2031-01-01T00:00")


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "2200-01-01", "1999-12-31", "0001-01-01"])
def test_a_time_that_cannot_be_true_does_not_stop_the_clock(time: str) -> None:
    wallbox = Wallbox()
    wallbox.answers["BootNotification"] = {"status": "Accepted", "currentTime": time, "interval": 0}
    wallbox.answers["Heartbeat"] = {"currentTime": time}
    wallbox.connect()
    wallbox.later(3 * 86_400)
    (problem,) = wallbox.events("problem")[:1]
    assert problem == {"what": f"the central system's time {time!r} cannot be true"}
    assert wallbox.state()["clock"] == "2026-05-18T12:00:00.000Z"


@pytest.mark.parametrize(("answer", "problems"), [({"currentTime": "noon"}, 1), ({}, 0)])
def test_a_time_that_cannot_be_read_changes_nothing(answer: dict[str, str], problems: int) -> None:
    wallbox = online()
    wallbox.answers["Heartbeat"] = answer
    wallbox.later(3600)
    assert len(wallbox.events("problem")) == problems


def test_connector_0_is_unavailable_only_when_nothing_runs_any_more() -> None:
    wallbox = charging()
    wallbox.command("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    assert wallbox.statuses(0) == ["Available"]
    wallbox.act(Unplug())
    assert wallbox.statuses(0) == ["Available", "Unavailable"]
    assert wallbox.statuses(1)[-1] == "Unavailable"


def test_a_state_is_reported_again_on_demand() -> None:
    wallbox = online()
    wallbox.forget()
    wallbox.command("TriggerMessage", {"requestedMessage": "StatusNotification"})
    assert wallbox.statuses(0) == wallbox.statuses(1) == ["Available"]


@pytest.mark.parametrize(
    ("offset_s", "clock"),
    [
        (None, "2026-05-15T09:00:00.000Z"),
        (0.0, "2026-05-15T12:00:00.000Z"),
        (300.0, "2026-05-15T12:05:00.000Z"),
        (-300.0, "2026-05-15T11:55:00.000Z"),
    ],
)
def test_a_clock_that_is_wrong_on_purpose_is_not_set_r48(
    offset_s: float | None, clock: str
) -> None:
    wallbox = Wallbox(clock_offset_s=offset_s)
    wallbox.answers[BOOT] = {
        "status": "Accepted",
        "currentTime": "2026-05-15T09:00:00Z",
        "interval": 3600,
    }
    wallbox.connect()
    assert wallbox.state()["clock"] == clock
    assert wallbox.sent("StatusNotification")[-1]["timestamp"] == clock


@pytest.mark.parametrize(("quirks", "answers"), [((), True), ((Quirk.DROPS_BEFORE_BOOT,), False)])
def test_a_command_before_the_boot_is_answered_or_not(
    quirks: tuple[Quirk, ...], answers: bool
) -> None:
    wallbox = Wallbox(**playing(*quirks))
    wallbox.answers[BOOT] = None
    wallbox.connect()
    assert (wallbox.command("ClearCache", {}) is not None) == answers
    boot = {"status": "Accepted", "currentTime": "2026-05-15T12:00:00Z", "interval": 300}
    wallbox.reply(BOOT, boot)
    assert wallbox.command("ClearCache", {}) == {"status": "Accepted"}


def test_another_make_is_told_by_another_boot_and_nothing_else_changes_r110() -> None:
    wallbox = charging(serial="S1")
    options = Options("CP1", serial="S2")
    wallbox.do(wallbox.machine.becomes(options, wallbox.moment))
    assert [boot["chargePointSerialNumber"] for boot in wallbox.sent(BOOT)] == ["S1", "S2"]
    assert len(wallbox.sent("StartTransaction")) == 1
    assert wallbox.sent("StopTransaction") == []
    assert wallbox.statuses()[-1] == "Charging"
    wallbox.do(wallbox.machine.becomes(options, wallbox.moment))
    assert len(wallbox.sent(BOOT)) == 2


def test_another_current_is_no_other_make() -> None:
    wallbox = charging(max_current_a=16.0)
    options = Options("CP1", max_current_a=10.0)
    wallbox.do(wallbox.machine.becomes(options, wallbox.moment))
    assert len(wallbox.sent(BOOT)) == 1
    assert wallbox.state()["offered_a"] == 10.0
