"""The gateway's own heartbeats at a backend."""

import asyncio

import pytest
from tests.support.frames import literal_backend
from tests.support.nobody import Nobody
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time
from tests.support.world import connect

from wattgate.runtime.gateway.link.backend_clock import BackendClock
from wattgate.runtime.gateway.link.heartbeats import Heartbeats
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.supervisor import Supervisor

DAY_S = 86_400.0


@pytest.mark.parametrize("interval_s", [DAY_S, 999_999_999.0])
@in_virtual_time(within_s=4 * DAY_S)
async def test_one_goes_each_day_however_rarely_the_backend_wants_them_r46(
    interval_s: float,
) -> None:
    clock, backend = FakeClock(), literal_backend()
    peer = Peer("backend", Nobody(), Tools(clock, ScriptedIdentifiers()))
    connect(peer, backend)
    beats = Heartbeats(clock, BackendClock("B", clock))
    beats.every(interval_s)
    async with Supervisor() as tasks:
        tasks.spawn(beats.beat(peer), name="heartbeats")
        await asyncio.sleep(3.5 * DAY_S)
        assert len(backend.all_of("Heartbeat")) == 3
