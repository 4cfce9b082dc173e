"""Section A of the seed: load management observes, a backend authorises, and nothing is added.

The other controller at the wallbox is Debian's `mbpoll`.
"""

import asyncio
from pathlib import Path

import pytest
from tests.support.modbus_peers import mbpoll
from tests.support.paper_brain import PaperBrain, answering
from tests.support.processes import LIMIT_S, Stage
from tests.support.site_processes import run_backend, run_manager, url_of
from tests.support.site_text import evse, site

from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.core.modbus.places import TcpPlace

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD = "04A2B3C4"
LIMIT = 8093


async def told(brain: PaperBrain, current_a: float) -> None:
    """Wait until it allows so much, A per phase."""
    async with asyncio.timeout(LIMIT_S):
        while brain.allowed_a != current_a:
            brain.heard.clear()
            await brain.heard.wait()


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
        manager = await run_manager(stage, site(own, load_management="observe", cycle_s=1))
        await manager.online("garage")
        await told(brain, 0)
        brain.plug()
        brain.show(CARD)
        started = await stage.event(backend, "transaction-started", id="garage", id_tag=CARD)
        await told(brain, 16)
        await mbpoll(slave.place, 1, LIMIT, write=[80])
        backend.type("profile garage 12")
        await stage.event(backend, "answered", action="SetChargingProfile")
        backend.type("profile garage 7")
        await told(brain, 7)
        limits = brain.written("charging_cur_limit")
        assert limits[limits.index(8) :] == [8, 7]
        backend.type(f"stop garage {started['transaction_id']}")
        await stage.event(backend, "transaction-stopped", id="garage")
        await told(brain, 0)
        assert {name for _, name, _ in brain.writes} == {"charging_cur_limit", "charging_enable"}
