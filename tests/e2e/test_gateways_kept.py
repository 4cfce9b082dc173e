"""The site file names another backend after the manager was killed while a car charged (P5)."""

from pathlib import Path

import pytest
from tests.support.processes import Stage, free_port
from tests.support.site_processes import plug_in, run_backend, run_manager, run_wallbox, url_of
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD = "04A1B2C3"


async def test_what_began_at_a_backend_ends_there_though_the_file_names_another_by_then(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        options = ("--state", state, "--first-transaction-id", "7000", "--password", "s3cret")
        former = await run_backend(stage, *options, port=port)
        gateway = {"url": f"ws://127.0.0.1:{port}/", "password": "s3cret"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway), card(CARD)))
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await manager.online("stall")
        await plug_in(stage, box, CARD)
        await stage.event(former, "transaction-started", transaction_id=7000)

        mark = box.mark
        await manager.kill()
        await former.kill()
        present = await run_backend(stage, "--first-transaction-id", "9000")
        await manager.restart(site(evse("stall", "CP1", {"url": url_of(present)}), card(CARD)))
        await stage.event(box, "connected", mark)
        box.type("stop")
        await stage.event(box, "stopped", mark)
        mark = box.mark
        await manager.kill()
        await manager.restart()
        await stage.event(box, "connected", mark)
        again = await run_backend(stage, *options, port=port)
        await stage.event(again, "transaction-stopped", transaction_id=7000)

        box.type("unplug")
        await plug_in(stage, box, CARD)
        await stage.event(present, "transaction-started", transaction_id=9000)
        for backend in (again, present):
            assert backend.all_of("anomaly") == []
        assert present.all_of("transaction-stopped") == []
        assert again.all_of("transaction-started") == []
