"""The Power Brain between its two masters: a central system and independent Modbus masters."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import Action
from tests.support.modbus_masters import Mbpoll, Refused, pymodbus_master
from tests.support.ocpp_package import TRANSACTION, package_backend
from tests.support.power_brain import (
    ENABLE,
    FAIL_SAFE_CURRENT,
    FAIL_SAFE_DURATION,
    LIMIT,
    PILOT,
    SIGNALLED,
    energy_wh,
    run_power_brain,
)
from tests.support.processes import LIMIT_S, Program, Stage
from tests.support.site_processes import limit, run_backend, url_of
from tests.support.tls_ends import Office

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
LAST_RFID: Final = 8096
CAPABILITIES: Final = 8113
STATUSES: Final = {
    *("Available", "Preparing", "SuspendedEV", "Charging", "SuspendedEVSE", "Finishing"),
}


async def _profile(stage: Stage, backend: Program, current_a: float) -> None:
    mark = backend.mark
    backend.type(f"profile CP1 {current_a}")
    await stage.event(backend, "answered", mark, action="SetChargingProfile")


async def test_both_masters_decide_and_neither_ends_the_transaction_p31_p32(
    tmp_path: Path,
) -> None:
    """R100i: every pair of what they allow, over the wire; the strictest counts."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--tag", CARD)
        brain = await run_power_brain(stage, "CP1", url_of(backend))
        started = await brain.started(CARD)
        async with pymodbus_master(brain.port) as master:
            for ocpp_a, modbus_a, is_enabled, offered_a in (
                (16.0, 10.0, 1, 10.0),
                (8.0, 10.0, 1, 8.0),
                (8.0, 10.0, 0, 0.0),
                (0.0, 10.0, 0, 0.0),
                (0.0, 10.0, 1, 0.0),
                (5.9, 16.0, 1, 0.0),
                (16.0, 12.5, 1, 12.5),
            ):
                mark = brain.box.mark
                await master.write(LIMIT, int(modbus_a * 10), is_enabled)
                await _profile(stage, backend, ocpp_a)
                assert await master.read(SIGNALLED) == [int(offered_a * 10)]
                status = "Charging" if offered_a else "SuspendedEVSE"
                brain.box.type("status")
                shown = await brain.event("state", mark)
                assert (shown["status"], shown["offered_a"]) == (status, offered_a)
        assert await brain.mbpoll.read(PILOT) == [2]
        brain.box.type("stop")
        stopped = await stage.event(backend, "transaction-stopped")
        assert stopped["transaction_id"] == started["transaction_id"]
        told = {each["status"] for each in brain.box.all_of("status")}
        assert told == STATUSES
        assert len(brain.box.all_of("stopped")) == 1
        assert backend.all_of("anomaly") == []


