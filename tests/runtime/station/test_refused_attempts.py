"""P9, P10: who was not let in is told to people, and no flood drowns it (S3)."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs
from tests.support.virtual_time import WALL_START, FakeClock, in_virtual_time

from wattgate.runtime.station.refused_attempts import (
    LOGGED,
    LOGGED_AGAIN_S,
    REMEMBERED,
    RefusedAttempts,
)


@in_virtual_time()
async def test_the_same_from_the_same_host_is_one_attempt_that_is_counted() -> None:
    refused = RefusedAttempts(FakeClock())
    refused.note("192.0.2.1:1001", "nothing was sent", None)
    refused.note("192.0.2.2:1", "nothing was sent", None)
    await asyncio.sleep(5)
    refused.note("192.0.2.1:1002", "nothing was sent", None)
    newest, other = refused.newest_first()
    assert (newest.address, newest.times) == ("192.0.2.1:1002", 2)
    assert newest.at == WALL_START + timedelta(seconds=5)
    assert (other.address, other.times) == ("192.0.2.2:1", 1)
    assert refused.count == 3


@in_virtual_time()
async def test_a_flood_of_nameless_ones_does_not_push_out_a_wallbox_that_needs_help_s3() -> None:
    refused = RefusedAttempts(FakeClock())
    refused.note("192.0.2.1:1", "wrong password", "CP1")
    for number in range(2 * REMEMBERED):
        refused.note(f"198.51.100.{number}:1", "nothing was sent", None)
    kept = refused.newest_first()
    assert len(kept) == REMEMBERED
    assert kept[-1].claimed_id == "CP1"


@in_virtual_time()
async def test_of_those_that_say_who_they_are_the_newest_are_remembered() -> None:
    refused = RefusedAttempts(FakeClock())
    for number in range(REMEMBERED + 1):
        refused.note("192.0.2.1:1", "not set up", f"X{number}")
    kept = refused.newest_first()
    assert (len(kept), kept[-1].claimed_id) == (REMEMBERED, "X1")


@in_virtual_time()
async def test_the_log_takes_some_of_a_flood_and_says_how_many_it_left_out_s3() -> None:
    refused = RefusedAttempts(FakeClock())
    with capture_logs() as lines:
        for number in range(1000):
            refused.note(f"192.0.2.1:{number}", "nothing was sent", None)
        assert len(lines) == LOGGED
        await asyncio.sleep(LOGGED_AGAIN_S)
        refused.note("192.0.2.9:1", "wrong password", "CP1")
        refused.note("192.0.2.9:1", "wrong password", "CP1")
    assert len(lines) == LOGGED + 1
    assert "left_out" not in lines[0]
    assert lines[-1]["left_out"] == 1000 - LOGGED
    assert (lines[-1]["id"], lines[-1]["reason"]) == ("CP1", "wrong password")
