"""When the log says that a certificate ends."""

import asyncio
from dataclasses import dataclass, field

from structlog.testing import capture_logs
from tests.support.certificate_facts import facts
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.core.security.certificates import CertificateFacts, Held, Origin, Role
from wattgate.core.security.endings import Stock
from wattgate.runtime.expiry_watch import LOOK_S, ExpiryWatch
from wattgate.runtime.supervisor import Supervisor

DAY_S = 86_400.0
END = facts("manager.example", 61)
long = in_virtual_time(within_s=100 * DAY_S)


@dataclass
class Watched:
    """A watch over certificates that a test puts in and takes out."""

    own: list[CertificateFacts] = field(default_factory=lambda: [END])
    origin: Origin = Origin.IMPORTED

    def stock(self) -> Stock:
        return Stock({"server": tuple(Held(Role.OWN, self.origin, each) for each in self.own)})

    async def days_said(self, days: float) -> list[int]:
        """How many days were left each time the log spoke, within so many days from now."""
        with capture_logs() as logs:
            async with Supervisor() as tasks:
                tasks.spawn(ExpiryWatch(self.stock, FakeClock()).run(), name="watch")
                await asyncio.sleep(days * DAY_S)
        return [log["days"] for log in logs]


@long
async def test_60_30_and_7_days_before_the_end_it_is_said_and_then_every_day() -> None:
    assert await Watched().days_said(62.5) == [60, 30, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2]


@long
async def test_what_renews_itself_is_said_when_it_obviously_did_not() -> None:
    assert await Watched(origin=Origin.SELF_SIGNED).days_said(56.5) == [7, 6, 5]


@in_virtual_time()
async def test_the_sentence_says_what_ends_and_what_to_do() -> None:
    with capture_logs() as logs:
        async with Supervisor() as tasks:
            near = Watched([facts("manager.example", 20)])
            tasks.spawn(ExpiryWatch(near.stock, FakeClock()).run(), name="watch")
            await asyncio.sleep(1)
    assert logs == [
        {
            "event": "certificate expires",
            "log_level": "warning",
            "set": "server",
            "reason": 'own "manager.example" expires in 20 days, on 2026-06-04: '
            "import its successor",
            "days": 20,
            "id": near.own[0].id,
        }
    ]


@in_virtual_time(within_s=10 * LOOK_S)
async def test_one_that_was_replaced_is_not_spoken_of_and_one_put_back_is_anew() -> None:
    old = facts("manager.example", 20)
    watched = Watched([old])
    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(ExpiryWatch(watched.stock, FakeClock()).run(), name="watch")
            await asyncio.sleep(1.5 * LOOK_S)
            assert len(logs) == 1
            watched.own = [facts("manager.example", 700)]
            await asyncio.sleep(LOOK_S)
            watched.own = [old]
            await asyncio.sleep(2 * LOOK_S)
    assert [log["id"] for log in logs] == [old.id, old.id]
