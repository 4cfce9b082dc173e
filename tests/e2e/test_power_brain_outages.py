"""What the Power Brain does while others are away, and what it still knows when it was away."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.modbus_masters import pymodbus_master
from tests.support.power_brain import (
    ENABLE,
    FAIL_SAFE_CURRENT,
    FAIL_SAFE_DURATION,
    LIMIT,
    PowerBrainProcess,
    energy_wh,
    run_power_brain,
)
from tests.support.processes import LIMIT_S, Program, Stage, free_port
from tests.support.site_processes import limit, run_backend

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
SLAVE_ID: Final = 8040
RESTARTS: Final = 8120


def asked(backend: Program, action: str) -> list[Any]:
    """The payloads of an action that a backend got, each once."""
    payloads = [event["payload_text"] for event in backend.all_of("call", action=action)]
    return [json.loads(text) for text in dict.fromkeys(payloads)]


async def charged(brain: PowerBrainProcess, least_wh: int) -> None:
    """Wait until its meter shows so much."""
    async with pymodbus_master(brain.port) as master, asyncio.timeout(LIMIT_S):
        while await energy_wh(master) < least_wh:
            pass


async def test_a_backend_that_dies_gets_everything_later_and_cards_are_known_meanwhile(
    tmp_path: Path,
) -> None:
    """P29 off line: by local list and cache; the queue is delivered once, in order."""
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        url, options = f"ws://127.0.0.1:{port}/", ("--state", state)
        backend = await run_backend(stage, *options, port=port)
        brain = await run_power_brain(stage, "CP1", url, "--meter-interval", "1", "--speed", "100")
        first = await brain.started(CARD)
        backend.type('call CP1 SendLocalList {"listVersion":1,"updateType":"Full",' + LISTED)
        await stage.event(backend, "answered", action="SendLocalList")
        await backend.kill()
        await brain.event("disconnected")
        mark = brain.box.mark
        await stage.until(lambda: len(brain.box.all_of("meter", mark)) >= 2, "two samples")
        await brain.mbpoll.write(LIMIT, 80)
        await limit(stage, brain.box, 8.0, mark)
        brain.box.type("stop", "unplug", "rfid STRANGER")
        assert (await brain.event("authorized", id_tag="STRANGER"))["status"] == "Invalid"
        brain.box.type("plug", "rfid LISTED")
        await brain.event("starting", id_tag="LISTED")
        brain.box.type("stop", "unplug")
        await brain.event("stopped", mark, connector=1)
        brain.box.type("plug", f"rfid {CARD}")
        await brain.event("starting", mark, id_tag=CARD)

        again = await run_backend(stage, *options, port=port)
        await stage.event(again, "transaction-started", id_tag=CARD)
        again.events[:0] = backend.events
        stops = asked(again, "StopTransaction")
        assert [stop["transactionId"] for stop in stops] == [first["transaction_id"], 5001]
        starts = asked(again, "StartTransaction")
        assert [start["idTag"] for start in starts] == [CARD, "LISTED", CARD]
        assert [start["meterStart"] for start in starts[1:]] == [s["meterStop"] for s in stops]
        assert again.all_of("anomaly") == []


LISTED: Final = '"localAuthorizationList":[{"idTag":"LISTED","idTagInfo":{"status":"Accepted"}}]}'


@pytest.mark.parametrize("backend_is_away", [False, True])
async def test_killed_in_mid_transaction_the_bill_adds_up_to_the_meter(
    tmp_path: Path, *, backend_is_away: bool
) -> None:
    """R109, P31: nothing is billed twice, nothing is lost; settings and registers stay."""
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        url, kept = f"ws://127.0.0.1:{port}/", ("--state", state)
        backend = await run_backend(stage, *kept, port=port)
        options = ("--data", tmp_path / "box", "--meter-interval", "1", "--speed", "200")
        brain = await run_power_brain(stage, "CP1", url, *options)
        backend.type("set CP1 ConnectionTimeOut 77")
        await stage.event(backend, "answered", action="ChangeConfiguration")
        await brain.mbpoll.write(FAIL_SAFE_DURATION, 0, 200)
        await brain.mbpoll.write(FAIL_SAFE_CURRENT, 70)
        await brain.mbpoll.write(LIMIT, 100)
        first = await brain.started(CARD)
        await charged(brain, 500)
        if backend_is_away:
            await backend.kill()
            await brain.event("disconnected")
            await brain.event("meter", brain.box.mark)
        await charged(brain, 1500)
        await brain.box.kill()
        if backend_is_away:
            before, backend = backend, await run_backend(stage, *kept, port=port)
            backend.events[:0] = before.events

        again = await run_power_brain(stage, "CP1", url, *options)
        stopped = await stage.event(backend, "transaction-stopped")
        assert stopped["transaction_id"] == first["transaction_id"]
        (stop,) = asked(backend, "StopTransaction")
        assert stop["reason"] == "PowerLoss"
        assert await again.mbpoll.read(FAIL_SAFE_DURATION, 3) == [0, 200, 70]
        assert await again.mbpoll.read(LIMIT, 2) == [160, 1]  # volatile: begins anew
        assert await again.mbpoll.read(RESTARTS, 2) == [0, 1]
        backend.type("config CP1 ConnectionTimeOut")
        answer = await stage.event(backend, "answered", action="GetConfiguration")
        assert '"77"' in answer["payload_text"]

        await again.started(CARD)
        await charged(again, stop["meterStop"] + 100)
        again.box.type("stop")
        await stage.until(lambda: len(asked(backend, "StopTransaction")) == 2, "the second bill")
        starts, stops = asked(backend, "StartTransaction"), asked(backend, "StopTransaction")
        assert [start["meterStart"] for start in starts] == [0, stops[0]["meterStop"]]
        assert stops[0]["meterStop"] >= 1500
        async with pymodbus_master(again.port) as master:
            assert await energy_wh(master) == stops[1]["meterStop"]
        assert backend.all_of("anomaly") == []


async def test_a_backend_killed_in_mid_transaction_finds_the_same_one_again(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        url, options = f"ws://127.0.0.1:{port}/", ("--state", state)
        backend = await run_backend(stage, *options, port=port)
        brain = await run_power_brain(stage, "CP1", url)
        first = await brain.started(CARD)
        await backend.kill()
        await brain.mbpoll.write(ENABLE, 0)
        await brain.event("status", status="SuspendedEVSE")
        backend = await run_backend(stage, *options, port=port)
        await stage.event(backend, "connected", id="CP1")
        await brain.mbpoll.write(ENABLE, 1)
        brain.box.type("stop")
        stopped = await stage.event(backend, "transaction-stopped")
        assert stopped["transaction_id"] == first["transaction_id"]
        assert backend.all_of("anomaly") == []
