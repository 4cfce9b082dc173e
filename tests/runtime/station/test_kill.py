"""The manager is killed between every two steps; the bill is the same."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, groupby

import pytest
from tests.support.frames import (
    ACCEPTED,
    ONE_BACKEND,
    START,
    STOP,
    Literal,
    literal_backend,
    meter_values,
    settled,
)
from tests.support.several_backends import FIRST_IDS, ONE_BILLS_TWO_HEAR, link_of
from tests.support.virtual_time import run_virtual
from tests.support.world import BOOT, Json, Pipe, World, status_of

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.transactions import TransactionStart
from wattgate.ports.links import Link
from wattgate.ports.store import Change, FrameRecord, Opened, Receipt, Taken

pytestmark = pytest.mark.story

BILLED = ("StartTransaction", "MeterValues", "StopTransaction")

COMING = {
    "backend there": (ONE_BACKEND, {"backend": 0.0}),
    "backend away": (ONE_BACKEND, {"backend": 100.0}),
    "reports there and away": (ONE_BILLS_TWO_HEAR, {"backend": 50.0, "one": 0.0, "two": 200.0}),
}
"""Sites, and after how many s each of their backends is there (R106)."""

STORY: tuple[tuple[str, Json], ...] = (
    ("BootNotification", BOOT),
    ("StatusNotification", status_of(1, "Preparing")),
    ("StartTransaction", START),
    ("MeterValues", meter_values("2026-05-15T14:30:00Z", 0)),
    ("MeterValues", meter_values("2026-05-15T14:45:00Z", 0)),
    ("StopTransaction", STOP | {"idTag": "04A1"}),
    ("StartTransaction", START | {"meterStart": 52000}),
    ("MeterValues", meter_values("2026-05-15T16:00:00Z", 0)),
    ("StopTransaction", STOP | {"meterStop": 53000}),
)
"""What happens at the wallbox; its messages name the transaction that began last."""


@dataclass
class Death:
    """When the manager dies: at its n-th write, just before or just after, or at the n-th frame."""

    at_write: int = 0
    at_frame: int = 0
    before: bool = False
    writes: int = 0
    frames: int = 0
    came: bool = False

    async def just_before_write(self) -> None:
        self.writes += 1
        await self._end_if(self.before)

    async def just_after_write(self) -> None:
        await self._end_if(not self.before)

    async def _end_if(self, this_side: bool) -> None:
        self.came = self.came or (this_side and self.writes == self.at_write)
        if self.came:
            await asyncio.get_running_loop().create_future()

    def frame_is_lost(self) -> bool:
        self.frames += 1
        self.came = self.came or self.frames == self.at_frame
        return self.came

    def is_over(self) -> None:
        self.came, self.at_write, self.at_frame = False, 0, 0


class MortalStore(MemoryStore):
    """A store that does not return from the write at which its manager dies."""

    def __init__(self, death: Death) -> None:
        super().__init__()
        self._death = death

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        await self._death.just_before_write()
        queued = await super().commit(*changes)
        await self._death.just_after_write()
        return queued

    async def take(self, receipt: Receipt, *changes: Change) -> Taken:
        await self._death.just_before_write()
        taken = await super().take(receipt, *changes)
        await self._death.just_after_write()
        return taken

    async def open_transaction(
        self,
        start: TransactionStart,
        drafts: Sequence[Draft],
        at: datetime,
        frame: FrameRecord | None = None,
    ) -> Opened:
        await self._death.just_before_write()
        opened = await super().open_transaction(start, drafts, at, frame)
        await self._death.just_after_write()
        return opened


@dataclass
class Charger:
    """Sends its messages in order, each with a new id until it is confirmed, as wallboxes do."""

    steps: deque[tuple[str, Json]] = field(default_factory=lambda: deque(STORY))
    transaction_id: int = 0
    _link: Link | None = None
    _sent: int = 0

    def opened(self, link: Link) -> None:
        self._link = link
        self._send()

    def closed(self, code: int, reason: str) -> None:
        self._link = None

    def received(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] == 2 and self._link is not None:
            self._link.send(f'[3,"{frame[1]}",{{"status":"Accepted"}}]')
        elif frame[1] == str(self._sent):
            self._confirmed(frame)

    def _confirmed(self, frame: list[Json]) -> None:
        assert frame[0] == 3, frame
        action, _ = self.steps.popleft()
        if action == "StartTransaction":
            self.transaction_id = frame[2]["transactionId"]
        self._send()

    def _send(self) -> None:
        if not self.steps or self._link is None:
            return
        self._sent += 1
        action, payload = self.steps[0]
        if "transactionId" in payload:
            payload = payload | {"transactionId": self.transaction_id}
        self._link.send(json.dumps([2, str(self._sent), action, payload]))


def a_backend_that_knows_repetitions(first_id: int) -> Literal:
    """It gives a StartTransaction that it knows the id it gave it first (R67)."""
    ids: dict[str, int] = {}

    def start(payload: Json) -> Json:
        return ACCEPTED | {
            "transactionId": ids.setdefault(json.dumps(payload), first_id + len(ids))
        }

    return literal_backend(StartTransaction=start)


def the_bill(first_id: int = 9001) -> list[tuple[str, Json]]:
    """What a backend has to hear: everything, in order, under its own ids."""
    bill: list[tuple[str, Json]] = []
    for action, payload in STORY:
        starts = sum(name == "StartTransaction" for name, _ in [*bill, (action, 0)])
        transaction = first_id - 1 + starts
        if action in BILLED:
            ours = {"transactionId": transaction} if "transactionId" in payload else {}
            bill.append((action, payload | ours))
    return bill


async def begin(world: World, charger: Charger) -> None:
    """Start a manager, which may die at the first thing that it stores, and connect the charger."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(world.start(), 1.0)
        world.plug_in("CP1", charger)  # type: ignore[arg-type]  # any receiver will do


