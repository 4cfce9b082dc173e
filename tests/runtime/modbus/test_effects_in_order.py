"""What a charge point wants done is stored before what depends on it; lower limits wait never."""

import asyncio
from dataclasses import dataclass, field

from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.wallbox.effects import Answer, Effect, Keep, Offer, Reboot, SendCall
from wattgate.ports.store import Change, NoteRecord, SaveNote, StoreFailed
from wattgate.runtime.modbus.effects_in_order import STORE_AGAIN_S, EffectsInOrder
from wattgate.runtime.supervisor import Supervisor

CALL, ANSWER = SendCall(1, "StartTransaction", "{}"), Answer("a", "{}")


@dataclass
class SlowDisk(MemoryStore):
    """Takes its time, and is full at first."""

    log: list[object] = field(default_factory=list)
    failures: int = 0
    takes_s: float = 1.0

    def __post_init__(self) -> None:
        super().__init__()

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        await asyncio.sleep(self.takes_s)
        if self.failures:
            self.failures -= 1
            raise StoreFailed("disk full")
        self.log += [
            f"stored {change.note.text}" for change in changes if isinstance(change, SaveNote)
        ]
        return ()


@dataclass
class Hands:
    """Writes down what is done."""

    log: list[object]

    def offer(self, current_a: float) -> None:
        self.log.append(current_a)

    def perform(self, effect: Effect) -> None:
        self.log.append(effect)


def note(text: str) -> SaveNote:
    return SaveNote(NoteRecord("stand-in", "garage", text))


async def done(disk: SlowDisk, *steps: list[Effect]) -> list[object]:
    async with Supervisor() as tasks:
        effects = EffectsInOrder(Hands(disk.log), note, disk, tasks, "garage")
        for step in steps:
            effects.take(step)
        await asyncio.sleep(10 * STORE_AGAIN_S)
    return disk.log


@in_virtual_time()
async def test_what_follows_is_done_only_once_it_is_stored() -> None:
    steps: list[list[Effect]] = [[ANSWER, Keep("one"), CALL], [Keep("two"), Reboot()]]
    assert await done(SlowDisk(), *steps) == [ANSWER, "stored one", CALL, "stored two", Reboot()]


@in_virtual_time()
async def test_a_full_disk_holds_up_what_depends_on_it_and_is_tried_again() -> None:
    log = await done(SlowDisk(failures=2), [Keep("one"), CALL, Offer(1, 16.0)])
    assert log == ["stored one", CALL, 16.0]


@in_virtual_time()
async def test_less_current_waits_for_no_disk_and_more_waits_its_turn() -> None:
    steps: list[list[Effect]] = [
        [Offer(1, 16.0)],
        [Keep("one"), Offer(1, 32.0)],
        [Offer(1, 6.0)],
        [Offer(1, 10.0)],
    ]
    assert await done(SlowDisk(failures=1), *steps) == [16.0, 6.0, "stored one", 10.0]


@in_virtual_time()
async def test_a_lower_limit_is_not_undone_by_a_higher_one_that_was_older() -> None:
    steps: list[list[Effect]] = [[Offer(1, 16.0)], [Keep("one"), Offer(1, 32.0)], [Offer(1, 0.0)]]
    assert await done(SlowDisk(), *steps) == [16.0, 0.0, "stored one"]


@in_virtual_time()
async def test_what_is_stored_later_may_not_be_offered_earlier() -> None:
    """A transaction ends and the next begins while the disk is busy: the car waits for both."""
    steps: list[list[Effect]] = [
        [Offer(1, 16.0)],
        [Keep("the end"), Offer(1, 0.0), CALL],
        [Keep("the next"), Offer(1, 32.0)],
    ]
    log = await done(SlowDisk(), *steps)
    assert log == [16.0, 0.0, "stored the end", CALL, "stored the next", 32.0]


@in_virtual_time()
async def test_what_was_to_be_said_on_a_lost_link_is_not_said_on_the_next() -> None:
    disk = SlowDisk()
    async with Supervisor() as tasks:
        effects = EffectsInOrder(Hands(disk.log), note, disk, tasks, "garage")
        effects.take([Keep("one"), CALL, ANSWER, Reboot()])
        effects.link_lost()
        await asyncio.sleep(2.0)
    assert disk.log == ["stored one", Reboot()]
