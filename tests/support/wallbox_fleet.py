"""Many software wallboxes in this process, each over a real socket, with a car that charges."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.entries import CertificateSet
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.core.ocpp.handshake import backend_url, basic_authorization
from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import Happened
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options
from wattgate.runtime.ends.wallbox_loop import Account, WallboxLoop
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

_CALL: Final = 2
_CONTEXTS: Final = Contexts(lambda _: CertificateSet((), ()))


@dataclass
class FleetBox:
    """One of them. `asked` are the ids of what it asked, `answered` how many answers came.

    When it has booted for the first time, a car comes.
    """

    station_id: str
    news: Callable[[], None]
    car_comes: Callable[[], None] = lambda: None
    asked: set[str] = field(default_factory=set)
    answered: int = 0
    happened: list[tuple[str, Any]] = field(default_factory=list)
    limits_a: list[float] = field(default_factory=list)

    def report(self, event: Happened) -> None:
        """Hear what the wallbox tells."""
        match event.kind:
            case "sent":
                self._went(json.loads(str(event.facts["text"])))
            case "received":
                self._came(json.loads(str(event.facts["text"])))
            case "limit":
                self.limits_a.append(float(str(event.facts["current_a"])))
            case kind:
                self.happened.append((kind, event.facts))
                if kind == "boot" and self.count("boot") == 1:
                    asyncio.get_running_loop().call_soon(self.car_comes)
        self.news()

    def _went(self, frame: list[Any]) -> None:
        if frame[0] == _CALL:
            self.asked.add(frame[1])

    def _came(self, frame: list[Any]) -> None:
        if frame[0] != _CALL:
            self.asked.remove(frame[1])
            self.answered += 1

    def count(self, kind: str) -> int:
        """How often something happened to it."""
        return sum(each == kind for each, _ in self.happened)


@dataclass
class Fleet:
    """All of them."""

    boxes: Sequence[FleetBox]
    news: asyncio.Event

    async def until(self, found: Callable[[], bool]) -> None:
        """Wait; asks again whenever something happened to one of them."""
        while not found():
            self.news.clear()
            await self.news.wait()


@asynccontextmanager
async def wallbox_fleet(urls: Mapping[str, str], password: str, card: str) -> AsyncIterator[Fleet]:
    """Switch them on, a car at each, with a sample every second; off at the end.

    `urls` is where each of them connects, by its id, with TLS where it says wss; they believe any
    server.
    """
    news = asyncio.Event()
    fleet = Fleet([FleetBox(id, news.set) for id in urls], news)
    async with Supervisor() as supervisor:
        for box in fleet.boxes:
            loop = _wallbox_loop(box, urls[box.station_id], password, card)
            box.car_comes = partial(loop.handle, do.Plug())
            supervisor.spawn(loop.run(), name=f"wallbox {box.station_id}")
        yield fleet


def _wallbox_loop(box: FleetBox, url: str, password: str, card: str) -> WallboxLoop:
    clock = SystemClock()
    options = Options(
        box.station_id,
        fixed_id_tag=card,
        configuration={"MeterValueSampleInterval": "1"},
    )
    return WallboxLoop(
        ChargePoint(options, Moment(clock.monotonic(), clock.wall())),
        Account(
            box.station_id,
            backend_url(url, box.station_id, append_id=True),
            basic_authorization(box.station_id, password),
        ),
        PicowsDialer(_CONTEXTS.client_context),
        Tools(clock, SystemIdentifiers()),
        box.report,
        frames=True,
    )
