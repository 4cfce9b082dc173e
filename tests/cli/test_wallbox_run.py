"""The real process against the `websockets` library as an independent central system."""

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

LIMIT_S: Final = 30
CARD: Final = "04A1B2C3"


class Central:
    """Answers what a wallbox asks; keeps every frame and every request path."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.headers: list[tuple[str, str | None]] = []
        self.connection: ServerConnection | None = None

    async def talk(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.connection = connection
        headers = connection.request.headers
        self.headers.append((connection.request.path, headers.get("Authorization")))
        async for text in connection:
            frame = json.loads(text)
            self.frames.put_nowait(frame)
            if frame[0] == 2:
                await connection.send(json.dumps([3, frame[1], self._answer(frame[2])]))

    def _answer(self, action: str) -> dict[str, Any]:
        time = "2026-05-15T12:00:00Z"
        accepted = {"idTagInfo": {"status": "Accepted"}}
        answers: dict[str, dict[str, Any]] = {
            "BootNotification": {"status": "Accepted", "currentTime": time, "interval": 300},
            "Authorize": accepted,
            "StartTransaction": {**accepted, "transactionId": 42},
            "DataTransfer": {"status": "Accepted", "data": "d"},
        }
        return answers.get(action, {})

    async def asked(self, action: str) -> Any:  # noqa: ANN401 - JSON
        """The payload of the next CALL of that action."""
        while True:
            frame = await self.frames.get()
            if frame[0] == 2 and frame[2] == action:
                return frame[3]


class Process:
    """A running `wattgate wallbox --json`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def event(self, kind: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            event: dict[str, Any] = json.loads(line)
            if event["event"] == kind:
                return event
        raise AssertionError(f"the wallbox ended before {kind}")


async def spawn(url: str, *options: str) -> asyncio.subprocess.Process:
    program = "from wattgate.cli.main import main; main()"
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "wallbox", "--id", "CP 1", "--backend", url, *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(*options: str) -> AsyncIterator[tuple[Process, Central]]:
    central = Central()
    async with (
        asyncio.timeout(LIMIT_S),
        serve(
            central.talk, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], compression=None
        ) as server,
    ):
        port = server.sockets[0].getsockname()[1]
        process = Process(await spawn(f"ws://127.0.0.1:{port}/ocpp", *options))
        try:
            yield process, central
        finally:
            if process.process.returncode is None:
                process.process.kill()
            await process.process.communicate()


@pytest.mark.asyncio
async def test_a_session_from_the_keyboard(tmp_path: Path) -> None:
    signed = tmp_path / "signed.txt"
    signed.write_text('OCMF|{"FV":"1.0"}|{"SD":"30"}\n')
    async with running("--json", "--password", "secret", "--meter-interval", "0") as (box, central):
        boot = await central.asked("BootNotification")
        assert boot["chargePointSerialNumber"] == "CP 1"
        assert central.headers == [("/ocpp/CP%201", "Basic Q1AgMTpzZWNyZXQ=")]
        await box.event("boot")
        box.type("plug")
        box.type(f"rfid {CARD}")
        assert (await central.asked("StartTransaction"))["idTag"] == CARD
        assert (await box.event("started"))["transaction_id"] == 42
        box.type(f"meter-file {signed}")
        box.type("meter-file /nowhere")
        assert "/nowhere" in (await box.event("problem"))["what"]
        box.type("nonsense")
        assert "nonsense" in (await box.event("problem"))["what"]
        box.type("data Vendor Message text")
        assert (await box.event("data-answer"))["data"] == "d"
        box.type('raw [2,"raw","Heartbeat",{}]')
        await central.asked("Heartbeat")
        box.type("stop")
        stop = await central.asked("StopTransaction")
        assert stop["transactionId"] == 42
        (value,) = stop["transactionData"][0]["sampledValue"]
        assert value["value"] == 'OCMF|{"FV":"1.0"}|{"SD":"30"}'
        box.type("")
        box.type("quit")
        assert await box.process.wait() == 0


@pytest.mark.asyncio
async def test_plugged_and_presented_from_the_start_and_ended_by_a_signal() -> None:
    options = ("--json", "--frames", "--plug", "--rfid", CARD)
    async with running(*options, "--key", "AllowOfflineTxForUnknownId=true") as (box, central):
        assert (await central.asked("StartTransaction"))["idTag"] == CARD
        assert (await box.event("sent"))["text"].startswith("[2,")
        box.process.send_signal(signal.SIGTERM)
        assert await box.process.wait() == 0


async def _until(stream: asyncio.StreamReader, words: bytes) -> AsyncIterator[bytes]:
    """The lines up to the one with these words."""
    async for line in stream:
        yield line
        if words in line:
            return
    raise AssertionError(f"never said: {words!r}")


@pytest.mark.asyncio
async def test_the_end_of_its_input_does_not_end_it_and_words_are_for_people() -> None:
    async with running() as (box, central):
        assert box.process.stdin is not None
        assert box.process.stdout is not None
        box.type("help")
        box.process.stdin.write_eof()
        await central.asked("StatusNotification")
        said = [line async for line in _until(box.process.stdout, b"press the stop button")]
        assert len(said) > 1
        box.process.send_signal(signal.SIGINT)
        assert await box.process.wait() == 0


