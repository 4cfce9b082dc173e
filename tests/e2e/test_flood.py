"""S3: floods of sockets that never say who they are, and of guesses, beside genuine wallboxes."""

import asyncio
import itertools
from pathlib import Path
from typing import Final

import pytest
from tests.support.flood import flood
from tests.support.processes import Stage
from tests.support.raw_wallbox import basic, knock, raw_wallbox
from tests.support.site_processes import run_manager
from tests.support.site_text import card, evse, secure_site, site, wallbox
from tests.support.wallbox_fleet import wallbox_fleet

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
PASSWORD: Final = "of all of them"
COUNT: Final = 50
AWAY: Final = "CP-away"
SOCKETS: Final = 2000
ANSWERS: Final = 10
"""What every wallbox asks beside the flood: ten samples, each answered."""

PATIENCE_S: Final = 120.0


async def test_s3_2000_sockets_that_say_nothing_disturb_none_of_50_wallboxes(
    tmp_path: Path,
) -> None:
    """CWE-307: from 400 addresses, half of them within a TLS handshake.

    Every other wallbox comes over TLS. A wallbox that was there before comes back in between.
    """
    ids = [f"CP{number}" for number in range(COUNT)]
    text = secure_site(
        "detect",
        *(evse(id, id) for id in (*ids, AWAY)),
        *(wallbox(id, password=PASSWORD) for id in (*ids, AWAY)),
        card(CARD),
        max_current_a=8 * COUNT + 16,  # of which the one that is away counts for 16
    )
    async with Stage(tmp_path) as stage, asyncio.timeout(PATIENCE_S):
        manager = await run_manager(stage, text)
        async with raw_wallbox(manager.ocpp_port, AWAY, PASSWORD):
            pass
        urls = dict(zip(ids, itertools.cycle([manager.url, manager.secure_url]), strict=False))
        async with wallbox_fleet(urls, PASSWORD, CARD) as fleet:
            await fleet.until(lambda: all(8.0 in box.limits_a[-1:] for box in fleet.boxes))
            async with flood(manager.ocpp_port, SOCKETS) as crowd:
                before = {box.station_id: box.answered for box in fleet.boxes}
                async with raw_wallbox(manager.ocpp_port, AWAY, PASSWORD) as back:
                    assert (await back.ask("Heartbeat", {}))[0] == 3
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


async def test_s3_guesses_for_an_id_lock_out_neither_its_wallbox_nor_another(
    tmp_path: Path,
) -> None:
    """CWE-307: from many addresses at once, until guessing is slowed down."""
    text = site(evse("one", "CP1"), wallbox("CP1", password=PASSWORD))
    hosts = [f"127.0.9.{number}" for number in range(1, 41)]
    async with Stage(tmp_path) as stage, asyncio.timeout(PATIENCE_S):
        manager = await run_manager(stage, text)
        async with raw_wallbox(manager.ocpp_port, "CP1", PASSWORD) as genuine:
            answers = []
            for number in range(20):
                wrong = basic("CP1", f"guess {number}")
                attempts = (
                    knock(manager.ocpp_port, "/CP1", wrong, own_host=host) for host in hosts
                )
                answers += await asyncio.gather(*attempts)
            assert set(answers) <= {0, 401, 429}
            assert 429 in answers
            assert (await genuine.ask("Heartbeat", {}))[0] == 3
        for host in ("127.0.0.1", "127.0.8.1"):
            right = basic("CP1", PASSWORD)
            assert await knock(manager.ocpp_port, "/CP1", right, own_host=host) == 101, host
