from pathlib import Path

import pytest
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.adapters.hardware.simulated import METER
from wattgate.cli.wallbox_memory import Memory, memory
from wattgate.cli.wallbox_works import Works, works
from wattgate.core.modbus.requests import WriteOne
from wattgate.core.wallbox.actions import Plug, PressStop
from wattgate.core.wallbox.options import Options, Permission
from wattgate.core.wallbox.power_brain import BrainOptions
from wattgate.runtime.ends.machine import Machine, Whole

SLAVE_ID = 8040
OPTIONS = Options("CP1", has_hardware=True, keeps=True, permission=Permission.PLUG)


def machine(at_work: Works, clock: FakeClock) -> Machine:
    return Machine(at_work.wallbox, clock, lambda _effect: None)


@in_virtual_time()
async def test_unit_and_meter_are_what_they_were_before_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()

    def look(kept: Memory) -> tuple[int, float]:
        with works(OPTIONS, BrainOptions(), kept, clock) as at_work:
            view = at_work.view()
            assert view is not None
            return at_work.unit, view.look.reading.energy_wh

    with memory(tmp_path, None, signs=False) as kept:
        assert look(kept) == (1, 0.0)
        with works(OPTIONS, BrainOptions(), kept, clock) as at_work:
            running = machine(at_work, clock)
            assert isinstance(at_work.wallbox, Whole)
            assert running.request(WriteOne(SLAVE_ID, 7)) == ()
            assert at_work.act(Plug())
            assert not at_work.act(PressStop())
            running.tick()
            assert at_work.closed_phases() == 3
            at_work.wallbox.body.at(clock.monotonic() + 3600)
            at_work.wallbox.body.point.look()
            charge = at_work.state_of_charge()
            assert charge is not None
            assert charge > 0.7
            running.stop()
    with (
        memory(tmp_path, None, signs=False) as kept,
        works(OPTIONS, BrainOptions(), kept, clock) as at_work,
    ):
        assert at_work.unit == 7
        running = machine(at_work, clock)
        running.tick()
        view = at_work.view()
        assert view is not None
        assert view.look.reading.energy_wh == 11_040.0
        running.stop()


@pytest.mark.parametrize("content", [None, b"?", b"5.0"])
@in_virtual_time()
async def test_a_meter_that_was_lost_counts_on_from_what_was_billed_r109(
    content: bytes | None, tmp_path: Path
) -> None:
    clock = FakeClock()

    def charge_for_an_hour() -> float:
        with (
            memory(tmp_path, None, signs=False) as kept,
            works(OPTIONS, BrainOptions(), kept, clock) as at_work,
        ):
            running = machine(at_work, clock)
            assert isinstance(at_work.wallbox, Whole)
            at_work.act(Plug())
            running.tick()
            at_work.wallbox.body.at(clock.monotonic() + 3600)
            running.act(lambda moment: [])
            view = at_work.view()
            assert view is not None
            running.stop()
            return view.look.reading.energy_wh

    assert charge_for_an_hour() == 11_040.0
    if content is None:
        (tmp_path / METER).unlink()
    else:
        (tmp_path / METER).write_bytes(content)
    assert charge_for_an_hour() == 22_080.0
