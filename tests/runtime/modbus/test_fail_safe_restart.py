"""The manager starts anew while a wallbox on Modbus is silent: what that counts for, and when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.modbus_box import ModbusBox
from tests.support.modbus_fuse import Fuse
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.lifeline import MARGIN_S, MOST_UNANSWERED
from wattgate.core.modbus.wallbox_values import SetFailSafe
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.modbus.fail_safe_book import SCOPE
from wattgate.runtime.supervisor import Supervisor

FALLS_S = 180 + MARGIN_S


@asynccontextmanager
async def three_charge() -> AsyncIterator[Fuse]:
    """A, B and D charge with 10 A each, on a fuse of 30 A; without a master each has 6 A."""
    fuse = Fuse({name: ModbusBox(hardware_a=16.0) for name in "ABD"}, 30.0)
    async with Supervisor() as tasks:
        await fuse.start(tasks, "A", "B", "D")
        assert drawn(fuse) == [10, 10, 10]
        yield fuse
    await fuse.world.kill()


def drawn(fuse: Fuse) -> list[float]:
    return [round(box.drawn_a, 1) for box in fuse.boxes.values()]


def evse_of(fuse: Fuse) -> EvseModbus:
    assert fuse.world.manager is not None
    state = fuse.world.manager.evse("A")
    assert state is not None
    assert isinstance(state.evse, EvseModbus)
    return state.evse


def counted_a(fuse: Fuse) -> float:
    assert fuse.world.manager is not None
    state = fuse.world.manager.evse("A")
    assert state is not None
    return state.counted_a


def lose(fuse: Fuse, lost: str, is_lost: bool = True) -> None:
    setattr(fuse.lines["A"], lost, is_lost)


async def notes(fuse: Fuse) -> list[NoteRecord]:
    recovered = await fuse.world.store.recover()
    return [note for note in recovered.notes if (note.scope, note.name) == (SCOPE, "A")]


async def restarted(fuse: Fuse) -> None:
    await fuse.world.kill()
    await fuse.world.start()


@pytest.mark.parametrize("lost", ["loses_requests", "loses_answers", "is_cut"])
@in_virtual_time()
async def test_one_that_is_silent_counts_at_its_grant_until_it_has_surely_fallen(lost: str) -> None:
    async with three_charge() as fuse:
        lose(fuse, lost)
        await restarted(fuse)
        await asyncio.sleep(FALLS_S - 5)
        assert (counted_a(fuse), drawn(fuse)[1:]) == (10, [10, 10])
        await asyncio.sleep(40)
        assert (counted_a(fuse), drawn(fuse)) == (6, [6, 12, 12])
        lose(fuse, lost, is_lost=False)
        await asyncio.sleep(60)
        assert drawn(fuse) == [10, 10, 10]
        assert fuse.over_s == 0


@in_virtual_time()
async def test_what_the_former_process_sent_last_may_have_fed_it() -> None:
    """Its watch began anew at our start; it was silent for long before that."""
    async with three_charge() as fuse:
        lose(fuse, "is_cut")
        await asyncio.sleep(150)
        fuse.boxes["A"].heard_at = fuse.now
        await restarted(fuse)
        await asyncio.sleep(FALLS_S - 2)
        assert counted_a(fuse) == 10
        await asyncio.sleep(8)
        assert (counted_a(fuse), fuse.boxes["A"].drawn_a) == (6, 6)


@in_virtual_time()
async def test_one_that_hears_but_cannot_answer_is_asked_a_few_times_and_then_left_alone() -> None:
    async with three_charge() as fuse:
        lose(fuse, "loses_answers")
        await restarted(fuse)
        began = len(fuse.lines["A"].asked)
        await asyncio.sleep(FALLS_S)
        assert len(fuse.lines["A"].asked) == began + MOST_UNANSWERED
        assert counted_a(fuse) == 10
        await asyncio.sleep(40)
        assert {what for _, _, what in fuse.lines["A"].asked[began + MOST_UNANSWERED :]} == {
            "write"
        }
        assert fuse.over_s == 0


@in_virtual_time()
async def test_one_that_is_lost_after_the_restart_counts_as_if_there_had_been_none() -> None:
    async with three_charge() as fuse:
        await restarted(fuse)
        await asyncio.sleep(30)
        lose(fuse, "loses_answers")
        await asyncio.sleep(190)
        assert counted_a(fuse) == 10
        await asyncio.sleep(60)
        assert drawn(fuse) == [6, 12, 12]
        assert fuse.over_s == 0


@in_virtual_time()
async def test_one_that_answers_again_is_told_no_more_than_it_holds() -> None:
    async with three_charge() as fuse:
        lose(fuse, "is_cut")
        fuse.boxes["A"].foreign_write(7)
        await restarted(fuse)
        fuse.boxes["A"].writes.clear()
        lose(fuse, "is_cut", is_lost=False)
        await asyncio.sleep(2.5)
        limits = [words[0] for address, words in fuse.boxes["A"].writes if address == 8093]
        assert limits[0] == 70


@pytest.mark.parametrize(
    ("wanted", "a_s", "fails_a"),
    [(SetFailSafe(300, 8.0), 300, 8), (SetFailSafe(60, 0.0), 180, 6), (SetFailSafe(60, 9), 180, 9)],
)
@in_virtual_time()
async def test_one_that_was_sent_another_fail_safe_counts_by_the_worse_of_both(
    wanted: SetFailSafe, a_s: int, fails_a: float
) -> None:
    async with three_charge() as fuse:
        lose(fuse, "loses_answers")
        fail_safe = evse_of(fuse).device.fail_safe
        assert await fail_safe.keep(wanted, 1) is LimitOutcome.UNANSWERED
        lose(fuse, "is_cut")
        await restarted(fuse)
        setting = evse_of(fuse).device.fail_safe.setting
        assert (setting.after_s, setting.current_a) == (a_s, fails_a)
        await asyncio.sleep(a_s + MARGIN_S - 5)
        assert counted_a(fuse) == 10
        await asyncio.sleep(15)
        assert counted_a(fuse) == fails_a
        assert fuse.over_s == 0


@in_virtual_time()
async def test_a_kill_before_it_was_sent_leaves_it_stored_as_the_worse_of_both() -> None:
    async with three_charge() as fuse:
        lose(fuse, "loses_requests")
        fail_safe = evse_of(fuse).device.fail_safe
        async with Supervisor() as tasks:
            tasks.spawn(fail_safe.keep(SetFailSafe(600, 12.0), 1), name="keep")
            await asyncio.sleep(0.1)
            assert fuse.boxes["A"].fail_safe_s == 180
            await restarted(fuse)
        setting = evse_of(fuse).device.fail_safe.setting
        assert (setting.after_s, setting.current_a) == (600, 12)


@pytest.mark.parametrize("wanted", [SetFailSafe(600, 6.0), SetFailSafe(0, 16.0)])
@in_virtual_time()
async def test_what_cannot_be_stored_is_not_written(wanted: SetFailSafe) -> None:
    async with three_charge() as fuse:
        fail_safe = evse_of(fuse).device.fail_safe
        before = fail_safe.setting
        fuse.world.store.failing = True
        assert await fail_safe.keep(wanted, 1) is LimitOutcome.UNSENT
        assert (fuse.boxes["A"].fail_safe_s, fail_safe.setting) == (180, before)
        fuse.world.store.failing = False


@in_virtual_time()
async def test_a_store_that_hangs_does_not_keep_it_from_being_polled() -> None:
    async with three_charge() as fuse:
        fuse.world.store.gate = asyncio.Event()
        fail_safe = evse_of(fuse).device.fail_safe
        assert await fail_safe.keep(SetFailSafe(600, 6.0), 1) is LimitOutcome.UNSENT
        assert fuse.boxes["A"].fail_safe_s == 180
        fuse.world.store.gate.set()


@in_virtual_time()
async def test_what_somebody_else_set_is_stored_when_it_is_seen() -> None:
    async with three_charge() as fuse:
        fuse.boxes["A"].says = {"fail_safe_duration": 400, "fail_safe_current": 9}
        await asyncio.sleep(6)
        lose(fuse, "is_cut")
        await restarted(fuse)
        await asyncio.sleep(400)
        assert counted_a(fuse) == 10
        await asyncio.sleep(40)
        assert counted_a(fuse) == 9


@in_virtual_time()
async def test_one_without_a_fail_safe_any_more_counts_at_its_maximum() -> None:
    async with three_charge() as fuse:
        fuse.boxes["A"].says = {"fail_safe_duration": 0}
        await asyncio.sleep(6)
        assert await notes(fuse) == []
        lose(fuse, "is_cut")
        await restarted(fuse)
        await asyncio.sleep(70)
        assert counted_a(fuse) == 16


@in_virtual_time()
async def test_one_that_was_released_counts_at_its_maximum_whatever_was_stored() -> None:
    async with three_charge() as fuse:
        assert fuse.world.manager is not None
        await fuse.world.manager.operations.release(evse_of(fuse))
        await asyncio.sleep(20)
        assert fuse.boxes["A"].told_a == 16
        assert await notes(fuse) == []
        lose(fuse, "is_cut")
        await restarted(fuse)
        await asyncio.sleep(400)
        assert counted_a(fuse) == 16
        assert not evse_of(fuse).device.fail_safe.is_there


@in_virtual_time()
async def test_one_that_load_management_never_led_is_known_to_be_here_all_the_same() -> None:
    fuse = Fuse({name: ModbusBox(hardware_a=16.0) for name in "AB"}, 24.0, mode="observe")
    async with Supervisor() as tasks:
        await fuse.start(tasks, "A", "B")
        assert await notes(fuse) == []  # it is not ours
        lose(fuse, "is_cut")
        await fuse.world.kill()
        fuse.world.site_toml = fuse.world.site_toml.replace("observe", "active")
        await fuse.world.start()
        await asyncio.sleep(30)
        assert (counted_a(fuse), drawn(fuse)) == (16, [16, 8])
        await fuse.world.kill()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("192.0.2.1:4701", "192.0.2.9:4701"),
        ("connector = 1", "connector = 7"),
        ("connector = 1", "connector = 1\nenabled = false"),
        ('device_type = "power-brain"', 'device_type = "modbus"\ndefinition = "another"'),
    ],
)
@in_virtual_time()
async def test_another_wallbox_in_the_settings_inherits_nothing_nor_does_one_out_of_service(
    before: str, after: str
) -> None:
    async with three_charge() as fuse:
        lose(fuse, "is_cut")
        await fuse.world.kill()
        toml = fuse.world.site_toml
        assert before in toml
        fuse.world.site_toml = toml.replace(before, after, 1)
        fuse.lines["A"].boxes.clear()
        lines = fuse.world.other_lines
        assert lines is not None
        lines.by_place["192.0.2.9:4701"] = fuse.lines["A"]  # type: ignore[attr-defined]
        await fuse.world.start()
        await asyncio.sleep(70)
        assert counted_a(fuse) == 16
        assert await notes(fuse) == []


@pytest.mark.parametrize("text", ["", "{", '{"after_s":180,"current_a":6}'])
@in_virtual_time()
async def test_a_note_that_cannot_be_read_counts_as_none(text: str) -> None:
    async with three_charge() as fuse:
        lose(fuse, "is_cut")
        await fuse.world.kill()
        change = SaveNote(NoteRecord(SCOPE, "A", text)) if text else DeleteNote(SCOPE, "A")
        await fuse.world.store.commit(change)
        await fuse.world.start()
        await asyncio.sleep(70)
        assert counted_a(fuse) == 16


@in_virtual_time()
async def test_what_another_master_raised_counts_after_the_restart_too() -> None:
    async with three_charge() as fuse:
        fuse.boxes["A"].overwrites = 14
        fuse.boxes["A"].foreign_write(14)
        await asyncio.sleep(20)
        assert counted_a(fuse) == 14
        lose(fuse, "is_cut")
        await restarted(fuse)
        await asyncio.sleep(FALLS_S - 5)
        assert counted_a(fuse) == 14


@in_virtual_time()
async def test_in_which_others_may_have_set_something_counts_at_its_maximum() -> None:
    async with three_charge() as fuse:
        manager = fuse.world.manager
        assert manager is not None
        lose(fuse, "is_cut")
        await asyncio.sleep(10)
        await manager.patch_site({"load_management": "observe"})
        await asyncio.sleep(10)
        fuse.boxes["A"].foreign_write(16)
        await fuse.world.kill()
        fuse.world.site_toml = fuse.world.site_toml.replace("observe", "active")
        await fuse.world.start()
        await asyncio.sleep(70)
        assert counted_a(fuse) == 16
