"""S3: floods of sockets that never say who they are, and of guesses, beside genuine wallboxes."""

import asyncio
from pathlib import Path
from typing import Final

import pytest
from tests.support.flood import flood
from tests.support.processes import Stage
from tests.support.site_processes import run_manager
from tests.support.site_text import card, evse, site, wallbox
from tests.support.wallbox_fleet import wallbox_fleet

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
PASSWORD: Final = "of all of them"
COUNT: Final = 50
SOCKETS: Final = 2000
ANSWERS: Final = 10
"""What every wallbox asks beside the flood: ten samples, each answered."""

PATIENCE_S: Final = 120.0


async def test_s3_2000_sockets_that_say_nothing_disturb_none_of_50_wallboxes(
    tmp_path: Path,
) -> None:
    """CWE-307: from 400 addresses, half of them within a TLS handshake."""
    ids = [f"CP{number}" for number in range(COUNT)]
    text = site(
        *(evse(id, id) for id in ids),
        *(wallbox(id, password=PASSWORD) for id in ids),
        card(CARD),
        max_current_a=8 * COUNT,
    )
    async with Stage(tmp_path) as stage, asyncio.timeout(PATIENCE_S):
        manager = await run_manager(stage, text)
        async with wallbox_fleet(manager.url, PASSWORD, CARD, ids) as fleet:
            await fleet.until(lambda: all(8.0 in box.limits_a[-1:] for box in fleet.boxes))
            async with flood(manager.ocpp_port, SOCKETS) as crowd:
                before = {box.station_id: box.answered for box in fleet.boxes}
                told = {box.station_id: len(box.limits_a) for box in fleet.boxes}
                await fleet.until(
                    lambda: all(
                        box.answered >= before[box.station_id] + ANSWERS for box in fleet.boxes
                    )
                )
                assert crowd.thrown_out > 0
            for box in fleet.boxes:
                assert box.count("connected") == 1
                assert set(box.limits_a[told[box.station_id] :]) <= {8.0}
        refused = await manager.ask("GET", "/api/v1/refused")
        assert 0 < len(refused) <= 1000
        assert (await manager.ask("GET", "/healthz"))["status"] == "ok"
