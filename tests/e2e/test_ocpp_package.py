"""Whole sessions with the `ocpp` package at one end or the other, through us or directly."""

import asyncio
from pathlib import Path
from typing import Final

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import Action
from tests.support.ocpp_package import (
    TRANSACTION,
    PackageBackend,
    PackageWallbox,
    package_backend,
    package_wallbox,
)
from tests.support.processes import LIMIT_S, Program, Stage
from tests.support.site_processes import (
    limit,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"


async def _session(stage: Stage, box: PackageWallbox, backend: Program) -> None:
    """From card to bill, and look at what the backend made of it."""
    number = await box.start_session(CARD)
    await box.measure(number)
    started = await stage.event(backend, "transaction-started", id="CP1")
    assert (started["transaction_id"], started["meter_start_wh"]) == (5000, 1000)
    await stage.event(backend, "call", action="MeterValues")
    backend.type("stop CP1 5000")
    stop = await box.news.got(Action.remote_stop_transaction)
    assert stop["transaction_id"] == number
    await box.end_session(number)
    stopped = await stage.event(backend, "transaction-stopped", transaction_id=5000)
    assert stopped["meter_stop_wh"] == 2500
    assert backend.all_of("anomaly") == []


async def test_a_package_wallbox_on_our_manager_on_our_backend(tmp_path: Path) -> None:
    """P9, P13, P14: every message passes the official schemas."""
    async with asyncio.timeout(LIMIT_S), Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": url_of(backend)})))
        async with package_wallbox(manager.url, "CP1") as box:
            await manager.online("stall")
            profile = await box.news.got(Action.set_charging_profile, connector_id=1)
            schedule = profile["cs_charging_profiles"]["charging_schedule"]
            assert schedule["charging_schedule_period"][0]["limit"] == 0
            await _session(stage, box, backend)


async def test_a_package_wallbox_directly_on_our_backend(tmp_path: Path) -> None:
    async with asyncio.timeout(LIMIT_S), Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        async with package_wallbox(url_of(backend), "CP1") as box:
            await _session(stage, box, backend)


async def _session_of_ours(
    stage: Stage, box: Program, backend: PackageBackend, *, transaction_id: int
) -> None:
    """From card to bill, asked for by the backend; `transaction_id` as the wallbox knows it."""
    assert (await plug_in(stage, box, CARD))["transaction_id"] == transaction_id
    started = await backend.news.got(Action.start_transaction)
    assert (started["connector_id"], started["id_tag"]) == (1, CARD)
    await backend.news.got(Action.meter_values, transaction_id=TRANSACTION)
    await backend.news.got(Action.status_notification, connector_id=1, status="Charging")
    answer = await backend.ask("CP1", call.RemoteStopTransaction(transaction_id=TRANSACTION))
    assert answer.status == "Accepted"
    stopped = await backend.news.got(Action.stop_transaction, transaction_id=TRANSACTION)
    assert stopped["reason"] == "Remote"


async def test_our_wallbox_on_our_manager_on_a_package_backend(tmp_path: Path) -> None:
    async with asyncio.timeout(LIMIT_S), package_backend() as backend, Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": backend.url})))
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await manager.online("stall")
        await limit(stage, box, 0.0)
        await _session_of_ours(stage, box, backend, transaction_id=1)
        composite = await backend.ask("CP1", call.GetCompositeSchedule(connector_id=1, duration=60))
        assert composite.status == "Accepted"


async def test_our_wallbox_directly_on_a_package_backend(tmp_path: Path) -> None:
    async with asyncio.timeout(LIMIT_S), package_backend() as backend, Stage(tmp_path) as stage:
        box = await run_wallbox(stage, "CP1", backend.url, "--meter-interval", "1")
        await backend.news.got(Action.boot_notification)
        await stage.event(box, "boot")
        await _session_of_ours(stage, box, backend, transaction_id=TRANSACTION)
