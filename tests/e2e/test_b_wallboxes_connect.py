"""How wallboxes connect (P7-P12, R19-R27): odd URLs, odd handshakes, restarts."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from tests.support.processes import LIMIT_S, Stage
from tests.support.raw_websocket import CLOSE, KEY, TEXT, RawClient, frame, request
from tests.support.site_processes import (
    ManagerProcess,
    limit,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import evse, site, wallbox

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

BOOT: Final = '[2,"boot","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'


@dataclass
class Door:
    """A manager that knows `CP1`, `CP 2`, and with passwords `CP3` and `AL1000`."""

    manager: ManagerProcess

    async def knock(
        self, target: str, *headers: str, protocol: str | None = "ocpp1.6"
    ) -> RawClient:
        """Ask to be let in."""
        client = await RawClient.connect(self.manager.ocpp_port)
        client.send(request(target, *headers, protocol=protocol))
        return client

    async def refusals(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = await self.manager.ask("GET", "/api/v1/refused")
        return answer


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    text = site(
        evse("one", "CP1"),
        evse("two", "CP 2"),
        evse("three", "CP3"),
        evse("four", "AL1000"),
        wallbox("CP3", password="secret"),
        wallbox("AL1000", password="0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"),
    )
    async with Stage(tmp_path_factory.mktemp("site")) as stage:
        yield Door(await run_manager(stage, text))


async def _answer(client: RawClient, text: str) -> list[Any]:
    """Send a CALL; the answer to it, past whatever the manager asks meanwhile."""
    client.send(frame(TEXT, text.encode()))
    while True:
        opcode, payload = await client.frame()
        answer: list[Any] = json.loads(payload) if opcode == TEXT else [None, None]
        if answer[1] == json.loads(text)[1]:
            return answer


def _basic(user: bytes, password: bytes) -> str:
    return "Authorization: Basic " + base64.b64encode(user + b":" + password).decode()


@pytest.mark.parametrize(
    ("target", "station_id"),
    [
        ("/CP1", "CP1"),
        ("//CP1", "CP1"),
        ("/any/prefix/CP1", "CP1"),
        ("/CP1/", "CP1"),
        ("/ocpp//CP1//?firmware=1", "CP1"),
        ("ws://wattgate:19520/CP1", "CP1"),
        ("http://wattgate/ocpp/CP1", "CP1"),
        ("https://wattgate/CP1/", "CP1"),
        ("/CP%201", None),
        ("/CP%202", "CP 2"),
        ("/C%50%31", "CP1"),
        ("/cp1", "CP1"),
    ],
)
async def test_a_wallbox_arrives_however_it_builds_its_url(
    door: Door, target: str, station_id: str | None
) -> None:
    """P11, R19."""
    async with asyncio.timeout(LIMIT_S), await door.knock(target) as client:
        status, head = await client.head()
        if station_id is None:
            assert status == 404
            return
        assert (status, "sec-websocket-protocol: ocpp1.6" in head.lower()) == (101, True)
        boot = await _answer(client, BOOT)
        assert (boot[0], boot[2]["status"]) == (3, "Accepted")
        await door.manager.event("wallbox connected", station=station_id, address=client.address)


async def test_an_unknown_id_is_refused_with_404_and_offered_to_the_user(door: Door) -> None:
    """P10, R20."""
    async with asyncio.timeout(LIMIT_S), await door.knock("/SN-4711") as client:
        status, _ = await client.head()
        address = client.address
    assert status == 404
    (refusal,) = [each for each in await door.refusals() if each["claimed_id"] == "SN-4711"]
    assert refusal["address"] == address
    assert "SN-4711" in refusal["reason"]


async def test_curl_is_told_as_well(door: Door) -> None:
    """P10: an independent client reads our answer."""
    headers = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    words = [word for line in (*headers, f"Sec-WebSocket-Key: {KEY}") for word in ("-H", line)]
    url = f"http://127.0.0.1:{door.manager.ocpp_port}/nobody"
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", *words, url),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await curl.communicate()
    assert said == b"404"


@pytest.mark.parametrize(
    ("target", "credentials", "status"),
    [
        ("/CP3", None, 401),
        ("/CP3", (b"CP3", b"wrong"), 401),
        ("/CP3", (b"CP1", b"secret"), 401),
        ("/CP3", (b"CP3", b"secret"), 101),
        # The password of the specification's example, as the bytes that its hex digits spell.
        ("/AL1000", (b"AL1000", bytes([0, 1, 2, 3, 4, 5, 6, 7, *[255] * 12])), 101),
        ("/AL1000", (b"AL1000", b"0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"), 101),
    ],
)
async def test_a_password_is_asked_for_before_the_upgrade(
    door: Door, target: str, credentials: tuple[bytes, bytes] | None, status: int
) -> None:
    """P8, R24, R25."""
    headers = [] if credentials is None else [_basic(*credentials)]
    async with asyncio.timeout(LIMIT_S), await door.knock(target, *headers) as client:
        assert (await client.head())[0] == status


@pytest.mark.parametrize("offered", [None, "ocpp2.0.1", "soap, ocpp1.5"])
async def test_without_a_common_subprotocol_the_handshake_ends_and_the_link_too(
    door: Door, offered: str | None
) -> None:
    """R22."""
    async with asyncio.timeout(LIMIT_S), await door.knock("/CP1", protocol=offered) as client:
        status, head = await client.head()
        assert (status, "sec-websocket-protocol" in head.lower()) == (101, False)
        await client.close_frame()
    refusal, *_ = await door.refusals()
    assert (offered or "no subprotocol at all") in refusal["reason"]


async def test_the_wallboxes_own_order_of_subprotocols_counts(door: Door) -> None:
    """R21."""
    async with (
        asyncio.timeout(LIMIT_S),
        await door.knock("/CP1", protocol="ocpp2.0.1, ocpp1.6, ocpp1.5") as client,
    ):
        _, head = await client.head()
        assert "sec-websocket-protocol: ocpp1.6" in head.lower()


async def test_the_newest_connection_of_an_id_wins(door: Door) -> None:
    """R27."""
    async with (
        asyncio.timeout(LIMIT_S),
        await door.knock("/CP%202") as first,
    ):
        await first.head()
        async with await door.knock("/CP%202") as second:
            await second.head()
            while (opcode := (await first.frame())[0]) == TEXT:
                pass
            assert opcode == CLOSE
            assert (await _answer(second, BOOT))[0] == 3


async def test_a_restart_of_the_wallbox_loses_nothing(tmp_path: Path) -> None:
    """P12: its session is billed, it is known again, and the next session works."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": url_of(backend)})))
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall")
        await plug_in(stage, box)
        mark = box.mark
        box.type("restart")
        await stage.event(box, "boot", mark)
        stopped = await stage.event(backend, "transaction-stopped")
        assert (stopped["transaction_id"], stopped["reason"]) == (5000, "PowerLoss")
        await limit(stage, box, 0.0, mark)
        mark = box.mark
        box.type("rfid 04A1B2C3")
        await limit(stage, box, 16.0, mark)
        await stage.event(backend, "transaction-started", transaction_id=5001)
        assert backend.all_of("anomaly") == []


