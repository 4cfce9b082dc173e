import pytest
from tests.support.wallboxes import Wallbox, charging, configured, online

from wattgate.core.wallbox.actions import Plug, PresentCard, ShowFault

OFF = {"LocalAuthListEnabled": "false"}


def reserve(wallbox: Wallbox, reservation_id: int = 1, **fields: object) -> object:
    request = {
        "connectorId": 1,
        "expiryDate": "2026-05-15T13:00:00Z",
        "idTag": "A",
        "reservationId": reservation_id,
        **fields,
    }
    answer = wallbox.command("ReserveNow", request)
    return answer["status"] if isinstance(answer, dict) else answer


def update(wallbox: Wallbox, version: int, kind: str, *entries: object) -> object:
    request = {
        "listVersion": version,
        "updateType": kind,
        "localAuthorizationList": list(entries),
    }
    return wallbox.command("SendLocalList", request)["status"]


def entry(id_tag: str, status: str = "Accepted", **info: str) -> dict[str, object]:
    return {"idTag": id_tag, "idTagInfo": {"status": status, **info}}


@pytest.mark.parametrize(("enabled", "status"), [("true", "Accepted"), ("false", "Rejected")])
def test_only_a_cache_that_exists_can_be_cleared_r55(enabled: str, status: str) -> None:
    wallbox = online(**configured(AuthorizationCacheEnabled=enabled))
    assert wallbox.command("ClearCache", {}) == {"status": status}


def test_a_cleared_cache_knows_no_card() -> None:
    wallbox = charging()
    wallbox.command("ClearCache", {})
    wallbox.disconnect()
    wallbox.act(PresentCard("B"))
    assert wallbox.command("GetLocalListVersion", {}) == {"listVersion": 0}


def test_without_a_local_list_its_version_is_minus_one_r55() -> None:
    wallbox = online(**configured(**OFF))
    assert wallbox.command("GetLocalListVersion", {}) == {"listVersion": -1}
    assert update(wallbox, 1, "Full") == "NotSupported"


@pytest.mark.parametrize(
    ("version", "kind", "status"),
    [
        (4, "Full", "Accepted"),
        (6, "Differential", "Accepted"),
        (5, "Differential", "VersionMismatch"),
        (0, "Full", "Failed"),
        (-1, "Full", "Failed"),
    ],
)
def test_a_list_update_needs_a_version_that_fits(version: int, kind: str, status: str) -> None:
    wallbox = online()
    assert update(wallbox, 5, "Full", entry("A")) == "Accepted"
    assert update(wallbox, version, kind, entry("B")) == status


def test_a_list_that_is_too_long_fails() -> None:
    wallbox = online(**configured(LocalAuthListMaxLength="1"))
    assert update(wallbox, 1, "Full", entry("A"), entry("B")) == "Failed"
    assert wallbox.command("GetLocalListVersion", {}) == {"listVersion": 0}


def test_the_list_decides_without_link() -> None:
    wallbox = online()
    update(wallbox, 1, "Full", entry("A"), entry("B", expiryDate="2026-05-15T11:00:00Z"))
    update(wallbox, 2, "Differential", {"idTag": "C"})
    wallbox.disconnect()
    for id_tag in "ABC":
        wallbox.act(PresentCard(id_tag))
    verdicts = [facts["status"] for facts in wallbox.events("authorized")]
    assert verdicts == ["Accepted", "Expired", "Invalid"]


def test_a_reservation_holds_until_it_expires() -> None:
    wallbox = online()
    assert reserve(wallbox) == "Accepted"
    assert wallbox.statuses()[-1] == "Reserved"
    wallbox.later(3601)
    assert wallbox.statuses()[-1] == "Available"


def test_the_same_reservation_replaces_and_another_finds_it_occupied() -> None:
    wallbox = online(connectors=2)
    assert reserve(wallbox, 1) == "Accepted"
    assert reserve(wallbox, 1, idTag="B") == "Accepted"
    assert reserve(wallbox, 2) == "Occupied"
    assert reserve(wallbox, 1, connectorId=2) == "Accepted"
    assert wallbox.statuses(1)[-1] == "Available"


def test_a_plugged_connector_is_occupied() -> None:
    wallbox = online()
    wallbox.act(Plug())
    assert reserve(wallbox) == "Occupied"


def test_what_cannot_charge_cannot_be_reserved() -> None:
    wallbox = online()
    wallbox.act(ShowFault("OtherError"))
    assert reserve(wallbox) == "Faulted"
    wallbox = online()
    wallbox.command("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    assert reserve(wallbox) == "Unavailable"
    assert reserve(wallbox, connectorId=0) == "Rejected"
    assert reserve(wallbox, expiryDate="soon") == "PropertyConstraintViolation"


def test_a_reservation_is_cancelled_once() -> None:
    wallbox = online(connectors=2)
    reserve(wallbox, connectorId=2)
    cancel = {"reservationId": 1}
    assert wallbox.command("CancelReservation", cancel) == {"status": "Accepted"}
    assert wallbox.command("CancelReservation", cancel) == {"status": "Rejected"}
