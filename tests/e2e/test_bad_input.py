"""Nonsense from both sides: the process lives, the answer is right, and the log says so once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from tests.support.hostile_backend import HostileBackend, hostile_backend
from tests.support.processes import LIMIT_S, Program, Stage
from tests.support.raw_websocket import BINARY, TEXT, RawClient, frame, request
from tests.support.site_processes import (
    ManagerProcess,
    plug_in,
    run_manager,
    run_wallbox,
)
from tests.support.site_text import evse, site
from websockets.exceptions import ConnectionClosed

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

MIB: Final = 2**20
NESTED: Final = "[" * 100_000
UNUSABLE: Final = "message not usable"

# A text, the code of the CALLERROR that answers it (None: nothing does), whether it is logged.
NONSENSE: Final[list[tuple[str, str | None, bool]]] = [
    ("{bad", None, True),
    ("", None, True),
    ("null", None, True),
    ('"x"', None, True),
    ("[]", None, True),
    ('[2,"x"', "FormationViolation", True),
    ('[2,"x"]', "FormationViolation", True),
    ('[2,"x","Heartbeat"]', "FormationViolation", True),
    ('[2,"x","Heartbeat",[]]', "FormationViolation", True),
    ('[2,"x",7,{}]', "FormationViolation", True),
    ("[2,7,{}]", None, True),
    (f'[2,"x","Heartbeat",{NESTED}', "FormationViolation", True),
    ('[7,"x",{}]', None, True),
    ('[3,"nobody",{}]', None, True),
    ('[4,"nobody","GenericError","",{}]', None, True),
    ('[3,"nobody"]', None, True),
    ('[2,"x","Foo",{}]', "NotImplemented", False),
    ('[2,"x","RemoteStartTransaction",{}]', "NotImplemented", False),
]

FROM_BACKEND: Final = [row for row in NONSENSE if "RemoteStart" not in row[0]]
"""A RemoteStartTransaction is nonsense from a wallbox only."""

CALL_ERROR: Final = 4


@dataclass
class Site:
    """A manager with one EVSE on a backend that can be told to misbehave."""

    stage: Stage
    manager: ManagerProcess
    backend: HostileBackend
    box: Program

    async def logged(self, mark: int) -> None:
        """Wait for one complaint about a message since `mark`; there must be no second."""
        await self.manager.event(UNUSABLE, mark)
        assert len(self.manager.program.all_of(UNUSABLE, mark)) == 1


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with (
        hostile_backend() as backend,
        Stage(tmp_path_factory.mktemp("site")) as stage,
    ):
        text = site(
            evse("stall", "CP1", {"url": backend.url}), evse("raw", "RAW"), evse("twins", "TWINS")
        )
        manager = await run_manager(stage, text)
        box = await run_wallbox(stage, "CP1", manager.url)
        async with asyncio.timeout(LIMIT_S):
            await backend.logged_in(1)
        yield Site(stage, manager, backend, box)


async def _until_answered(client: RawClient, unique_id: str) -> list[list[Any]]:
    """Every answer that comes, up to the one to this id."""
    answers: list[list[Any]] = []
    while not answers or answers[-1][1] != unique_id:
        opcode, payload = await client.frame()
        if opcode == TEXT and (answer := json.loads(payload))[0] != 2:
            answers.append(answer)
    return answers


@pytest.mark.parametrize(("text", "code", "logged"), NONSENSE, ids=[t[:40] for t, _, _ in NONSENSE])
async def test_nonsense_of_a_wallbox_costs_neither_link_nor_silence(
    world: Site, text: str, code: str | None, *, logged: bool
) -> None:
    """R3, R9, R11, R12: the next heartbeat is answered on the same link."""
    mark = world.manager.mark
    async with asyncio.timeout(LIMIT_S), await RawClient.connect(world.manager.ocpp_port) as client:
        await client.upgrade(request("/RAW"))
        client.send(frame(TEXT, text.encode()))
        client.send(frame(TEXT, b'[2,"beat","Heartbeat",{}]'))
        *others, beat = await _until_answered(client, "beat")
        assert [answer[:3] for answer in others] == ([] if code is None else [[4, "x", code]])
        assert beat[0] == 3
        if logged:
            await world.logged(mark)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(BINARY, b'[2,"x","Heartbeat",{}]'), 1003),
        (frame(TEXT, b'[2,"x","\xff",{}]'), 1007),
        (frame(TEXT, b"{}", mask=False), 1002),
        (frame(TEXT, b"{}", rsv=4), 1002),
        (frame(0x3, b"{}"), 1002),
        (frame(TEXT, b" " * (16 * MIB + 1)), 1009),
    ],
    ids=["binary", "no UTF-8", "unmasked", "reserved bit", "unknown opcode", "over 16 MiB"],
)
async def test_a_broken_websocket_is_closed_with_the_code_that_says_why(
    world: Site, data: bytes, code: int
) -> None:
    """R15; RFC 6455 §7.4.1."""
    mark = world.manager.mark
    async with asyncio.timeout(LIMIT_S), await RawClient.connect(world.manager.ocpp_port) as client:
        await client.upgrade(request("/RAW"))
        client.send(data)
        assert (await client.close_frame())[0] == code
    async with asyncio.timeout(LIMIT_S), await RawClient.connect(world.manager.ocpp_port) as client:
        await client.upgrade(request("/RAW"))
        closed = await world.manager.event("wallbox disconnected", mark, station="RAW", code=code)
        assert closed["reason"]


async def test_15_mib_are_a_message_like_any_other(world: Site) -> None:
    """R15: a long signed StopTransaction must never end in a resend loop."""
    text = f'[2,"big","DataTransfer",{{"vendorId":"v","data":"{"x" * 15 * MIB}"}}]'
    async with asyncio.timeout(LIMIT_S), await RawClient.connect(world.manager.ocpp_port) as client:
        await client.upgrade(request("/RAW"))
        client.send(frame(TEXT, text.encode()))
        (answer,) = await _until_answered(client, "big")
    assert answer == [3, "big", {"status": "UnknownVendorId"}]


@pytest.mark.parametrize(
    "payload",
    [
        "{}",
        '{"connectorId":1,"idTag":"T","meterStart":"a lot","timestamp":"now"}',
        '{"connectorId":{},"idTag":[],"meterStart":1e400,"timestamp":7}',
        f'{{"connectorId":{"9" * 5000},"idTag":"T","meterStart":0,"timestamp":"now"}}',
    ],
    ids=["empty", "words for numbers", "wrong types", "a number without end"],
)
@pytest.mark.parametrize("action", ["StartTransaction", "StopTransaction", "MeterValues"])
async def test_a_transaction_message_is_always_answered(
    world: Site, action: str, payload: str
) -> None:
    """R59."""
    async with asyncio.timeout(LIMIT_S), await RawClient.connect(world.manager.ocpp_port) as client:
        await client.upgrade(request("/RAW"))
        client.send(frame(TEXT, f'[2,"x","{action}",{payload}]'.encode()))
        (answer,) = await _until_answered(client, "x")
        if answer[0] == CALL_ERROR:
            assert answer[2].endswith("Violation"), answer


async def test_two_wallboxes_with_one_id_are_noticed(world: Site) -> None:
    """R27."""
    mark = world.manager.mark
    clients = []
    async with asyncio.timeout(LIMIT_S):
        for _ in range(5):
            client = await RawClient.connect(world.manager.ocpp_port)
            await client.upgrade(request("/TWINS"))
            clients.append(client)
        await world.manager.event("two wallboxes seem to carry the same id", mark, station="TWINS")
    for client in clients:
        client.writer.transport.abort()


@pytest.mark.parametrize(
    ("text", "code", "logged"), FROM_BACKEND, ids=[text[:40] for text, _, _ in FROM_BACKEND]
)
async def test_nonsense_of_a_backend_costs_neither_link_nor_silence(
    world: Site, text: str, code: str | None, *, logged: bool
) -> None:
    """R3, R9, R11, R12: it can still ask the wallbox."""
    mark, backend = world.manager.mark, world.backend
    backend.frames.clear()
    logins = backend.logins
    async with asyncio.timeout(LIMIT_S):
        await backend.send(text)
        await backend.send('[2,"key","GetConfiguration",{"key":["NumberOfConnectors"]}]')
        assert (await backend.answer("key"))[2]["configurationKey"][0]["value"] == "1"
    answers = [answer[:3] for answer in backend.frames if answer[0] == CALL_ERROR]
    assert answers == ([] if code is None else [[4, "x", code]])
    assert backend.logins == logins
    if logged:
        await world.logged(mark)


async def test_a_backend_may_send_15_mib(world: Site) -> None:
    text = f'[2,"big","Foo",{{"data":"{"x" * 15 * MIB}"}}]'
    async with asyncio.timeout(LIMIT_S):
        await world.backend.send(text)
        assert (await world.backend.answer("big"))[2] == "NotImplemented"


@pytest.mark.parametrize(
    ("message", "text", "code"),
    [
        (b"[]", False, 1003),
        (b"[2,\xff]", True, 1007),
        (b" " * (16 * MIB + 1), True, 1009),
    ],
    ids=["binary", "no UTF-8", "over 16 MiB"],
)
async def test_a_backend_that_breaks_the_protocol_is_left_and_tried_again(
    world: Site, message: bytes, code: int, *, text: bool
) -> None:
    backend = world.backend
    logins, endings = backend.logins, len(backend.closed_with)
    mark = world.manager.mark
    async with asyncio.timeout(LIMIT_S):
        with suppress(ConnectionClosed):  # the end of a long message is not waited for
            await backend.send(message, text=text)
        assert await backend.closed(endings + 1) == code
        await backend.logged_in(logins + 1)
    await world.manager.online("stall", mark)


async def test_a_session_goes_on_beside_all_that(world: Site) -> None:
    """The wallbox has noticed nothing."""
    await plug_in(world.stage, world.box)
    assert len(world.box.all_of("connected")) == 1
    assert len(world.box.all_of("boot")) == 1
