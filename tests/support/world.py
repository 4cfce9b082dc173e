"""A whole site in virtual time: the real manager between scripted wallboxes and backends.

The scripted ends speak OCPP-J with `json` only, so that they cannot share a mistake with our own
session and frames.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.paper_brain import PaperLines
from tests.support.paper_certificates import PaperAuthority, PaperCertificates
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.gateway.outbox import RetryPolicy
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.passwords import PasswordKey
from wattgate.core.site.reading import read_toml
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver
from wattgate.ports.modbus import ModbusLines
from wattgate.runtime.backend_assembly import Backends
from wattgate.runtime.files.surroundings import Outside
from wattgate.runtime.manager import Manager
from wattgate.runtime.modbus.installation import ModbusInstallation
from wattgate.runtime.peer import Tools

Json = Any
Answer = Callable[[Json], Json | None]
"""From a request payload to its answer; None keeps silent."""

KEY = PasswordKey(bytes(range(32)))

BOOT = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}


@dataclass
class Pipe:
    """One end of a link in memory; what is sent arrives at the next turn of the loop."""

    receiver: Receiver
    peer_address: str = "192.0.2.7:40000"
    security: LinkSecurity = LinkSecurity.PLAIN
    far: "Pipe | None" = None
    is_open: bool = True

    def send(self, text: str) -> None:
        if self.is_open and self.far is not None:
            asyncio.get_running_loop().call_soon(self.far.arrive, text)

    def arrive(self, text: str) -> None:
        if self.is_open:
            self.receiver.received(text)

    def close(self, code: int, reason: str) -> None:
        for end in (self, self.far):
            if end is not None and end.is_open:
                end.is_open = False
                asyncio.get_running_loop().call_soon(end.receiver.closed, code, reason)


def connect(near: Receiver, far: Receiver, security: LinkSecurity = LinkSecurity.PLAIN) -> Pipe:
    """Open a link between two receivers; returns `near`'s end, which proves so much."""
    one, other = Pipe(near, security=security), Pipe(far)
    one.far, other.far = other, one
    far.opened(other)
    near.opened(one)
    return one


