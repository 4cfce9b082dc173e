"""A site of real processes: manager, wallboxes, backend."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from tests.support.processes import LIMIT_S, Event, Program, Stage, free_port

PASSWORD: Final = "correct horse"
RETRY_S: Final = "0.2"
"""s before the manager dials a backend again; 10 would do outside of tests."""


@dataclass
class ManagerProcess:
    """`wattgate run` on one data directory and one port, over all its lives."""

    stage: Stage
    data: Path
    ocpp_port: int
    program: Program
    http_url: str = ""

    @property
    def url(self) -> str:
        """What a wallbox is given, without its id."""
        return f"ws://127.0.0.1:{self.ocpp_port}/"

    @property
    def secure_url(self) -> str:
        """The same for one that speaks TLS."""
        return f"wss://127.0.0.1:{self.ocpp_port}/"

    @property
    def mark(self) -> int:
        return self.program.mark

    async def event(self, kind: str, since: int = 0, **facts: object) -> Event:
        """Wait for a line of its log."""
        return await self.stage.event(self.program, kind, since, **facts)

    async def online(self, evse_id: str, since: int = 0) -> None:
        """Wait until an EVSE's backend has accepted us."""
        await self.stage.until(
            lambda: [
                event
                for event in self.program.all_of("backend link", since, phase="online")
                if event["link"].startswith(f"{evse_id} ")
            ],
            f"{evse_id} is online at its backend",
        )

    async def kill(self) -> None:
        """End it by force."""
        await self.program.kill()

    def hold(self) -> None:
        """Hold it up, as a machine does that has no time for it; its connections stay open."""
        self.program.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.program.signal(signal.SIGCONT)

    async def restart(self, site_text: str | None = None) -> None:
        """Start it again, on what it has stored, and with this site file where there is one."""
        options: tuple[str | Path, ...] = ()
        if site_text is not None:
            site_file = self.stage.folder / "site.toml"
            site_file.write_text(site_text)
            options = ("--site", site_file)
        self.program = await _run(self.stage, self.data, self.ocpp_port, *options)
        await self._listens()

    async def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the API as the administrator; the answer of a request that must succeed."""
        url = self.http_url.rstrip("/") + path
        client = httpx.AsyncClient(auth=("admin", PASSWORD), trust_env=False, timeout=LIMIT_S)
        async with client:
            answer = await client.request(method, url, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def evse(self, evse_id: str) -> Any:  # noqa: ANN401 - JSON
        """What the API says of an EVSE."""
        return await self.ask("GET", f"/api/v1/evses/{evse_id}")

    async def _listens(self) -> None:
        self.http_url = await self.stage.said(self.program, "API on ")


async def run_manager(stage: Stage, site_text: str, **environment: str) -> ManagerProcess:
    """Start a manager on a site and wait until it listens."""
    data, site_file = stage.folder / "data", stage.folder / "site.toml"
    site_file.write_text(site_text)
    port = free_port()
    program = await _run(stage, data, port, "--site", site_file, **environment)
    manager = ManagerProcess(stage, data, port, program)
    await manager._listens()
    return manager


async def _run(
    stage: Stage, data: Path, port: int, *words: str | Path, **environment: str
) -> Program:
    options = ("--ocpp-port", str(port), "--http-port", "0", "--backend-retry", RETRY_S)
    return await stage.start(
        "manager",
        *("run", "--data", data, *options, "--log-json", *words),
        WATTGATE_ADMIN_PASSWORD=PASSWORD,
        **environment,
    )


async def run_wallbox(stage: Stage, station_id: str, url: str, *options: str | Path) -> Program:
    """Start a software wallbox that prints every frame; it samples when told to."""
    words = ("wallbox", "--id", station_id, "--backend", url, "--json", "--frames")
    return await stage.start(f"wallbox {station_id}", *words, *options)


async def run_backend(stage: Stage, *options: str | Path, port: int | None = None) -> Program:
    """Start a test backend and wait until it listens."""
    port = port or free_port()
    program = await stage.start("backend", "backend", "--json", "--port", str(port), *options)
    await stage.event(program, "listening")
    return program


def url_of(backend: Program) -> str:
    """What a charge point of the backend is given, without its id."""
    listening = backend.find("listening")
    assert listening is not None
    return str(listening["url"])


async def plug_in(
    stage: Stage, wallbox: Program, id_tag: str = "04A1B2C3", connector: int = 1
) -> Event:
    """Plug a car in and show a card; the started transaction as the wallbox knows it.

    A card that is shown before the wallbox has come for the first time would be refused.
    """
    await stage.event(wallbox, "boot", status="Accepted")
    mark = wallbox.mark
    wallbox.type(f"plug {connector}", f"rfid {id_tag} {connector}")
    return await stage.event(wallbox, "started", mark, connector=connector)


async def limit(
    stage: Stage, wallbox: Program, current_a: float, since: int = 0, connector: int = 1
) -> Event:
    """Wait until a connector of a wallbox offers exactly this current, A per phase."""
    return await stage.event(wallbox, "limit", since, current_a=current_a, connector=connector)
