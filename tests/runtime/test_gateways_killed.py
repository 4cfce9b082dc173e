"""The manager is killed at any write while backends are changed; every bill is whole (R58, R71)."""

import asyncio
from itertools import count, groupby

import pytest
from tests.support.death import (
    BILLED,
    STORY,
    Charger,
    Death,
    MortalStore,
    a_backend_that_knows_repetitions,
    begin,
)
from tests.support.frames import Literal, settled
from tests.support.live_site import EVSE, Gateway, gateway, report, toml
from tests.support.virtual_time import run_virtual
from tests.support.world import Json, World

from wattgate.core.site.gateways import ReplaceGateways
from wattgate.core.station.transactions import TransactionRecord
from wattgate.runtime.supervisor import Supervisor

Billed = list[tuple[str, Json]]

BEFORE = (gateway("a"), report("b"))
AFTER = {"others": (gateway("c"),), "roles swapped": (gateway("b"), report("a"))}
FIRST_IDS = {"a": 1001, "b": 2001, "c": 3001}
CHANGED_BEHIND = 4
"""Messages of the story after which the backends are changed: the first reading is confirmed."""


async def live_through(death: Death, after: tuple[Gateway, ...]) -> bool:
    """Tell the story; who dies starts anew with the file as it is wanted. Tells whether it died."""
    world, charger = World(toml(*BEFORE), store=MortalStore(death)), Charger()
    backends = {name: a_backend_that_knows_repetitions(at) for name, at in FIRST_IDS.items()}
    world.dialer.backends |= {f"ws://{name}/CP1": each for name, each in backends.items()}
    tasks, died = Supervisor(), False
    changes: list[asyncio.Task[None]] = []

    def confirmed() -> None:
        if len(charger.steps) == len(STORY) - CHANGED_BEHIND and world.manager is not None:
            wanted = ReplaceGateways([dict(each) for each in after])
            changing = world.manager.gateways.change(EVSE, wanted, seen=None)
            changes.append(tasks.start(changing, name="backends are changed"))

    charger.on_confirmed = confirmed
    await begin(world, charger)
    for _ in range(300):
        await asyncio.sleep(1.0)
        if death.came:
            died = True
            for each in changes:
                each.cancel()
            await world.kill()
            await settled()
            death.is_over()
            charger.closed(1006, "")
            world.site_toml = toml(*after)
            await begin(world, charger)
    assert not charger.steps
    records = [await world.store.any_transaction(number) for number in (1, 2)]
    for name, backend in backends.items():
        assert heard(backend) == the_bill(name, records), (death, name)
        assert await world.store.outbox(link_of(name)) == ()
    await world.kill()
    return died


def link_of(name: str) -> str:
    return f"{EVSE} CP1@{name}"


def heard(backend: Literal) -> Billed:
    """Only what was under way when the manager died may come twice, and then at once (R67)."""
    return [call for call, _ in groupby(each for each in backend.calls if each[0] in BILLED)]


def the_bill(name: str, records: list[TransactionRecord | None]) -> Billed:
    """All of those transactions that it has heard begin, and nothing of the others."""
    bill: Billed = []
    begun, theirs, hears = iter(records), FIRST_IDS[name] - 1, False
    for action, payload in STORY:
        if action == "StartTransaction":
            record = next(begun)
            assert record is not None
            hears = link_of(name) in record.start.link_ids
            theirs += hears
        if hears and action in BILLED:
            ours = {"transactionId": theirs} if "transactionId" in payload else {}
            bill.append((action, payload | ours))
    return bill


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER.keys())
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_any_write_of_a_change_who_heard_a_start_hears_the_end_r106(
    before: bool, after: tuple[Gateway, ...]
) -> None:
    for number in count(1):
        if not run_virtual(live_through(Death(at_write=number, before=before), after)):
            assert number > len(STORY)
            return
