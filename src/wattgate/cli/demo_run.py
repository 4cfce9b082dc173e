"""Runs `wattgate demo`: starts the processes, tells the story, shows it, ends everything."""

import asyncio
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from rich.console import Console

from wattgate.adapters.clock import SystemClock
from wattgate.cli.demo_api import DemoApi
from wattgate.cli.demo_processes import Child, Children
from wattgate.cli.demo_screen import Paper, Screen
from wattgate.cli.demo_site import PASSWORDS, DemoWallbox, site_text, wallboxes
from wattgate.cli.demo_snapshot import Snapshot
from wattgate.cli.demo_story import STORY, STORY_S
from wattgate.cli.demo_words import backend_words, listening_url, wallbox_words
from wattgate.runtime.supervisor import Supervisor

START_S: Final = 60.0
"""s that a process may take until it listens."""

ASK_AGAIN_S: Final = 0.2

OCPP_PORT: Final = 19520
HTTP_PORT: Final = 19521
BACKEND_PORT: Final = 9000


def run_demo(seconds: float | None, *, free_ports: bool) -> int:
    """Run until Ctrl-C, SIGTERM or the end of `seconds`; answers the exit status."""
    with tempfile.TemporaryDirectory(prefix="wattgate-demo-") as folder, asyncio.Runner() as runner:
        return runner.run(_run(Path(folder), seconds, free_ports=free_ports))


