import pytest
from tests.support.wallboxes import NOON

from wattgate.core.ocpp.profiles import Running
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.connector import Claim, Connector, Transaction
from wattgate.core.wallbox.options import Permission


def connector(**fields: object) -> Connector:
    made = Connector(number=1, phases=3, car=Car(), limit_a=16.0, updated_at=0.0)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def running(**fields: object) -> Connector:
    made = connector(is_plugged=True)
    made.transaction = Transaction(1, "A", NOON, made.reading(), 0.0)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_nothing_is_offered_without_a_transaction() -> None:
    assert connector(is_plugged=True).offered_a == 0.0
    assert connector(is_plugged=True).status is ConnectorStatus.PREPARING


def test_a_transaction_draws_what_the_limit_allows() -> None:
    charging = running(limit_a=10.0)
    assert (charging.offered_a, charging.drawn_a, charging.power_w) == (10.0, 10.0, 6900.0)
    assert charging.status is ConnectorStatus.CHARGING


def test_an_error_keeps_the_transaction_and_stops_the_energy() -> None:
    broken = running(error_code="GroundFailure")
    assert broken.offered_a == 0.0
    assert broken.status is ConnectorStatus.FAULTED
    assert not broken.can_start


def test_a_refused_card_goes_on_without_energy() -> None:
    refused = running()
    assert refused.transaction is not None
    refused.transaction.is_refused = True
    assert refused.offered_a == 0.0
    assert refused.status is ConnectorStatus.SUSPENDED_EVSE


def test_a_pulled_plug_draws_nothing() -> None:
    pulled = running(is_plugged=False)
    assert pulled.drawn_a == 0.0
    assert pulled.status is ConnectorStatus.SUSPENDED_EV


def test_energy_flows_with_time_and_speed_and_never_back() -> None:
    charging = running()
    charging.advance(360.0, 1.0)
    assert charging.register_wh == pytest.approx(1104.0)
    charging.advance(720.0, 10.0)
    assert charging.register_wh == pytest.approx(12_144.0)
    charging.advance(700.0, 1.0)
    assert charging.register_wh == pytest.approx(12_144.0)
    assert charging.car.charged_wh == pytest.approx(32_144.0)


def test_a_full_battery_ends_the_energy_exactly() -> None:
    charging = running(car=Car(capacity_wh=1000, charged_wh=500))
    assert charging.seconds_until_change(1.0) == pytest.approx(500 / 11_040 * 3600)
    charging.advance(10_000.0, 1.0)
    assert charging.register_wh == 500.0
    assert charging.status is ConnectorStatus.SUSPENDED_EV
    assert charging.seconds_until_change(1.0) is None


@pytest.mark.parametrize(("transaction_id", "seen"), [(None, -1), (77, 77)])
def test_profiles_see_the_transaction(transaction_id: int | None, seen: int) -> None:
    charging = running()
    assert charging.transaction is not None
    charging.transaction.transaction_id = transaction_id
    assert charging.running == Running(seen, NOON)
    assert connector().running is None


def test_a_claim_prepares() -> None:
    assert connector(claim=Claim("A", None)).status is ConnectorStatus.PREPARING


@pytest.mark.parametrize(
    ("plugged", "operative", "offered_a"),
    [(True, True, 16.0), (False, True, 0.0), (True, False, 0.0)],
)
def test_where_nobody_needs_a_card_a_plugged_car_is_offered_current(
    plugged: bool, operative: bool, offered_a: float
) -> None:
    made = connector(permission=Permission.PLUG, is_plugged=plugged, is_operative=operative)
    assert made.offered_a == offered_a
    assert made.is_in_session is (offered_a > 0)
