"""The real process, and the `websockets` library as an independent charge point."""

import asyncio
import base64
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

LIMIT_S: Final = 30
OCPP: Final = [Subprotocol("ocpp1.6")]
START: Final = (
    '[2,"s%d","StartTransaction",'
    '{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]'
)


class Backend:
    """A running `wattgate backend --json --port 0`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""

    def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event of that kind; others before it are passed over."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            event: dict[str, Any] = json.loads(line)
            if event["event"] == kind:
                return event
        raise AssertionError(f"the backend ended before {kind}")


async def spawn(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from wattgate.cli.main import main; main()", "backend", *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(*options: str) -> AsyncIterator[Backend]:
    async with asyncio.timeout(LIMIT_S):
        backend = Backend(await spawn("--json", "--port", "0", *options))
        try:
            backend.url = (await backend.event("listening"))["url"]
            yield backend
        finally:
            if backend.process.returncode is None:
                backend.process.kill()
            await backend.process.communicate()


async def ended(*options: str) -> tuple[int | None, str]:
    """Exit code and standard error of a backend that cannot start."""
    async with asyncio.timeout(LIMIT_S):
        process = await spawn(*options)
        _, words = await process.communicate()
        return process.returncode, words.decode()


@pytest.mark.asyncio
async def test_a_charge_point_talks_and_is_talked_to() -> None:
    async with (
        running("--first-transaction-id", "70") as backend,
        connect(backend.url + "CP1", subprotocols=OCPP) as wallbox,
    ):
        assert (await backend.event("connected"))["id"] == "CP1"
        await wallbox.send(START % 1)
        assert json.loads(await wallbox.recv())[2]["transactionId"] == 70
        assert (await backend.event("transaction-started"))["transaction_id"] == 70
        backend.order("stop CP1 70")
        asked = json.loads(await wallbox.recv())
        assert asked[2:] == ["RemoteStopTransaction", {"transactionId": 70}]
        await wallbox.send(f'[3,"{asked[1]}",{{"status" : "Accepted"}}]')
        answered = await backend.event("answered")
        assert answered["payload_text"] == '{"status" : "Accepted"}'
        backend.order("drop CP1")
        with pytest.raises(ConnectionClosed):
            await wallbox.recv()
        assert (await backend.event("disconnected"))["id"] == "CP1"


@pytest.mark.asyncio
async def test_a_killed_backend_knows_its_transactions_afterwards_r67(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.json"))
    async with (
        running(*state) as backend,
        connect(backend.url + "CP1", subprotocols=OCPP) as wallbox,
    ):
        await wallbox.send(START % 1)
        first = json.loads(await wallbox.recv())[2]
        backend.process.kill()
    async with (
        running(*state) as backend,
        connect(backend.url + "CP1", subprotocols=OCPP) as wallbox,
    ):
        await wallbox.send(START % 2)
        assert json.loads(await wallbox.recv())[2] == first
        assert (await backend.event("transaction-repeated"))["transaction_id"] == 5000


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "user", "status"),
    [("CP9", "CP9:secret", 404), ("CP1", "CP1:wrong", 401), ("CP1", "CP1:secret", 101)],
)
async def test_ids_and_passwords_decide_who_comes_in_r20_r25(
    path: str, user: str, status: int
) -> None:
    header = "Basic " + base64.b64encode(user.encode()).decode()
    async with running("--known", "CP1", "--password", "secret") as backend:
        try:
            async with connect(
                backend.url + path,
                subprotocols=OCPP,
                additional_headers={"Authorization": header},
            ):
                code = 101
        except InvalidStatus as error:
            code = error.response.status_code
            assert (await backend.event("refused-connection"))["id"] == path
        assert code == status


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly_also_with_a_charge_point(number: signal.Signals) -> None:
    async with (
        running() as backend,
        connect(backend.url + "CP1", subprotocols=OCPP) as wallbox,
    ):
        backend.process.send_signal(number)
        with pytest.raises(ConnectionClosed):
            await wallbox.recv()
        assert await backend.process.wait() == 0


@pytest.mark.asyncio
async def test_the_end_of_input_does_not_end_it_but_quit_does() -> None:
    async with running() as backend:
        assert backend.process.stdin is not None
        backend.process.stdin.close()
        async with connect(backend.url + "CP1", subprotocols=OCPP) as wallbox:
            await wallbox.send('[2,"h1","Heartbeat",{}]')
            assert json.loads(await wallbox.recv())[1] == "h1"
    async with running() as backend:
        backend.order("quit")
        assert await backend.process.wait() == 0


@pytest.mark.asyncio
async def test_frames_are_shown_on_request() -> None:
    async with (
        running("--frames") as backend,
        connect(backend.url + "CP1", subprotocols=OCPP) as wallbox,
    ):
        await wallbox.send('[2,"h1", "Heartbeat", {}]')
        assert (await backend.event("received"))["text"] == '[2,"h1", "Heartbeat", {}]'
        assert (await backend.event("sent"))["text"] == await wallbox.recv()


@pytest.mark.asyncio
async def test_a_port_in_use_is_said_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, words = await ended("--port", port)
    assert code == 1
    assert f"port {port} on 127.0.0.1 is already in use" in words


@pytest.mark.asyncio
async def test_an_address_of_another_machine_is_said_in_words() -> None:
    code, words = await ended("--host", "192.0.2.1", "--port", "0")
    assert code == 1
    assert words.startswith("cannot listen on 192.0.2.1, port 0: ")
