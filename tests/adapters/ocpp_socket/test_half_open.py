"""A network that forgets a connection and tells nobody (R28)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from tests.support.fault_proxy import Deed, FaultProxy, fault_proxy
from tests.support.links import LIMIT_S, Ear, Gate
from tests.support.ocpp_port import listening

from wattgate.adapters.ocpp_socket import connection
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.core.ocpp.handshake import Admitted
from wattgate.ports.links import DialTarget

PATIENT_S = 60.0
QUICK_S = 0.05


@dataclass
class Ends:
    """Both ends of one connection, and what lies between."""

    near: Ear
    far: Ear
    proxy: FaultProxy


@asynccontextmanager
async def connected(near_s: float, far_s: float, *, ping: bool = True) -> AsyncIterator[Ends]:
    """Dial our own port through a proxy; each end pings at its own interval, s."""
    gate = Gate(admission=Admitted("CP1", "ocpp1.6", ping=ping))
    pings = {"ping_interval_s": far_s, "ping_timeout_s": far_s}
    async with listening(gate, **pings) as listener, fault_proxy(listener.port) as proxy:
        ear = Ear()
        dialer = PicowsDialer(ping_interval_s=near_s, ping_timeout_s=near_s)
        async with asyncio.timeout(LIMIT_S):
            await dialer.dial(DialTarget(f"{proxy.url}CP1", None), ear)
            await gate.ear.open_link()
            yield Ends(ear, gate.ear, proxy)


@pytest.mark.asyncio
async def test_a_dialled_link_that_died_is_found_by_our_pings_r28() -> None:
    async with connected(QUICK_S, PATIENT_S) as ends:
        ends.proxy.each(Deed.HOLD)
        assert await ends.near.end() == (1006, "no pong")
        assert ends.far.ended is None  # nobody told it


@pytest.mark.asyncio
async def test_a_wallboxs_link_that_died_is_found_by_our_pings_r28() -> None:
    async with connected(PATIENT_S, QUICK_S) as ends:
        ends.proxy.each(Deed.HOLD)
        assert await ends.far.end() == (1006, "no pong")


@pytest.mark.asyncio
async def test_what_is_sent_into_a_dead_link_arrives_nowhere_and_the_end_is_told_once() -> None:
    async with connected(QUICK_S, PATIENT_S) as ends:
        ends.proxy.each(Deed.HOLD)
        link = await ends.near.open_link()
        link.send('[2,"1","Heartbeat",{}]')
        await ends.near.end()
        link.send('[2,"2","Heartbeat",{}]')
        link.close(1000, "again")
        assert ends.near.calls == ["opened", "closed"]
        assert ends.far.calls == ["opened"]


@pytest.mark.asyncio
async def test_a_dead_link_without_pings_ends_when_it_is_closed_r28(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So ends a wallbox that answers no pings, once its silence was noticed."""
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT_S", 0.05)
    async with connected(PATIENT_S, QUICK_S, ping=False) as ends:
        ends.proxy.each(Deed.HOLD)
        link = await ends.far.open_link()
        assert ends.far.ended is None
        link.close(1001, "nothing was heard for two heartbeats")
        assert await ends.far.end() == (1001, "nothing was heard for two heartbeats")