@dataclass
class Scripted:
    """One end that speaks by script.

    `calls` holds every CALL it received as (action, payload), `texts` every frame verbatim.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    closed_with: tuple[int, str] | None = None
    _link: Link | None = None
    _waiting: dict[str, "asyncio.Future[list[Json]]"] = field(default_factory=dict)
    _count: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, link: Link) -> None:
        self._link = link
        self.closed_with = None

    def received(self, text: str) -> None:
        self.texts.append(text)
        frame = json.loads(text)
        if frame[0] == 2:
            self._answer(frame)
        elif frame[1] in self._waiting:
            self._waiting.pop(frame[1]).set_result(frame)
        self._news.set()

    def closed(self, code: int, reason: str) -> None:
        self.closed_with = (code, reason)
        self._link = None
        self._news.set()

    def _answer(self, frame: list[Json]) -> None:
        _, unique_id, action, payload = frame
        self.calls.append((action, payload))
        script = self.answers.get(action)
        answer = script(payload) if script is not None else {}
        if answer is not None:
            self.send(json.dumps([3, unique_id, answer]))

    @property
    def is_linked(self) -> bool:
        """Whether somebody is at the other end."""
        return self._link is not None

    def send(self, text: str) -> None:
        """Send a frame as it is."""
        assert self._link is not None, "not connected"
        self._link.send(text)

    def hang_up(self, code: int = 1006) -> None:
        """Lose the connection."""
        assert self._link is not None, "not connected"
        self._link.close(code, "")

    async def ask(self, action: str, payload: Json | str) -> list[Json]:
        """Send a CALL; the whole answer frame. A `str` payload is sent verbatim."""
        self._count += 1
        unique_id = f"own-{self._count}"
        future = asyncio.get_running_loop().create_future()
        self._waiting[unique_id] = future
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.send(f'[2,"{unique_id}","{action}",{text}]')
        frame: list[Json] = await future
        return frame

    async def got(self, action: str, times: int = 1) -> Json:
        """Wait until a CALL of that action has come `times` times; its last payload."""
        while len(self.all_of(action)) < times:
            self._news.clear()
            await self._news.wait()
        return self.all_of(action)[times - 1]

    def all_of(self, action: str) -> list[Json]:
        """The payloads of every CALL of that action so far."""
        return [payload for name, payload in self.calls if name == action]


def a_wallbox(**answers: Answer) -> Scripted:
    """A wallbox that accepts what it is told."""
    accepted: Answer = lambda _: {"status": "Accepted"}  # noqa: E731 - reads as a table
    usual: dict[str, Answer] = {
        "GetConfiguration": lambda _: {"configurationKey": []},
        "SetChargingProfile": accepted,
        "ClearChargingProfile": accepted,
        "TriggerMessage": accepted,
        "RemoteStartTransaction": accepted,
        "RemoteStopTransaction": accepted,
    }
    return Scripted(usual | answers)


def a_backend(first_id: int = 9001, **answers: Answer) -> Scripted:
    """A backend that takes everybody in and numbers transactions from `first_id`."""
    ids = iter(range(first_id, first_id + 10_000))
    accepted = {"status": "Accepted"}
    usual: dict[str, Answer] = {
        "BootNotification": lambda _: (
            accepted | {"currentTime": "2026-05-15T12:00:00Z", "interval": 300}
        ),
        "Authorize": lambda _: {"idTagInfo": accepted},
        "StartTransaction": lambda _: {"idTagInfo": accepted, "transactionId": next(ids)},
        "DataTransfer": lambda _: accepted,
    }
    return Scripted(usual | answers)


@dataclass
class ScriptedDialer:
    """Reaches the backends that are there, by URL.

    `opens` holds by URL the Authorization headers that a backend lets in; without it, any.
    """

    backends: dict[str, Scripted] = field(default_factory=dict)
    dialled: list[DialTarget] = field(default_factory=list)
    opens: dict[str, set[str | None]] = field(default_factory=dict)
    security: LinkSecurity = LinkSecurity.PLAIN
    absence: DialFailed = field(
        default_factory=lambda: DialFailed(DialStep.TCP, "connection refused")
    )
    """What is found in place of a backend that is not there."""

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        self.dialled.append(target)
        backend = self.backends.get(target.url)
        if backend is None:
            raise self.absence
        if target.authorization not in self.opens.get(target.url, {target.authorization}):
            raise DialFailed(DialStep.HTTP, "the backend answered HTTP 401", 401)
        return connect(receiver, backend, self.security)


@dataclass
class World:
    """A site under test. `store` outlives `restart`, as a disk does."""

    site_toml: str
    dialer: ScriptedDialer = field(default_factory=ScriptedDialer)
    store: MemoryStore = field(default_factory=MemoryStore)
    backoff: Backoff = field(default_factory=lambda: Backoff(10.0, 0.0))
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    clock: FakeClock = field(default_factory=FakeClock)
    identifiers: ScriptedIdentifiers | None = None
    password_key: PasswordKey = KEY
    certificates: PaperCertificates = field(default_factory=PaperCertificates)
    authority: PaperAuthority = field(default_factory=PaperAuthority)
    lines: PaperLines = field(default_factory=PaperLines)
    """The Modbus lines; every wallbox on them is spoken to by `definition`."""
    definition: Definition = POWER_BRAIN_DEFINITION
    undefined: frozenset[str] = frozenset()
    """EVSEs whose definition cannot be used."""
    other_lines: ModbusLines | None = None
    """Lines in their place, for tests that lose what goes over them."""
    files: Outside | None = None
    """With what files pass through; None: not at all."""
    manager: Manager | None = None

    async def start(self) -> Manager:
        """Start the manager on what is stored."""
        tools = Tools(self.clock, self.identifiers or ScriptedIdentifiers())
        self.manager = Manager(read_toml(self.site_toml), self.store, tools, self.password_key)
        backends = Backends(self.dialer, self.certificates, self.backoff, self.retry)
        evses = self.manager.site.modbus_evses()
        brains = {each.id: self.definition for each in evses if each.id not in self.undefined}
        modbus = ModbusInstallation(self.other_lines or self.lines, brains)
        await self.manager.start(backends, self.authority, modbus, self.files)
        return self.manager

    async def kill(self) -> None:
        """End the manager without a word; only what is stored remains."""
        assert self.manager is not None
        await self.manager.stop()
        self.manager = None

    def plug_in(self, station_id: str, wallbox: Scripted, authorization: str | None = None) -> None:
        """Connect a wallbox through the door of the manager."""
        assert self.manager is not None
        request = HandshakeRequest(f"/{station_id}", ("ocpp1.6",), authorization, "192.0.2.7:1")
        admission = self.manager.stations.admit(request)
        assert isinstance(admission, Admitted), admission
        receiver = self.manager.stations.welcome(admission, request.peer_address)
        connect(receiver, wallbox)

    async def boot(self, station_id: str, wallbox: Scripted, status: str = "Available") -> None:
        """Connect a wallbox, boot it and report connector 1."""
        self.plug_in(station_id, wallbox)
        await wallbox.ask("BootNotification", BOOT)
        await wallbox.ask("StatusNotification", status_of(1, status))


def status_of(connector: int, status: str) -> Mapping[str, Json]:
    """A StatusNotification payload."""
    return {"connectorId": connector, "errorCode": "NoError", "status": status}
