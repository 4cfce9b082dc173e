import asyncio

import pytest

from wattgate.adapters.web import porch
from wattgate.adapters.web.porch import Caller, Porch


def caller(host: str, hung_up: list[str], name: str = "") -> Caller:
    return Caller(host, f"{host}:1", lambda: hung_up.append(name or host))


@pytest.mark.asyncio
async def test_the_crowd_makes_room_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3."""
    monkeypatch.setattr(porch, "ROOM", 3)
    hall, hung_up = Porch(), list[str]()
    for host, name in (("b", "b1"), ("a", "a1"), ("a", "a2"), ("c", "c1")):
        hall.enter(caller(host, hung_up, name))
    assert hung_up == ["a1"], "the longest of the biggest crowd"


@pytest.mark.asyncio
async def test_who_is_admitted_makes_room_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(porch, "ROOM", 1)
    hall, hung_up = Porch(), list[str]()
    admitted = caller("a", hung_up)
    hall.enter(admitted)
    hall.has_asked(admitted)
    hall.leave(admitted)
    hall.leave(admitted)
    hall.enter(caller("b", hung_up))
    assert hung_up == []
    hall.enter(caller("c", hung_up))
    assert hung_up == ["b"]


@pytest.mark.asyncio
async def test_who_has_asked_may_still_have_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose body never comes holds nothing that others need."""
    monkeypatch.setattr(porch, "ROOM", 1)
    hall, hung_up = Porch(), list[str]()
    asking = caller("a", hung_up)
    hall.enter(asking)
    hall.has_asked(asking)
    hall.enter(caller("b", hung_up))
    assert hung_up == ["a"]


@pytest.mark.asyncio
async def test_time_runs_until_the_request_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(porch, "REQUEST_S", 0.0)
    hall, hung_up = Porch(), list[str]()
    silent, quick = caller("silent", hung_up), caller("quick", hung_up)
    hall.enter(silent)
    hall.enter(quick)
    hall.has_asked(quick)
    over = asyncio.Event()

    def last() -> None:
        hung_up.append("last")
        over.set()

    hall.enter(Caller("last", "last:1", last))
    await over.wait()
    assert hung_up == ["silent", "last"]
    assert silent.is_gone
    assert not quick.is_gone
