import pytest

from wattgate.core.site.logins import Login
from wattgate.core.site.model import DeviceType, EvseSettings, GatewaySettings


def login(
    evse_id: str = "a",
    address: str = "CP1",
    url: str = "ws://b/",
    client_id: str = "X",
    device_type: DeviceType = DeviceType.OCPP16,
) -> Login:
    gateway = GatewaySettings(url=url, client_id=client_id)
    return Login(EvseSettings(id=evse_id, address=address, device_type=device_type), gateway)


BRAIN = DeviceType.POWER_BRAIN


@pytest.mark.parametrize(
    ("one", "other", "is_shared"),
    [
        (login(), login("b"), True),
        (login(), login("b", url="wss://b"), True),
        (login(client_id=""), login("b", client_id="CP1"), True),
        (login(), login(), False),
        (login(), login("b", "CP2"), False),
        (login(), login("b", client_id="Y"), False),
        (login(), login("b", url="ws://c/"), False),
        (login(), login("b", device_type=BRAIN), False),
        (login(device_type=BRAIN), login("b"), False),
        (login(device_type=BRAIN), login("b", "box", device_type=BRAIN), True),
        (
            login(device_type=BRAIN, client_id=""),
            login("b", device_type=BRAIN, client_id=""),
            False,
        ),
    ],
)
def test_a_login_is_shared_by_connectors_of_one_wallbox_and_by_evses_without_ocpp(
    one: Login, other: Login, is_shared: bool
) -> None:
    """P5, P16."""
    assert one.is_shared_with(other) is is_shared