@pytest.mark.asyncio
async def test_a_program_shows_a_card_and_sees_the_wallbox(tmp_path: Path) -> None:
    options = ("--json", "--data", str(tmp_path), "--api-port", "0", "--plug", "--asleep")
    async with running(*options) as (box, central):
        url = (await box.event("api"))["url"]
        await box.event("boot")
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            assert (await client.post("/card", json={"id_tag": CARD})).status_code == 200
            assert (await central.asked("StartTransaction"))["idTag"] == CARD
            assert (await client.post("/card", json={"id_tag": "C" * 21})).status_code == 409
            assert "20 characters" in (await box.event("problem"))["what"]
            state = (await client.get("/state")).json()
            assert (state["pilot"], state["card"], state["status"]) == ("B", CARD, "SuspendedEV")
            box.type("wake")
            assert (await box.event("status"))["status"] == "Charging"
            assert (await client.get("/state")).json()["relay"] == "3 phases, closed"
        box.type("status")
        assert (await box.event("state"))["soc_percent"] >= 50.0
        box.type("plug 2")
        assert "no connector 2" in (await box.event("problem"))["what"]

        second = await spawn("ws://127.0.0.1:1/", "--data", str(tmp_path))
        _, said = await second.communicate()
        assert second.returncode == 2
        assert b"is in use by another wattgate process" in said


@pytest.mark.asyncio
async def test_a_card_at_a_serial_reader_is_asked_about() -> None:
    ours, its = pty.openpty()
    try:
        async with running("--json", "--card-reader", os.ttyname(its)) as (box, central):
            assert (await box.event("reader"))["what"].endswith("reads")
            await box.event("boot")
            os.write(ours, b"\x02" + CARD.encode() + b"\x03")
            assert (await central.asked("Authorize"))["idTag"] == CARD
    finally:
        os.close(ours)
        os.close(its)


@pytest.mark.asyncio
async def test_what_cannot_be_kept_is_confirmed_to_nobody_and_ends_it(tmp_path: Path) -> None:
    async with running("--json", "--data", str(tmp_path)) as (box, central):
        await box.event("boot")
        (tmp_path / "wallbox.json.new").mkdir()  # no file can be written there any more
        box.type("plug")
        assert "nothing can be kept" in (await box.event("problem"))["what"]
        assert await box.process.wait() == 1
        while not central.frames.empty():
            assert "Preparing" not in str(central.frames.get_nowait())


@pytest.mark.asyncio
async def test_a_password_that_cannot_be_kept_is_not_told_to_the_log(tmp_path: Path) -> None:
    key = b"a password of 19 b.".hex()
    async with running("--json", "--data", str(tmp_path)) as (box, central):
        await box.event("boot")
        (tmp_path / "wallbox.json.new").mkdir()  # no file can be written there any more
        assert central.connection is not None
        asked = {"key": "AuthorizationKey", "value": key}
        await central.connection.send(json.dumps([2, "k", "ChangeConfiguration", asked]))
        assert "nothing can be kept" in (await box.event("problem"))["what"]
        _, said = await box.process.communicate()
        assert box.process.returncode == 1
        assert key.encode() not in said
        assert b"Traceback" not in said
        while not central.frames.empty():
            assert central.frames.get_nowait()[:2] != [3, "k"]


@pytest.mark.asyncio
async def test_on_modbus_alone_the_card_of_the_options_is_shown_at_once() -> None:
    box = Process(await spawn("", "--json", "--modbus-port", "0", "--rfid", CARD))
    try:
        async with asyncio.timeout(LIMIT_S):
            assert (await box.event("modbus"))["unit"] == 1
            assert (await box.event("card"))["id_tag"] == CARD
    finally:
        box.process.kill()
        await box.process.communicate()


@pytest.mark.asyncio
async def test_without_a_reader_nobody_can_show_a_card() -> None:
    async with running("--json", "--no-reader", "--plug") as (box, _central):
        box.type(f"rfid {CARD}")
        assert (await box.event("problem"))["what"] == "this wallbox has no reader"


@pytest.mark.asyncio
async def test_a_port_that_is_taken_ends_it_with_the_options_name(tmp_path: Path) -> None:
    async with serve(Central().talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        box = await spawn("ws://127.0.0.1:1/", "--api-port", str(port))
        _, said = await box.communicate()
        assert box.returncode == 2
        assert said.startswith(b"--api-port: ")


@pytest.mark.asyncio
async def test_when_nobody_reads_any_more_it_ends() -> None:
    async with running("--json") as (box, central):
        await central.asked("StatusNotification")
        assert box.process.stdout is not None
        box.process.stdout._transport.close()  # type: ignore[attr-defined] # - the pipe's reader
        await box.process.stdout.read()  # ends when the pipe is closed
        box.type("status")
        box.type("status")
        await box.process.wait()
