"""Firmware and diagnostics of a wallbox without internet (R87), between real processes."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.file_hosts import FileHost, web_host
from tests.support.file_relay_bench import curl
from tests.support.processes import Program, Stage, free_port
from tests.support.site_processes import ManagerProcess, run_backend, run_manager, url_of
from tests.support.site_text import evse, site, table, wallbox
from websockets.asyncio.client import ClientConnection, connect

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

CONTENT: Final = os.urandom(3_000_000)
DIAGNOSTICS: Final = "DiagnosticsStatusNotification"


class ScriptedWallbox:
    """Does what it is told with curl, so that nothing of it is ours."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link
        self._number = 0

    async def ask(self, action: str, payload: object) -> Any:  # noqa: ANN401 - JSON
        """Send a CALL; its answer. What the manager asks meanwhile is accepted."""
        self._number += 1
        await self._link.send(json.dumps([2, str(self._number), action, payload]))
        while True:
            frame = await self._next()
            if frame[0] == 3:
                return frame[2]
            assert frame[0] == 2, frame

    async def told(self, action: str) -> Any:  # noqa: ANN401 - JSON
        """Wait until it is told to do something; the payload."""
        while True:
            frame = await self._next()
            if frame[0] == 2 and frame[2] == action:
                return frame[3]

    async def _next(self) -> Any:  # noqa: ANN401 - JSON
        frame = json.loads(await self._link.recv())
        if frame[0] == 2:
            about_files = {"UpdateFirmware", "GetDiagnostics"}
            answer = {} if frame[2] in about_files else {"status": "Accepted"}
            await self._link.send(json.dumps([3, frame[1], answer]))
        return frame


@asynccontextmanager
async def booted(manager: ManagerProcess) -> AsyncIterator[ScriptedWallbox]:
    """CP1, connected and booted."""
    async with connect(f"{manager.url}CP1", subprotocols=["ocpp1.6"], proxy=None) as link:  # type: ignore[list-item]  # - any text
        box = ScriptedWallbox(link)
        boot = {"chargePointVendor": "V", "chargePointModel": "M"}
        await box.ask("BootNotification", boot)
        yield box


async def a_site(stage: Stage) -> tuple[ManagerProcess, Program]:
    """A manager that relays files of CP1, and its backend."""
    backend = await run_backend(stage)
    relay = table("[file_relay]", {"host": "127.0.0.1", "port": free_port()})
    stall = evse("stall-1", "CP1", {"url": url_of(backend)})
    text = site(relay, wallbox("CP1", file_relay=True), stall)
    return await run_manager(stage, text), backend


async def test_r87_firmware_and_diagnostics_pass_through_byte_for_byte_and_outlast_kill_9(
    tmp_path: Path,
) -> None:
    host = FileHost(files={"/box.bin?key=geheim": CONTENT}, login=("CP1", "geheim"))
    file = tmp_path / "diag.zip"
    file.write_bytes(CONTENT)
    with web_host(host):
        place = f"http://CP1:geheim@127.0.0.1:{host.port}"
        async with Stage(tmp_path) as stage:
            manager, backend = await a_site(stage)
            async with booted(manager) as box:
                await manager.online("stall-1")
                location = {"location": f"{place}/box.bin?key=geheim"}
                when = {"retrieveDate": "2026-05-15T12:00:00Z"}
                backend.type(f"call CP1 UpdateFirmware {json.dumps(location | when)}")
                url = (await box.told("UpdateFirmware"))["location"]
                assert str(host.port) not in url
                got = await curl(url)
                assert got.body == CONTENT
                await box.ask("FirmwareStatusNotification", {"status": "Downloaded"})
                backend.type(f'call CP1 GetDiagnostics {{"location":"{place}/in/"}}')
                url = (await box.told("GetDiagnostics"))["location"]
                host.answers = [503] * 20
                mark = manager.mark
                assert (await curl("-T", file, url)).status == 201
                await box.ask(DIAGNOSTICS, {"status": "Uploaded"})
                await manager.event("a file could not be delivered; it is tried again", mark)
                await manager.kill()
            host.answers = []
            assert "/in/diag.zip" not in host.files
            assert reports(backend) == []
            await manager.restart()
            async with booted(manager):
                assert await asyncio.to_thread(host.wait_for, "/in/diag.zip") == CONTENT
                await stage.until(lambda: bool(reports(backend)), "the backend hears of it")
            assert reports(backend) == ["Uploaded"]
            said = json.dumps(manager.program.events) + str(manager.program.lines)
            assert "geheim" not in said
            assert url.split("/")[4] not in said


def reports(backend: Program) -> list[str]:
    """What the backend has heard of diagnostics."""
    heard = backend.all_of("call", action=DIAGNOSTICS)
    return [str(json.loads(event["payload_text"])["status"]) for event in heard]
