"""A real backend configures its charge point: its own link, and what it wants of the wallbox."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.processes import LIMIT_S, Stage
from tests.support.site_processes import plug_in, run_manager, run_wallbox
from tests.support.site_text import evse, site
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

SITE_PASSWORD: Final = "of the site"
KEY: Final = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
_TIME: Final = "2026-05-15T12:00:00Z"
_ANSWERS: Final[dict[str, Any]] = {
    "BootNotification": {"status": "Accepted", "currentTime": _TIME, "interval": 300},
    "Heartbeat": {"currentTime": _TIME},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 77},
}


@dataclass
class KeyedBackend:
    """A central system that lets in who brings the one password, made of websockets and json.

    `presented` holds the password of every attempt, `calls` what it was asked.
    """

    password: bytes
    port: int = 0
    presented: list[bytes] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    _link: ServerConnection | None = None
    _answers: dict[str, "asyncio.Future[Any]"] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Check the raw bytes behind the first colon of HTTP Basic."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        assert scheme == "Basic"
        user, _, password = base64.b64decode(encoded).partition(b":")
        assert user == b"CP1"
        self.presented.append(password)
        self._news.set()
        if password != self.password:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "no\n")
        return None

    async def talk(self, link: ServerConnection) -> None:
        """Serve one connection."""
        self._link = link
        try:
            async for text in link:
                frame = json.loads(text)
                if frame[0] == 2:
                    self.calls.append((frame[2], frame[3]))
                    await link.send(json.dumps([3, frame[1], _ANSWERS.get(frame[2], {})]))
                elif frame[1] in self._answers:
                    self._answers.pop(frame[1]).set_result(frame[2])
                self._news.set()
        except ConnectionClosed:
            return

    async def ask(self, action: str, payload: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask the charge point; its answer."""
        assert self._link is not None
        unique_id = f"b{len(self.calls)}-{action}"
        answer = self._answers[unique_id] = asyncio.get_running_loop().create_future()
        await self._link.send(json.dumps([2, unique_id, action, payload]))
        async with asyncio.timeout(LIMIT_S):
            return await answer

    async def change(self, key: str, value: str) -> str:
        """Set a key; the status."""
        return str((await self.ask("ChangeConfiguration", {"key": key, "value": value}))["status"])

    async def got(self, action: str, times: int = 1) -> Any:  # noqa: ANN401 - JSON
        """Wait for so many CALLs of an action; the last one's payload."""
        async with asyncio.timeout(LIMIT_S):
            while len(self.all_of(action)) < times:
                self._news.clear()
                await self._news.wait()
        return self.all_of(action)[times - 1]

    def all_of(self, action: str) -> list[Any]:
        """The payloads of every CALL of that action so far."""
        return [payload for name, payload in self.calls if name == action]

    @property
    def gateway(self) -> dict[str, str]:
        """How the site file names it."""
        return {"url": f"ws://127.0.0.1:{self.port}/", "password": SITE_PASSWORD}


@asynccontextmanager
async def keyed_backend() -> AsyncIterator[KeyedBackend]:
    """Run one on a free port; it knows the password of the site file."""
    backend = KeyedBackend(SITE_PASSWORD.encode())
    async with serve(
        *(backend.talk, "127.0.0.1", 0),
        process_request=backend.admit,
        subprotocols=[Subprotocol("ocpp1.6")],
        compression=None,
    ) as server:
        backend.port = next(iter(server.sockets)).getsockname()[1]
        yield backend


async def test_a_backend_gives_a_new_key_and_sees_it_as_raw_bytes_also_after_a_kill_r24_r37(
    tmp_path: Path,
) -> None:
    async with keyed_backend() as backend, Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall", "CP1", backend.gateway)))
        box = await run_wallbox(stage, "CP1", manager.url)
        await backend.got("BootNotification")
        assert await backend.change("AuthorizationKey", "00") == "Rejected"
        assert await backend.change("AuthorizationKey", KEY) == "Accepted"
        backend.password = bytes.fromhex(KEY)
        await backend.got("BootNotification", times=2)
        assert backend.presented == [SITE_PASSWORD.encode(), bytes.fromhex(KEY)]
        link = (await manager.evse("stall"))["backend"]
        assert "with the key" in json.dumps(link)

        read = await backend.ask("GetConfiguration", {"key": ["AuthorizationKey"]})
        assert read["configurationKey"] == [{"key": "AuthorizationKey", "readonly": False}]
        said = json.dumps([link, manager.program.events, manager.program.lines])
        assert KEY.lower() not in said.lower()

        await manager.kill()
        await manager.restart()
        await backend.got("BootNotification", times=3)
        assert backend.presented[2:] == [bytes.fromhex(KEY)]
        assert [e for e in box.all_of("received") if "ChangeConfiguration" in e["text"]] == []


async def test_a_backend_that_refuses_its_own_key_gets_the_password_from_before_r37(
    tmp_path: Path,
) -> None:
    async with keyed_backend() as backend, Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall", "CP1", backend.gateway)))
        await run_wallbox(stage, "CP1", manager.url)
        await backend.got("BootNotification")
        assert await backend.change("AuthorizationKey", KEY) == "Accepted"
        await backend.got("BootNotification", times=2)
        site_password = SITE_PASSWORD.encode()
        assert backend.presented == [site_password, bytes.fromhex(KEY), site_password]
        link = (await manager.evse("stall"))["backend"]
        assert "it refused the key" in json.dumps(link)


async def test_a_backend_gets_fewer_samples_than_load_management_and_every_end_of_a_bill_r80(
    tmp_path: Path,
) -> None:
    async with keyed_backend() as backend, Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall", "CP1", backend.gateway)))
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await backend.got("BootNotification")
        assert await backend.change("MeterValueSampleInterval", "600") == "Accepted"
        read = await backend.ask("GetConfiguration", {"key": ["MeterValueSampleInterval"]})
        assert [each["value"] for each in read["configurationKey"]] == ["600"]
        await plug_in(stage, box, "04A1B2C3")

        def samples() -> int:
            sent = [e["text"] for e in box.all_of("sent") if '"MeterValues"' in e["text"]]
            return len([text for text in sent if "Sample.Periodic" in text])

        await stage.until(lambda: samples() >= 6, "six samples")
        box.type("stop")
        await backend.got("StopTransaction")
        contexts = [
            value.get("context", "Sample.Periodic")
            for payload in backend.all_of("MeterValues")
            for reading in payload["meterValue"]
            for value in reading["sampledValue"][:1]
        ]
        # What comes within 2 s belongs to one reading.
        assert 1 <= contexts.count("Sample.Periodic") <= 3 < samples()
