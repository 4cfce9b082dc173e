"""A link in memory behaves like a socket: in order, later, and closed once at both ends."""

import asyncio
from dataclasses import dataclass, field

from tests.support.virtual_time import in_virtual_time

from wattgate.ports.links import Link
from wattgate.runtime.modbus.memory_link import connect


@dataclass
class End:
    """Writes down what happens to it."""

    heard: list[str] = field(default_factory=list)
    link: Link | None = None

    def opened(self, link: Link) -> None:
        self.link = link
        self.heard.append(f"opened {link.peer_address}")

    def received(self, text: str) -> None:
        self.heard.append(text)

    def closed(self, code: int, reason: str) -> None:
        self.heard.append(f"closed {code} {reason}")


def joined() -> tuple[End, End, Link]:
    near, far = End(), End()
    return near, far, connect(near, far, near_address="wallbox", far_address="manager")


@in_virtual_time()
async def test_what_is_sent_arrives_in_order_and_not_at_once() -> None:
    near, far, link = joined()
    link.send("one")
    link.send("two")
    assert far.heard == ["opened wallbox"]
    await asyncio.sleep(0.001)
    assert far.heard == ["opened wallbox", "one", "two"]
    assert near.heard == ["opened manager"]


@in_virtual_time()
async def test_a_close_comes_after_what_was_sent_before_it_and_once_to_each_end() -> None:
    near, far, link = joined()
    link.send("last words")
    link.close(1001, "bye")
    link.close(1001, "again")
    link.send("too late")
    await asyncio.sleep(0.001)
    assert far.heard[1:] == ["last words", "closed 1001 bye"]
    assert near.heard[1:] == ["closed 1001 bye"]


@in_virtual_time()
async def test_both_ends_may_hang_up_at_once() -> None:
    near, far, link = joined()
    assert far.link is not None
    link.close(1001, "here")
    far.link.close(1000, "there")
    await asyncio.sleep(0.001)
    assert far.heard[1:] == ["closed 1001 here"]
    assert near.heard[1:] == ["closed 1000 there"]


@in_virtual_time()
async def test_nothing_is_heard_after_a_close() -> None:
    near, far, link = joined()
    assert far.link is not None
    link.close(1001, "")
    await asyncio.sleep(0.001)
    far.link.send("anybody there?")
    await asyncio.sleep(0.001)
    assert near.heard == ["opened manager", "closed 1001 "]
