"""Section A of the seed: load management observes, a backend authorises, and nothing is added.

The other controller at the wallbox is Debian's `mbpoll`.
"""

from pathlib import Path

import pytest
from tests.support.modbus_peers import mbpoll
from tests.support.paper_brain import PaperBrain, answering
from tests.support.processes import Stage
from tests.support.site_processes import run_backend, run_manager, url_of
from tests.support.site_text import evse, site

from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.core.modbus.places import TcpPlace

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD = "04A2B3C4"
LIMIT, ENABLE = 8093, 8094


async def test_in_observe_the_backend_decides_and_another_controller_may_lower(
    tmp_path: Path,
) -> None:
    """P1, P29, P31: the fail-safe is not touched either, it is the other controller's."""
    brain = PaperBrain(limit_a=16.0, is_enabled=True)
    async with (
        Stage(tmp_path) as stage,
        ModbusSlave(TcpPlace("127.0.0.1", 0), 1, answering(brain)) as slave,
    ):
        backend = await run_backend(stage)
        own = evse("garage", str(slave.place), {"url": url_of(backend)}, device_type="power-brain")
        manager = await run_manager(stage, site(own, load_management="observe"))
        await manager.online("garage")
        await stage.until(lambda: brain.allowed_a == 0, "without a session nothing is allowed")
        brain.plug()
        brain.show(CARD)
        await stage.event(backend, "transaction-started", id="garage", id_tag=CARD)
        await stage.until(lambda: brain.drawn_a == 16, "the card lets it charge")

        mark = backend.mark
        await mbpoll(slave.place, 1, LIMIT, write=[80])
        await stage.event(backend, "call", mark, action="MeterValues")
        assert brain.drawn_a == 8

        backend.type("remote-stop garage")
        await stage.event(backend, "transaction-stopped", id="garage")
        await stage.until(lambda: brain.allowed_a == 0, "the session is over")
        assert {name for _, name, _ in brain.writes} == {"charging_cur_limit", "charging_enable"}