async def test_a_master_that_dies_leaves_the_fail_safe_and_comes_back_r100i(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        brain = await run_power_brain(stage, "CP1", url_of(backend))
        master = brain.mbpoll
        await master.write(FAIL_SAFE_CURRENT, 80)
        await master.write(LIMIT, 130)
        await brain.started(CARD)
        await limit(stage, brain.box, 13.0)
        mark = brain.box.mark
        await master.write(FAIL_SAFE_DURATION, 0, 1)
        await brain.event("watchdog", mark, master="silent")
        await brain.event("decides", mark, by="the fail-safe", current_a=8.0)
        mark = brain.box.mark
        assert await master.read(LIMIT, 2) == [130, 1]
        await brain.event("decides", mark, by="Modbus", current_a=13.0)
        assert not brain.box.all_of("stopped")


async def test_wrong_requests_are_refused_in_modbus_words_and_change_nothing(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        brain = await run_power_brain(stage, "CP1", None, "--max-current", "16")
        async with pymodbus_master(brain.port) as master:
            for address, words, code in (
                (8000, [1], 2),  # read only
                (8150, [1], 2),  # is no register
                (FAIL_SAFE_DURATION, [1], 2),  # half of one
                (LIMIT, [59], 3),
                (LIMIT, [60, 2], 3),
            ):
                with pytest.raises(Refused, match=f"exception_code={code}"):
                    await master.write(address, *words)
            with pytest.raises(Refused, match="exception_code=2"):
                await master.read(CAPABILITIES, 2)  # and a gap
            assert await master.read(LIMIT, 2) == [160, 1]
        with pytest.raises(Refused, match="Illegal data address"):
            await brain.mbpoll.read(8150)


async def test_on_modbus_alone_whoever_plugs_in_may_charge(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        brain = await run_power_brain(stage, "CP1", None, "--speed", "100")
        brain.box.type("plug")
        await brain.event("status", status="Charging")
        async with pymodbus_master(brain.port) as master:
            async with asyncio.timeout(LIMIT_S):
                while await energy_wh(master) < 100:
                    pass
            await master.write(ENABLE, 0)
            await brain.event("status", status="SuspendedEVSE")
            before_wh = await energy_wh(master)
            brain.box.type(f"rfid {CARD}")
            await brain.event("card", id_tag=CARD)
            words = await master.read(LAST_RFID, 15)
            assert bytes.fromhex("".join(f"{word:04x}" for word in words)).startswith(CARD.encode())
            assert await energy_wh(master) == before_wh


async def test_over_a_serial_line_it_is_the_same_wallbox_p27(tmp_path: Path) -> None:
    """RTU on a pair of pseudo-terminals, TCP beside it."""
    ours, its = tmp_path / "master", tmp_path / "slave"
    line = await asyncio.create_subprocess_exec(
        *("socat", "-d", "-d", f"pty,raw,echo=0,link={ours}", f"pty,raw,echo=0,link={its}"),
        stderr=asyncio.subprocess.PIPE,
    )
    assert line.stderr is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            while b"starting data transfer loop" not in await line.stderr.readline():
                pass
        async with Stage(tmp_path) as stage:
            options = ("--modbus-serial", f"{its},9600,8N1", "--plug")
            brain = await run_power_brain(stage, "CP1", None, *options)
            await brain.event("status", status="Charging")
            serial = Mbpoll(device=str(ours))
            assert await serial.read(PILOT) == [2]
            await serial.write(LIMIT, 70)
            async with pymodbus_master(device=str(ours)) as other:
                assert await other.read(LIMIT, 2) == [70, 1]
                await other.write(LIMIT, 90, 0)
            assert await brain.mbpoll.read(LIMIT, 2) == [90, 0]
            await brain.event("status", status="SuspendedEVSE")
    finally:
        line.terminate()
        await line.wait()


async def test_a_package_central_system_and_a_modbus_master(tmp_path: Path) -> None:
    """P28: URL, client ID and connector ID; every message passes the official schemas."""
    async with asyncio.timeout(LIMIT_S), package_backend() as backend, Stage(tmp_path) as stage:
        options = ("--connector-id", "2", "--meter-interval", "1")
        brain = await run_power_brain(stage, "CP1", backend.url, *options)
        await backend.news.got(Action.boot_notification)
        await brain.mbpoll.write(LIMIT, 70)
        await brain.started(CARD)
        started = await backend.news.got(Action.start_transaction)
        assert (started["connector_id"], started["id_tag"]) == (2, CARD)
        await backend.news.got(Action.status_notification, connector_id=2, status="Charging")
        composite = await backend.ask("CP1", call.GetCompositeSchedule(connector_id=2, duration=60))
        assert _limits(composite) == [16.0]
        await brain.mbpoll.write(ENABLE, 0)
        await backend.news.got(Action.status_notification, connector_id=2, status="SuspendedEVSE")
        await brain.mbpoll.write(ENABLE, 1)
        values = await backend.news.got(Action.meter_values, connector_id=2)
        number = TRANSACTION + 1  # that of connector 2
        assert values["transaction_id"] == number
        answer = await backend.ask("CP1", call.RemoteStopTransaction(transaction_id=number))
        assert answer.status == "Accepted"
        stopped = await backend.news.got(Action.stop_transaction, transaction_id=number)
        assert stopped["reason"] == "Remote"


def _limits(composite: Any) -> list[float]:  # noqa: ANN401 - the package has no types
    assert composite.status == "Accepted"
    periods = composite.charging_schedule["charging_schedule_period"]
    return [float(period["limit"]) for period in periods]


async def test_who_may_charge_is_decided_by_ocpp_p29_p30(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--tag", CARD)
        brain = await run_power_brain(stage, "CP1", url_of(backend))
        brain.box.type("plug", "rfid STRANGER")
        refused = await brain.event("authorized", id_tag="STRANGER")
        assert refused["status"] == "Invalid"
        assert await brain.mbpoll.read(SIGNALLED) == [0]
        assert not backend.all_of("transaction-started")

        options = ("--no-reader", "--fixed-rfid", CARD)
        other = await run_power_brain(stage, "CP2", url_of(backend), *options)
        other.box.type("plug")
        started = await stage.event(backend, "transaction-started", id="CP2")
        assert started["id_tag"] == CARD
        await other.event("status", status="Charging")


async def test_both_masters_also_over_tls_with_a_certificate_p25(tmp_path: Path) -> None:
    """Security profile 3 towards the backend, and Modbus beside it."""
    office = Office(tmp_path)
    root = office.root("root")
    theirs, ours = office.issue("backend", root, hosts=["127.0.0.1"]), office.issue("CP1", root)
    async with Stage(tmp_path) as stage:
        shown = ("--certificate", theirs.certificate, "--private-key", theirs.key)
        backend = await run_backend(stage, *shown, "--client-ca", root.certificate)
        mine = ("--certificate", ours.certificate, "--private-key", ours.key)
        trust = ("--security-profile", "3", "--ca", root.certificate, "--check-name")
        brain = await run_power_brain(stage, "CP1", url_of(backend), *mine, *trust)
        assert (await brain.event("secured"))["security"] == "verified"
        await brain.mbpoll.write(LIMIT, 60)
        await brain.started(CARD)
        await limit(stage, brain.box, 6.0)
        assert await brain.mbpoll.read(SIGNALLED) == [60]
