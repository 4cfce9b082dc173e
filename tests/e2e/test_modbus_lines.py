"""`wattgate modbus probe` at a running Power Brain: over TCP, and on its serial line meanwhile."""

import signal
from pathlib import Path

import pytest
from tests.support.modbus_device import serial_pair
from tests.support.modbus_peers import BAUD
from tests.support.power_brain import run_power_brain
from tests.support.processes import Event, Program, Stage

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]


def seen(probe: Program, pilot: str) -> Event | None:
    """The first look that has found this state."""
    looks = (each for each in probe.events if "values" in each)
    return next((each for each in looks if each["values"]["pilot"] == pilot), None)


async def test_a_wallbox_can_be_looked_at_over_tcp_and_watched_on_its_serial_line(
    tmp_path: Path,
) -> None:
    """P27: both ports at once; a look changes nothing."""
    async with Stage(tmp_path) as stage, serial_pair(tmp_path) as (its_end, our_end):
        its_line, our_line = (f"{end},{BAUD},8N1" for end in (its_end, our_end))
        brain = await run_power_brain(stage, "PB", None, "--modbus-serial", its_line)

        watching = await stage.start("watch", "modbus", "probe", our_line, "--watch", "--json")
        await stage.until(lambda: seen(watching, "A"), "no car")
        brain.box.type("plug")
        look = await stage.until(lambda: seen(watching, "C") or seen(watching, "B"), "a car")
        assert look["address"] == f"{our_line}, unit 1"
        assert (look["unknown_state"], look["absurd"]) == ("", [])
        assert [each for each in look["registers"] if each["refusal"]] == []

        once = await stage.start("look", "modbus", "probe", f"127.0.0.1:{brain.port}")
        assert await once.end() == 0
        shown = [" ".join(line.split()) for line in once.lines]
        assert any(line.startswith(("state C: ", "state B: ")) for line in shown)
        assert any(line.startswith("limit holding 8093 ") for line in shown)

        watching.signal(signal.SIGINT)
        assert await watching.end() == 0
        other = await stage.start("other", "modbus", "probe", our_line, "--unit", "9")
        other.may_fail = True
        assert await other.end() == 1
        [reason] = [line for line in other.lines if line.startswith("It did not work: ")]
        assert "unit 9 did not answer on" in reason