async def live_through(death: Death, coming: str) -> bool:
    """Tell the story; when the manager dies, start another. Tells whether it died."""
    site_toml, comes_s = COMING[coming]
    world, charger = World(site_toml, store=MortalStore(death)), Charger()
    backends = {name: a_backend_that_knows_repetitions(FIRST_IDS[name]) for name in comes_s}
    loop, there = asyncio.get_running_loop(), world.dialer.backends
    for name, backend in backends.items():
        loop.call_later(comes_s[name], there.__setitem__, f"ws://{name}/CP1", backend)
    await begin(world, charger)
    died = False
    while charger.steps or any([await world.store.outbox(link_of(name)) for name in backends]):
        await asyncio.sleep(1.0)
        if death.came:
            died = True
            await world.kill()
            await settled()
            death.is_over()
            charger.closed(1006, "")
            await begin(world, charger)
    for name, backend in backends.items():
        heard, bill = (
            [each for each in backend.calls if each[0] in BILLED],
            the_bill(FIRST_IDS[name]),
        )
        # Only what was under way when it died may come twice, and then at once.
        assert [call for call, _ in groupby(heard)] == bill, (death, name)
        assert len(heard) <= len(bill) + died, (death, name)
    await world.kill()
    return died


@pytest.fixture(autouse=True)
def _frames_pass_by_death(monkeypatch: pytest.MonkeyPatch) -> list[Death]:
    """Let the one who is in the list decide about each frame."""
    deaths: list[Death] = []
    arrive = Pipe.arrive

    def arrive_or_not(pipe: Pipe, text: str) -> None:
        if not deaths or not deaths[-1].frame_is_lost():
            arrive(pipe, text)

    monkeypatch.setattr(Pipe, "arrive", arrive_or_not)
    return deaths


@pytest.mark.parametrize("coming", COMING)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_any_write_every_message_is_billed_once_and_in_order_r58_r71(
    before: bool, coming: str, _frames_pass_by_death: list[Death]
) -> None:
    for number in count(1):
        death = Death(at_write=number, before=before)
        _frames_pass_by_death.append(death)
        if not run_virtual(live_through(death, coming)):
            assert number > len(the_bill())
            return


@pytest.mark.parametrize("coming", COMING)
def test_killed_at_any_frame_every_message_is_billed_once_and_in_order_r58_r71(
    coming: str, _frames_pass_by_death: list[Death]
) -> None:
    for number in count(1):
        death = Death(at_frame=number)
        _frames_pass_by_death.append(death)
        if not run_virtual(live_through(death, coming)):
            assert number > 2 * len(the_bill())
            return