async def test_a_lost_connection_does_not_end_a_session(tmp_path: Path) -> None:
    """P12: the same transaction goes on over a new connection without a boot (R44)."""
    async with Stage(tmp_path) as stage, asyncio.timeout(LIMIT_S):
        backend = await run_backend(stage)
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": url_of(backend)})))
        start = '{"connectorId":1,"idTag":"T","meterStart":5,"timestamp":"2026-05-15T12:00:00Z"}'
        async with await RawClient.connect(manager.ocpp_port) as client:
            await client.upgrade()
            await _answer(client, BOOT)
            await manager.online("stall")
            started = await _answer(client, f'[2,"s","StartTransaction",{start}]')
        number = started[2]["transactionId"]
        async with await RawClient.connect(manager.ocpp_port) as client:
            await client.upgrade()
            again = await _answer(client, f'[2,"s2","StartTransaction",{start}]')
            assert again[2] == started[2]
            stop = f'"transactionId":{number},"meterStop":9,"timestamp":"2026-05-15T12:09:00Z"'
            assert (await _answer(client, f'[2,"e","StopTransaction",{{{stop}}}]'))[0] == 3
        await stage.event(backend, "transaction-stopped", transaction_id=5000)
        assert len(backend.all_of("call", action="StartTransaction")) == 1
        assert backend.all_of("anomaly") == []
