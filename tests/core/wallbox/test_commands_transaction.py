import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, configured, limit_of, online

from wattgate.core.wallbox.actions import Plug, PresentCard, PressStop, Unplug

START = "RemoteStartTransaction"
ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}


def plugged(**options: object) -> Wallbox:
    wallbox = online(**options)
    wallbox.act(Plug())
    return wallbox


def pending() -> Wallbox:
    wallbox = Wallbox()
    wallbox.answers["BootNotification"] = {
        "status": "Pending",
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": 300,
    }
    wallbox.connect()
    wallbox.act(Plug())
    return wallbox


def test_a_remote_start_needs_no_check_of_the_card() -> None:
    wallbox = plugged()
    assert wallbox.command(START, {"idTag": CARD, "connectorId": 1}) == ACCEPTED
    assert wallbox.sent("Authorize") == []
    assert wallbox.sent("StartTransaction")[0]["idTag"] == CARD


def test_unless_the_card_is_to_be_checked() -> None:
    wallbox = plugged(**configured(AuthorizeRemoteTxRequests="true"))
    wallbox.answers["Authorize"] = {"idTagInfo": {"status": "Invalid"}}
    assert wallbox.command(START, {"idTag": CARD}) == ACCEPTED
    assert len(wallbox.sent("Authorize")) == 1
    assert wallbox.sent("StartTransaction") == []


def test_a_remote_start_waits_for_the_plug() -> None:
    wallbox = online()
    assert wallbox.command(START, {"idTag": CARD}) == ACCEPTED
    assert wallbox.sent("StartTransaction") == []
    wallbox.act(Plug())
    assert len(wallbox.sent("StartTransaction")) == 1


@pytest.mark.parametrize(("connector", "answer"), [(1, REJECTED), (2, REJECTED), (None, REJECTED)])
def test_no_second_transaction_starts_where_one_runs(
    connector: int | None, answer: dict[str, str]
) -> None:
    request = {"idTag": "B"} if connector is None else {"idTag": "B", "connectorId": connector}
    assert charging().command(START, request) == answer


def test_a_pending_wallbox_starts_and_stops_nothing_r41() -> None:
    wallbox = pending()
    assert wallbox.command(START, {"idTag": CARD}) == REJECTED


def test_a_wallbox_that_became_pending_again_does_not_stop_r41() -> None:
    wallbox = charging(boot_on_reconnect=True)
    wallbox.answers["BootNotification"] = {
        "status": "Pending",
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": 300,
    }
    wallbox.disconnect()
    wallbox.connect()
    assert wallbox.command("RemoteStopTransaction", {"transactionId": 77}) == REJECTED


def test_the_profile_of_a_remote_start_holds_for_its_transaction_r75() -> None:
    wallbox = plugged()
    profile = limit_of(8.0, chargingProfilePurpose="TxProfile")
    assert wallbox.command(START, {"idTag": CARD, "chargingProfile": profile}) == ACCEPTED
    assert wallbox.state()["offered_a"] == 8.0
    wallbox.act(PressStop(), PresentCard(CARD))
    assert wallbox.state()["offered_a"] == 16.0


@pytest.mark.parametrize(
    ("profile", "answer"),
    [
        (limit_of(8.0), REJECTED),
        (limit_of(8.0, chargingProfilePurpose="TxProfile", stackLevel=99), REJECTED),
        (
            limit_of(8.0, chargingProfilePurpose="TxProfile", unit="X"),
            "PropertyConstraintViolation",
        ),
        (None, ACCEPTED),
    ],
)
def test_a_remote_start_with_another_profile_is_refused(
    profile: dict[str, object] | None, answer: object
) -> None:
    assert plugged().command(START, {"idTag": CARD, "chargingProfile": profile}) == answer


@pytest.mark.parametrize(("transaction_id", "answer"), [(77, ACCEPTED), (78, REJECTED)])
def test_a_remote_stop_ends_the_transaction_it_names(
    transaction_id: int, answer: dict[str, str]
) -> None:
    wallbox = charging(connectors=2)
    request = {"transactionId": transaction_id}
    assert wallbox.command("RemoteStopTransaction", request) == answer
    reasons = [stop["reason"] for stop in wallbox.sent("StopTransaction")]
    assert reasons == (["Remote"] if answer == ACCEPTED else [])


def test_unlocking_ends_the_transaction() -> None:
    wallbox = charging()
    assert wallbox.command("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert wallbox.sent("StopTransaction")[0]["reason"] == "UnlockCommand"
    wallbox.act(Unplug())
    assert wallbox.statuses()[-1] == "Available"


def test_a_connector_that_is_not_there_cannot_be_unlocked() -> None:
    assert online().command("UnlockConnector", {"connectorId": 3}) == {"status": "NotSupported"}


def test_where_nothing_holds_the_plug_it_cannot_be_unlocked_r108() -> None:
    wallbox = charging(has_lock=False)
    assert wallbox.command("UnlockConnector", {"connectorId": 1}) == {"status": "NotSupported"}
    assert wallbox.sent("StopTransaction") == []
