"""When what a stand-in offers counts: beside load management, or where a backend is responsible."""

import asyncio

import pytest
from tests.support.modbus_driver import a_book
from tests.support.paper_brain import PaperBrain, PaperLines
from tests.support.site_text import evse, site
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.site.model import WallboxSettings
from wattgate.core.site.reading import read_toml
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.modbus.offering import Offering
from wattgate.runtime.modbus.shared_line import SharedLines
from wattgate.runtime.modbus.wallbox import ModbusWallbox
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.supervisor import Supervisor


class Told(ModbusWallbox):
    """Remembers what it was offered last."""

    offered_a: float | None = None

    def offer(self, current_a: float | None) -> None:
        self.offered_a = current_a


@pytest.mark.parametrize(
    ("role", "enabled", "is_limited", "is_led", "counts"),
    [
        pytest.param("report", True, False, False, False, id="observe: one that only reports"),
        pytest.param("primary", True, False, False, True, id="observe: the backend is responsible"),
        pytest.param("", True, False, False, False, id="observe without one: nothing is said"),
        pytest.param("primary", False, False, False, False, id="out of service: nobody is"),
        pytest.param("primary", True, True, False, False, id="load management has not spoken yet"),
        pytest.param("primary", True, True, True, True, id="beside load management"),
        pytest.param("", True, True, True, True, id="the same without a backend"),
    ],
)
@in_virtual_time()
async def test_an_offer_counts_where_somebody_is_responsible_p1_p31(
    role: str, enabled: bool, is_limited: bool, is_led: bool, counts: bool
) -> None:
    gateways = [{"url": "ws://backend.example/", "role": role}] if role else []
    own = evse("garage", "192.0.2.50", *gateways, device_type="power-brain", enabled=enabled)
    (settings,) = read_toml(site(own)).evses
    clock, lines = FakeClock(), PaperLines()
    lines.put(PaperBrain(clock=clock))
    line = SharedLines(lines).line(TcpPlace("192.0.2.50", 4701))
    async with Supervisor() as tasks:
        device = ModbusDevice(POWER_BRAIN_DEFINITION, line, 1, clock)
        wallbox = Told("garage", device, clock, tasks, a_book("garage", tasks))
        its_evse = EvseModbus(
            settings,
            WallboxSettings(id=settings.station_id),
            ConnectorMap(1),
            Presence(settings.station_id, clock),
            wallbox,
            deactivated_standing=lambda _: 0.0,
        )
        offering = Offering(wallbox, its_evse, lambda _: is_limited)
        if is_led:
            wallbox.alive(clock.monotonic())
            await asyncio.sleep(1)
            await its_evse.limit(10.0, reduction=False, afresh=False)
        offering.offer(16.0)
        assert wallbox.offered_a == (16.0 if counts else None)
