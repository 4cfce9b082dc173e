from dataclasses import replace

import pytest

from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.choices import DeviceType, GatewayRole
from wattgate.core.site.devices import MODBUS_STATION, EvseSettings


def test_p5_an_evse_stands_for_one_connector() -> None:
    evse = EvseSettings(id="stall-2", address="CP1", connector=2)
    assert evse.point == (False, "CP1", 2)
    assert (evse.station_id, evse.own_identity) == ("CP1", "CP1")
    assert evse.ocpp_connector == evse.connector


@pytest.mark.parametrize("device_type", [DeviceType.POWER_BRAIN, DeviceType.MODBUS])
def test_p16_a_wallbox_without_ocpp_is_called_as_its_evse(device_type: DeviceType) -> None:
    evse = EvseSettings(id="stall-2", device_type=device_type, address="box:502", connector=2)
    assert evse.point == (True, "box:502", 2)
    assert (evse.station_id, evse.own_identity) == (f"{MODBUS_STATION}stall-2", "stall-2")
    assert evse.ocpp_connector == 1


@pytest.mark.parametrize(
    ("device_type", "spelled", "else_spelled"),
    [
        (DeviceType.POWER_BRAIN, "Box", "box:4701"),
        (DeviceType.POWER_BRAIN, "fd00::1", "[fd00::1]:4701"),
        (DeviceType.MODBUS, "box:502", "BOX:502"),
        (DeviceType.MODBUS, "/dev/ttyUSB0", "/dev/ttyUSB0,19200,8E1"),
    ],
)
def test_one_device_on_modbus_is_one_point_however_it_is_spelled(
    device_type: DeviceType, spelled: str, else_spelled: str
) -> None:
    one = EvseSettings(id="a", device_type=device_type, address=spelled)
    assert one.point == replace(one, id="b", address=else_spelled).point
    assert one.point != replace(one, connector=2).point


def test_a_port_that_only_a_definition_knows_is_none_that_is_said() -> None:
    one = EvseSettings(id="a", device_type=DeviceType.MODBUS, address="box")
    assert one.point != replace(one, address="box:502").point


def test_an_address_that_cannot_be_read_is_no_place() -> None:
    wrong = EvseSettings(id="a", device_type=DeviceType.MODBUS, address="box:x")
    assert (wrong.place, wrong.point) == (None, (True, "box:x", 1))


def test_r106_the_primary_is_the_one_that_bills_wherever_it_is_written() -> None:
    report = GatewaySettings(url="ws://a/", role=GatewayRole.REPORT)
    primary = GatewaySettings(url="ws://b/")
    evse = EvseSettings(id="a", address="CP1", gateways=(report, primary))
    assert evse.primary is primary
    assert replace(evse, gateways=(report,)).primary is None
    assert replace(evse, gateways=()).primary is None
