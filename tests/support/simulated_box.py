"""A believable wallbox: its own clock, cars with appetite, measurements, and bad manners.

It speaks OCPP 1.6 with `json` only and keeps its profiles by `installed_profiles`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Final

from tests.support.installed_profiles import Installed, InstalledProfiles, Json, Session
from tests.support.virtual_time import WALL_START
from tests.support.world import BOOT, Scripted, World

ALL: Final = (0, 1, 2)
LOST: Final = [4, "", "Lost", "", {}]
"""What `ask` answers where the connection was lost instead."""


class Manners(Enum):
    """How a wallbox takes commands about current."""

    PROMPT = auto()
    SLOW = auto()
    """Obeys and answers after 5.9 s, just in time."""
    LATE = auto()
    """Obeys and answers after 8 s: nobody waits any more."""
    REFUSES = auto()
    DEAF = auto()
    """Takes and answers nothing."""
    SECRETIVE = auto()
    """Obeys and does not answer."""
    DUPLICATES = auto()
    """Obeys, and answers at once and again after 7 s."""
    LIES = auto()
    """Accepts everything, and lets flow what the car takes."""


ANSWER: Final = frozenset({Manners.PROMPT, Manners.SLOW, Manners.DUPLICATES})
"""Those who do and say in time what OCPP wants."""


class Composite(Enum):
    """What it says when asked for its composite schedule."""

    TRUE = auto()
    EMPTY = auto()
    """Accepted, and no schedule (wallbox-quirks.md, seen with real clients, 7)."""
    UNSUPPORTED = auto()


@dataclass
class Socket:
    """One connector; A per phase. `on_site` are the site phases that its L1, L2, L3 are.

    `bare` tells that nothing was accepted in time since the last boot.
    """

    hardware_a: float = 16.0
    on_site: tuple[int, ...] = ALL
    appetite_a: float = 16.0
    session: Session | None = None
    bare: bool = True
    energy_wh: int = 0


@dataclass
class Command:
    """A change of its profiles that it was asked for."""

    action: str
    payload: Json
    number: int
    apply: Callable[[InstalledProfiles], InstalledProfiles]

    def follows(self, other: "Command") -> bool:
        """Whether both can be steps of one limit, which sets each profile once."""
        return self._subject != other._subject

    @property
    def _subject(self) -> Json:
        profile = self.payload.get("csChargingProfiles")
        return profile["chargingProfileId"] if profile else self.payload


Observer = Callable[["SimulatedBox", Command], None]


@dataclass
class SimulatedBox(Scripted):
    """A wallbox with `sockets` by connector.

    `clock_offset_s` is how far its clock is ahead of the truth, `follows_clock` that it takes over
    the time it is told. `endless` never sees a limit end. `believed` are the profiles that it
    accepted, also where it does not keep to them, `accepted` what it accepted last; `open` are the
    commands since, whose fate the other end cannot know. `on_command` is called before a command is taken.
    """

    station_id: str = "CP1"
    sockets: dict[int, Socket] = field(default_factory=lambda: {1: Socket()})
    configuration: Mapping[str, str] = field(default_factory=dict)
    manners: Manners = Manners.PROMPT
    composite: Composite = Composite.TRUE
    endless: bool = False
    ignores: frozenset[str] = frozenset()
    """Purposes of profiles that it accepts and does not keep to."""
    late_defaults: bool = False
    """A TxDefaultProfile counts in the transactions that begin later."""
    measures: bool = True
    meter_s: float = 10.0
    clock_offset_s: float = 0.0
    follows_clock: bool = False
    boot: Mapping[str, Json] = field(default_factory=lambda: BOOT)
    installed: InstalledProfiles = field(default_factory=InstalledProfiles)
    believed: InstalledProfiles = field(default_factory=InstalledProfiles)
    open: list[Command] = field(default_factory=list)
    accepted: Command | None = None
    accepted_at: float = 0.0
    on_command: list[Observer] = field(default_factory=list)
    left_at: float | None = 0.0
    trusted_since: float = 0.0
    """Since when it has been connected and of good manners, without a break."""
    has_odd_clock: bool = False
    """Its clock has been wrong or has jumped: whoever measures it may doubt any moment what holds."""
    has_lost_power: bool = False
    """It will boot when it comes back."""
    _owed: list[Json] = field(default_factory=list)
    _commands: int = 0
    _measuring: bool = False

    def __post_init__(self) -> None:
        self.has_odd_clock = self.clock_offset_s != 0

    # Its own view of the world

    def now(self) -> datetime:
        """The time by its own clock."""
        return _truth() + timedelta(seconds=self.clock_offset_s)

    @property
    def is_connected(self) -> bool:
        return self._link is not None

    @property
    def is_obedient(self) -> bool:
        """Whether commands reach it, and it does and says what OCPP wants."""
        return self.is_connected and self.manners in ANSWER

    @property
    def is_in_doubt(self) -> bool:
        """Whether nobody can know from its answers and its clock what holds in it."""
        return self.has_odd_clock or bool(self.open) or self.manners not in ANSWER

    def draw_a(self, connector: int) -> float:
        """A per phase that flow now."""
        socket = self.sockets[connector]
        if socket.session is None:
            return 0.0
        allowed_a = None
        if self.manners is not Manners.LIES:
            entries = self._kept(socket.session)
            allowed_a = InstalledProfiles(entries).limit_a(
                connector, self.now(), socket.session, endless=self.endless
            )
        limit_a = socket.hardware_a if allowed_a is None else min(allowed_a, socket.hardware_a)
        return min(limit_a, socket.appetite_a) if limit_a >= 6 else 0.0

    def _kept(self, session: Session) -> tuple[Installed, ...]:
        """The profiles that it keeps to in this transaction."""
        late = "TxDefaultProfile" if self.late_defaults else None
        of_before = session.defaults if late else ()
        entries = [each for each in self.installed.entries if each.purpose != late]
        return tuple(each for each in (*entries, *of_before) if each.purpose not in self.ignores)

    # What it is told

    def closed(self, code: int, reason: str) -> None:
        super().closed(code, reason)
        self.left_at = asyncio.get_running_loop().time()
        waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            if not future.done():
                future.set_result(LOST)

    def _answer(self, frame: list[Json]) -> None:
        _, unique_id, action, payload = frame
        self.calls.append((action, payload))
        if self.manners is Manners.DEAF:
            return
        match action:
            case "SetChargingProfile" | "ClearChargingProfile":
                self._take(unique_id, action, payload)
            case "GetConfiguration":
                pairs = self.configuration.items()
                keys = [{"key": key, "value": value, "readonly": True} for key, value in pairs]
                self._reply(unique_id, {"configurationKey": keys})
            case "GetCompositeSchedule":
                self._reply(unique_id, self._composite(payload))
            case "TriggerMessage":
                self._reply(unique_id, {"status": "Accepted"})
                self._triggered(payload)
            case "RemoteStopTransaction":
                self._reply(unique_id, {"status": "Accepted"})
                self._stop_session(payload["transactionId"], "Remote")
            case _:
                self._reply(unique_id, {"status": "Accepted"})

    def _take(self, unique_id: str, action: str, payload: Json) -> None:
        self._commands += 1
        command = Command(action, payload, self._commands, partial(_applied, action, payload))
        for observer in self.on_command:
            observer(self, command)
        self.open.append(command)
        link, before = self._link, self.installed

        def obey(*, in_time: bool = True) -> None:
            if self._link is not link or self._overtaken(command):
                return
            self.installed = command.apply(self.installed)
            self.believed = command.apply(self.believed)
            self.open = [each for each in self.open if each.number > command.number]
            self.accepted, self.accepted_at = command, asyncio.get_running_loop().time()
            if action == "SetChargingProfile" and in_time:
                self._limited(payload["connectorId"])
            known = action == "SetChargingProfile" or before != self.installed
            self._reply(unique_id, {"status": "Accepted" if known else "Unknown"})

        loop = asyncio.get_running_loop()
        match self.manners:
            case Manners.SLOW if action == "SetChargingProfile":
                loop.call_later(5.9, obey)
            case Manners.LATE if action == "SetChargingProfile":
                loop.call_later(8.0, partial(obey, in_time=False))
            case Manners.REFUSES:
                if action == "ClearChargingProfile":
                    self.open.remove(command)  # whoever says no has removed nothing
                self._reply(unique_id, {"status": "Rejected"})
            case Manners.SECRETIVE:
                self.installed = command.apply(self.installed)
            case Manners.DUPLICATES:
                obey()
                loop.call_later(7.0, self._reply, unique_id, {"status": "Accepted"})
            case _:
                obey()

    def _overtaken(self, command: Command) -> bool:
        """It takes commands in their order: what was slow is not done after what was quick."""
        return self.accepted is not None and self.accepted.number > command.number

    def _limited(self, connector: int) -> None:
        for number, socket in self.sockets.items():
            if connector in (0, number):
                socket.bare = False

    def _reply(self, unique_id: str, answer: Json) -> None:
        if self._link is not None:
            self.send(json.dumps([3, unique_id, answer]))

    def _composite(self, payload: Json) -> Json:
        if self.composite is Composite.UNSUPPORTED:
            return {"status": "Rejected"}
        if self.composite is Composite.EMPTY:
            return {"status": "Accepted"}
        connector, start = payload["connectorId"], self.now()
        session = self.sockets[connector].session if connector in self.sockets else None
        hardware_a = max(socket.hardware_a for socket in self.sockets.values())
        periods: list[Json] = []
        for offset_s in range(min(payload["duration"], 120)):
            at = start + timedelta(seconds=offset_s)
            limit_a = self.installed.limit_a(connector, at, session, endless=self.endless)
            limit_a = hardware_a if limit_a is None else limit_a
            if not periods or periods[-1]["limit"] != limit_a:
                periods.append({"startPeriod": offset_s, "limit": limit_a})
        return {
            "status": "Accepted",
            "connectorId": connector,
            "scheduleStart": start.isoformat(),
            "chargingSchedule": {
                "duration": payload["duration"],
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": periods,
            },
        }

    def _triggered(self, payload: Json) -> None:
        connectors = [payload["connectorId"]] if "connectorId" in payload else list(self.sockets)
        for connector in connectors:
            if payload["requestedMessage"] == "MeterValues" and connector in self.sockets:
                self._measure(connector, "Trigger")
            if payload["requestedMessage"] == "StatusNotification":
                self._say("StatusNotification", self._status(connector))
        if payload["requestedMessage"] == "BootNotification":
            self._say("BootNotification", self.boot)

    # What it says

    async def ask(self, action: str, payload: Json | str) -> list[Json]:
        """As `Scripted.ask`; LOST where the connection is or gets lost."""
        return await super().ask(action, payload) if self.is_connected else LOST

    def _say(self, action: str, payload: Json) -> None:
        """Send a CALL whose answer matters to nobody."""
        self._count += 1
        self.send(json.dumps([2, f"own-{self._count}", action, payload]))

    def _measure(self, connector: int, context: str = "Sample.Periodic") -> None:
        socket = self.sockets[connector]
        current_a = self.draw_a(connector)
        values: list[Json] = [{"value": str(socket.energy_wh), "context": context}]
        if self.measures:
            values += [
                {
                    "value": f"{current_a:.1f}",
                    "context": context,
                    "measurand": "Current.Import",
                    "phase": f"L{number}",
                    "unit": "A",
                }
                for number, _ in enumerate(socket.on_site, 1)
            ]
        reading: Json = {
            "connectorId": connector,
            "meterValue": [{"timestamp": self.now().isoformat(), "sampledValue": values}],
        }
        if socket.session is not None:
            reading["transactionId"] = socket.session.transaction_id
        self._say("MeterValues", reading)

    def _measure_for_ever(self) -> None:
        for connector, socket in self.sockets.items():
            if socket.session is not None:
                socket.energy_wh += int(self.draw_a(connector) * self.meter_s / 5)
                if self.is_connected:
                    self._measure(connector)
        asyncio.get_running_loop().call_later(self.meter_s, self._measure_for_ever)

    def _status(self, connector: int) -> Json:
        socket = self.sockets[connector]
        status = "Available"
        if socket.session is not None:
            status = "Charging" if self.draw_a(connector) else "SuspendedEVSE"
        return {
            "connectorId": connector,
            "errorCode": "NoError",
            "status": status,
            "timestamp": self.now().isoformat(),
        }

    # What people and power cuts do

    async def come(self, world: World, *, boots: bool = True) -> None:
        """Connect, boot if it `boots`, and tell what happened meanwhile."""
        if not self._measuring:
            self._measuring = True
            self._measure_for_ever()
        if boots or self.has_lost_power:
            boots, self.has_lost_power = True, False
            self.open, self.believed = [], self.installed
            for socket in self.sockets.values():
                socket.bare = True
        self.left_at, self.trusted_since = None, asyncio.get_running_loop().time()
        world.plug_in(self.station_id, self)
        if boots:
            self._set_clock((await self.ask("BootNotification", self.boot))[2])
        for connector in self.sockets:
            await self.ask("StatusNotification", self._status(connector))
        while self._owed and self.is_connected:
            await self.ask("StopTransaction", self._owed.pop(0))

    def _set_clock(self, answer: Json) -> None:
        if self.follows_clock and "currentTime" in answer:
            told = datetime.fromisoformat(answer["currentTime"])
            self.clock_offset_s = (told - _truth()).total_seconds()

    async def go(self) -> None:
        """Lose the connection."""
        self.hang_up()
        await asyncio.sleep(0.001)

    def forget(self) -> None:
        """Lose every profile, as some do with their power; nobody knows before the next boot."""
        self.installed = InstalledProfiles()

    async def plug(self, connector: int = 1, appetite_a: float = 16.0) -> None:
        """A car comes and its card is shown."""
        socket = self.sockets[connector]
        socket.appetite_a = appetite_a
        await self.ask("StatusNotification", self._status(connector) | {"status": "Preparing"})
        start = {
            "connectorId": connector,
            "idTag": "04A1",
            "meterStart": socket.energy_wh,
            "timestamp": self.now().isoformat(),
        }
        since = self.now()
        answer = (await self.ask("StartTransaction", start))[2]
        if "transactionId" in answer:
            defaults = [e for e in self.installed.entries if e.purpose == "TxDefaultProfile"]
            socket.session = Session(answer["transactionId"], since, tuple(defaults))
            await self.ask("StatusNotification", self._status(connector))

    async def unplug(self, connector: int = 1) -> None:
        """The car leaves; without a connection that is told later."""
        session = self.sockets[connector].session
        if session is not None:
            self._stop_session(session.transaction_id, "EVDisconnected")
            await asyncio.sleep(0.001)

    def _stop_session(self, transaction_id: int, reason: str) -> None:
        for connector, socket in self.sockets.items():
            if socket.session is None or socket.session.transaction_id != transaction_id:
                continue
            socket.session = None
            self.installed = self.installed.without_transaction(connector)
            self.believed = self.believed.without_transaction(connector)
            stop = {
                "transactionId": transaction_id,
                "meterStop": socket.energy_wh,
                "timestamp": self.now().isoformat(),
                "reason": reason,
            }
            if self.is_connected:
                self._say("StopTransaction", stop)
                self._say("StatusNotification", self._status(connector))
            else:
                self._owed.append(stop)

    def mend(self) -> None:
        """Good manners from now on."""
        self.behave(Manners.PROMPT)

    def behave(self, manners: Manners) -> None:
        """Take commands in another way from now on."""
        if not (self.is_obedient and manners in (Manners.PROMPT, Manners.DUPLICATES)):
            self.trusted_since = asyncio.get_running_loop().time()
        self.manners = manners


def _truth() -> datetime:
    return WALL_START + timedelta(seconds=asyncio.get_running_loop().time())


def _applied(action: str, payload: Json, before: InstalledProfiles) -> InstalledProfiles:
    if action == "ClearChargingProfile":
        return before.cleared(payload)
    return before.set(payload["connectorId"], payload["csChargingProfiles"], _truth())
