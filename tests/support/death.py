"""A manager that dies at any write or frame, and a wallbox that goes on all the same."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.support.frames import ACCEPTED, START, STOP, Literal, literal_backend, meter_values
from tests.support.world import BOOT, Json, World, status_of

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.transactions import TransactionStart
from wattgate.ports.links import Link
from wattgate.ports.store import Change, FrameRecord, Opened, Receipt, Taken

BILLED = ("StartTransaction", "MeterValues", "StopTransaction")

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


def _nobody_cares() -> None:
    """Nobody waits for a certain message."""


@dataclass
class Charger:
    """Sends its messages in order, each with a new id until it is confirmed, as wallboxes do."""

    steps: deque[tuple[str, Json]] = field(default_factory=lambda: deque(STORY))
    transaction_id: int = 0
    on_confirmed: Callable[[], None] = _nobody_cares
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
        self.on_confirmed()
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


async def begin(world: World, charger: Charger) -> None:
    """Start a manager, which may die at the first thing that it stores, and connect the charger."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(world.start(), 1.0)
        world.plug_in("CP1", charger)  # type: ignore[arg-type]  # any receiver will do