async def _run(folder: Path, seconds: float | None, *, free_ports: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console = Paper(stop.set)
    async with Supervisor() as tasks:
        children = Children(tasks, stop.set)
        screen = Screen(console, SystemClock())
        demo = _Demo(folder, children, screen, _any_port if free_ports else _port)
        try:
            trouble = await _until(stop, tasks, demo, seconds)
        finally:
            await children.stop()
    if children.dead is not None:
        trouble = children.dead.obituary()
    if trouble is None:
        console.print("Everything has ended; nothing is left behind.")
        return 0
    Console(stderr=True, highlight=False, soft_wrap=True).print(trouble, markup=False)
    return 1


async def _until(
    stop: asyncio.Event, tasks: Supervisor, demo: "_Demo", seconds: float | None
) -> str | None:
    """Play until told to stop; the words why it could not start, None if it could."""
    playing = tasks.start(demo.play(seconds), name="demo")
    stopping = tasks.start(stop.wait(), name="demo: stop")
    await asyncio.wait((playing, stopping), return_when=asyncio.FIRST_COMPLETED)
    playing.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        return await playing
    return None


class _Demo:
    """The processes, in the order in which they need each other, and what happens then."""

    def __init__(
        self, folder: Path, children: Children, screen: Screen, port: Callable[[int], int]
    ) -> None:
        self._folder = folder
        self._children = children
        self._screen = screen
        self._port = port
        self._password = secrets.token_urlsafe(12)
        self._boxes = wallboxes(tuple(secrets.token_urlsafe(15) for _ in range(PASSWORDS)))
        self._taps: dict[str, Child] = {}

    async def play(self, seconds: float | None) -> str | None:
        """Tell the story for `seconds`, or for ever; the words why it could not begin."""
        self._screen.say("Starting a backend, a manager and three wallboxes …")
        try:
            async with asyncio.timeout(START_S):
                backend_url = await self._start_backend()
                ocpp_url, http_url = await self._start_manager(backend_url)
                self._say_addresses(backend_url, ocpp_url, http_url)
                api = DemoApi(http_url, self._password)
                await self._start_wallboxes(ocpp_url)
                await _everybody_online(api)
        except TimeoutError:
            return f"Not everything has started within {START_S:g} s."
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), Supervisor() as tasks:
                tasks.spawn(self._tell_story(), name="demo: story")
                await self._screen.show(api)
        return None

    async def _start_backend(self) -> str:
        listening = asyncio.get_running_loop().create_future()

        def heard(line: str) -> None:
            url = listening_url(line)
            if url is not None and not listening.done():
                listening.set_result(url)
            self._screen.happened("", backend_words(line))

        passwords = (f"{box.station_id}={box.backend_password}" for box in self._boxes)
        own = (word for each in passwords for word in ("--id-password", each))
        port = str(self._port(BACKEND_PORT))
        await self._children.start(
            "The backend", ("backend", "--json", "--port", port, *own), heard
        )
        return str(await listening)

    async def _start_manager(self, backend_url: str) -> tuple[str, str]:
        """Answer where wallboxes connect, and where the API is."""
        addresses: dict[str, str] = {}
        complete = asyncio.Event()

        def heard(line: str) -> None:
            for place, beginning in (("ocpp", "Wallboxes connect to "), ("http", "API on ")):
                if line.startswith(beginning):
                    addresses[place] = line.removeprefix(beginning).removesuffix("<ChargeBox ID>")
            if len(addresses) == 2:
                complete.set()

        site = self._folder / "site.toml"
        site.write_text(site_text(self._boxes, backend_url), encoding="utf-8")
        words = {
            "--data": str(self._folder / "data"),
            "--site": str(site),
            "--ocpp-port": str(self._port(OCPP_PORT)),
            "--http-port": str(self._port(HTTP_PORT)),
            "--backend-retry": "1",
        }
        await self._children.start(
            "The manager",
            ("run", *(word for pair in words.items() for word in pair)),
            heard,
            secrets={"WATTGATE_ADMIN_PASSWORD": self._password},
        )
        await complete.wait()
        return addresses["ocpp"], addresses["http"].rstrip("/")

    async def _start_wallboxes(self, ocpp_url: str) -> None:
        for box in self._boxes:
            self._taps[box.station_id] = await self._start_wallbox(box, ocpp_url)

    async def _start_wallbox(self, box: DemoWallbox, ocpp_url: str) -> Child:
        return await self._children.start(
            f"Wallbox {box.station_id}",
            box.options(ocpp_url),
            lambda line: self._screen.happened(box.name, wallbox_words(line)),
            secrets={"WATTGATE_WALLBOX_PASSWORD": box.password},
        )

    async def _tell_story(self) -> None:
        names = {box.station_id: box.name for box in self._boxes}
        while True:
            elapsed_s = 0.0
            for scene in STORY:
                await asyncio.sleep(scene.at_s - elapsed_s)
                elapsed_s = scene.at_s
                self._screen.happened(names[scene.station_id], scene.words)
                for line in scene.lines:
                    self._taps[scene.station_id].order(line)
            await asyncio.sleep(STORY_S - elapsed_s)

    def _say_addresses(self, backend_url: str, ocpp_url: str, http_url: str) -> None:
        for line in _addresses(self._password, backend_url, ocpp_url, http_url):
            self._screen.say(line)


def _addresses(password: str, backend_url: str, ocpp_url: str, http_url: str) -> Sequence[str]:
    curl = f"curl -u admin:{password}"
    return (
        f"Backend    {backend_url}<ChargeBox ID>",
        f"Wallboxes  {ocpp_url}<ChargeBox ID>",
        f"API        {http_url}/api/v1/   (user admin, password {password})",
        f"  {curl} {http_url}/api/v1/evses",
        f"  {curl} -X PATCH --json '{{\"max_current_a\": 30}}' {http_url}/api/v1/site",
        "Ctrl-C ends everything.",
        "",
    )


async def _everybody_online(api: DemoApi) -> None:
    """Wait until every wallbox can ask the backend about a card."""
    while True:
        found = await api.snapshot()
        if isinstance(found, Snapshot) and found.is_online:
            return
        await asyncio.sleep(ASK_AGAIN_S)


def _any_port(_preferred: int) -> int:
    return 0


def _port(preferred: int) -> int:
    """The port, where it is free; otherwise 0, which takes any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return 0
    return preferred
