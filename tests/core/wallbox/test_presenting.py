import pytest
from tests.support.wallboxes import ACCEPTED, CARD, Wallbox, charging, configured, online

from wattgate.core.wallbox.actions import Plug, PresentCard, Unplug
from wattgate.core.wallbox.options import Permission

RESERVATION = {
    "connectorId": 1,
    "expiryDate": "2026-05-15T13:00:00Z",
    "idTag": "RESERVED",
    "reservationId": 5,
}


def verdicts(wallbox: Wallbox) -> list[str]:
    return [facts["status"] for facts in wallbox.events("authorized")]


def test_the_card_of_a_transaction_ends_it_whatever_its_case_r54() -> None:
    wallbox = charging()
    wallbox.act(PresentCard(CARD.lower()))
    (stop,) = wallbox.sent("StopTransaction")
    assert stop["idTag"] == CARD.lower()
    assert stop["reason"] == "Local"


def test_another_card_does_not() -> None:
    wallbox = charging()
    wallbox.act(PresentCard("OTHER"))
    assert wallbox.sent("StopTransaction") == []
    assert "OTHER" in wallbox.events("problem")[0]["what"]


def test_a_refused_card_starts_nothing() -> None:
    wallbox = online()
    wallbox.answers["Authorize"] = {"idTagInfo": {"status": "Invalid"}}
    wallbox.act(Plug(), PresentCard(CARD))
    assert verdicts(wallbox) == ["Invalid"]
    assert wallbox.sent("StartTransaction") == []


def test_an_accepted_card_waits_for_the_plug_but_not_for_ever() -> None:
    wallbox = online()
    wallbox.act(PresentCard(CARD))
    assert wallbox.statuses()[-1] == "Preparing"
    wallbox.later(120)
    assert wallbox.statuses()[-1] == "Available"
    wallbox.act(Plug())
    assert wallbox.sent("StartTransaction") == []


def test_with_a_connection_time_out_of_zero_it_waits_for_ever() -> None:
    wallbox = online(**configured(ConnectionTimeOut="0"))
    wallbox.act(PresentCard(CARD))
    wallbox.later(100_000)
    wallbox.act(Plug())
    assert len(wallbox.sent("StartTransaction")) == 1


@pytest.mark.parametrize(
    ("keys", "known", "verdict"),
    [
        ({}, None, "Invalid"),
        ({"AllowOfflineTxForUnknownId": "true"}, None, "Accepted"),
        ({}, "Accepted", "Accepted"),
        ({}, "Blocked", "Blocked"),
        ({"AllowOfflineTxForUnknownId": "true"}, "Blocked", "Blocked"),
        ({"LocalAuthorizeOffline": "false"}, "Accepted", "Invalid"),
        ({"AuthorizationCacheEnabled": "false"}, "Accepted", "Invalid"),
    ],
)
def test_without_link_the_wallbox_decides_by_what_it_knows_r52(
    keys: dict[str, str], known: str | None, verdict: str
) -> None:
    wallbox = online(**configured(**keys))
    if known is not None:
        wallbox.answers["Authorize"] = {"idTagInfo": {"status": known}}
        wallbox.act(PresentCard(CARD))
        wallbox.later(200)
    wallbox.disconnect()
    wallbox.forget()
    wallbox.act(PresentCard(CARD))
    assert verdicts(wallbox) == [verdict]


@pytest.mark.parametrize("answer", [None, {"idTagInfo": {}}])
def test_an_authorize_without_usable_answer_counts_as_without_link(
    answer: dict[str, object] | None,
) -> None:
    wallbox = online()
    wallbox.answers["Authorize"] = None
    wallbox.act(PresentCard(CARD))
    wallbox.reply("Authorize", answer)
    assert verdicts(wallbox) == ["Invalid"]


@pytest.mark.parametrize(("pre", "asked"), [("true", 1), ("false", 2)])
def test_a_known_card_is_accepted_at_once_where_that_is_configured(pre: str, asked: int) -> None:
    wallbox = online(**configured(LocalPreAuthorize=pre))
    for _ in range(2):
        wallbox.act(PresentCard(CARD), Unplug())
    assert verdicts(wallbox) == ["Accepted", "Accepted"]
    assert len(wallbox.sent("Authorize")) == asked


def test_a_reserved_connector_is_for_its_card() -> None:
    wallbox = online()
    wallbox.command("ReserveNow", RESERVATION)
    wallbox.act(PresentCard(CARD))
    assert len(wallbox.events("problem")) == 1
    wallbox.act(PresentCard("reserved"))
    assert verdicts(wallbox) == ["Accepted"]


def test_a_card_goes_to_the_connector_that_is_plugged() -> None:
    wallbox = online(connectors=2)
    wallbox.act(Plug(2), PresentCard(CARD))
    assert wallbox.sent("StartTransaction")[0]["connectorId"] == 2


def test_a_card_for_a_connector_stays_there() -> None:
    wallbox = online(connectors=2)
    wallbox.act(Plug(2), PresentCard(CARD, 1))
    assert wallbox.sent("StartTransaction") == []
    assert wallbox.statuses(1)[-1] == "Preparing"


def test_a_verdict_that_comes_too_late_claims_nothing() -> None:
    wallbox = online()
    wallbox.answers["Authorize"] = None
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.command("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    wallbox.reply("Authorize", ACCEPTED)
    assert verdicts(wallbox) == ["Accepted"]
    assert wallbox.statuses()[-1] == "Unavailable"


def test_where_nobody_needs_a_card_it_is_read_and_begins_nothing() -> None:
    wallbox = Wallbox(permission=Permission.PLUG)
    wallbox.act(Plug(), PresentCard(CARD))
    assert wallbox.events("card") == [{"id_tag": CARD}]
    assert wallbox.events("authorized") == []
    assert wallbox.state()["status"] == "Charging"
    wallbox.act(Unplug())
    assert wallbox.state()["status"] == "Available"
