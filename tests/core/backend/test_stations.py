import pytest

from wattgate.core.backend.memory import StationMemory
from wattgate.core.backend.orders import Registration
from wattgate.core.backend.stations import Stations


def test_a_new_charge_point_is_remembered_once() -> None:
    stations = Stations({}, require_boot=False)
    stations.connected("CP1")
    stations.connected("CP1")
    assert stations.known == {"CP1": StationMemory()}
    assert stations.changes == 1


def test_boot_and_status_are_remembered() -> None:
    stations = Stations({}, require_boot=False)
    stations.booted("CP1", "Accepted", '{"x": 1}')
    stations.reported("CP1", 1, "Preparing")
    stations.reported("CP1", 0, "Available")
    stations.reported("CP1", 1, "Charging")
    connectors = {"0": "Available", "1": "Charging"}
    assert stations.known == {"CP1": StationMemory("Accepted", '{"x": 1}', connectors)}
    assert stations.changes == 4


@pytest.mark.parametrize(
    ("registration", "action", "welcome"),
    [
        ("Accepted", "StartTransaction", True),
        ("Pending", "StartTransaction", False),
        ("Pending", "StatusNotification", True),
        ("Pending", "BootNotification", True),
        ("Rejected", "StatusNotification", False),
        ("Rejected", "BootNotification", True),
    ],
)
def test_registration_decides_what_may_be_sent_r41(
    registration: Registration, action: str, welcome: bool
) -> None:
    stations = Stations({}, require_boot=False)
    stations.booted("CP1", registration, "{}")
    assert stations.may_send("CP1", action) is welcome


def test_a_charge_point_that_skips_the_boot_is_welcome_r44() -> None:
    assert Stations({}, require_boot=False).may_send("CP1", "StartTransaction")


def test_a_strict_backend_wants_a_boot_on_every_connection_r45() -> None:
    stations = Stations({"CP1": StationMemory("Accepted")}, require_boot=True)
    stations.connected("CP1")
    assert not stations.may_send("CP1", "StartTransaction")
    stations.booted("CP1", "Accepted", "{}")
    assert stations.may_send("CP1", "StartTransaction")
    stations.connected("CP1")
    assert not stations.may_send("CP1", "StartTransaction")
