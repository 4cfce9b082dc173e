"""A believable wallbox: its own clock, cars with appetite, measurements, and bad manners.

It speaks OCPP 1.6 with `json` only and keeps its profiles by `installed_profiles`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from tests.support.box_parts import DELAYS_S, Command, Composite, Manners, Socket
from tests.support.installed_profiles import InstalledProfiles, Json, Session
from tests.support.quiet_box import QuietBox, truth
from tests.support.world import World

__all__ = ["Command", "Composite", "Manners", "SimulatedBox", "Socket"]

Observer = Callable[["SimulatedBox", Command], None]


@dataclass
class SimulatedBox(QuietBox):
    """A wallbox that is told things; `on_command` is called before a command is taken."""

    on_command: list[Observer] = field(default_factory=list)
    _owed: list[Json] = field(default_factory=list)
    _commands: int = 0
    _measuring: bool = False

    # What it is told

    def _answer(self, frame: list[Json]) -> None:
        _, unique_id, action, payload = frame
        self.calls.append((action, payload))
        if self.manners is Manners.DEAF:
            return
        match action:
            case "ClearChargingProfile" if not self.clears:
                self.send(f'[4,"{unique_id}","NotSupported","",{{}}]')
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
            case Manners.SLOW | Manners.LATE as manners if action == "SetChargingProfile":
                loop.call_later(DELAYS_S[manners], partial(obey, in_time=manners is Manners.SLOW))
            case Manners.REFUSES:
                self._refuse(unique_id, command)
            case Manners.SECRETIVE:
                self.installed = command.apply(self.installed)
            case Manners.DUPLICATES:
                obey()
                loop.call_later(7.0, self._reply, unique_id, {"status": "Accepted"})
            case _:
                obey()

    def _refuse(self, unique_id: str, command: Command) -> None:
        if command.action == "ClearChargingProfile":
            self.open.remove(command)  # whoever says no has removed nothing
        self._reply(unique_id, {"status": "Rejected"})

    def _overtaken(self, command: Command) -> bool:
        """It takes commands in their order: what was slow is not done after what was quick."""
        return self.accepted is not None and self.accepted.number > command.number

    def _limited(self, connector: int) -> None:
        for number, socket in self.sockets.items():
            if connector in (0, number):
                socket.bare = False

    def _triggered(self, payload: Json) -> None:
        connectors = [payload["connectorId"]] if "connectorId" in payload else list(self.sockets)
        for connector in connectors:
            if payload["requestedMessage"] == "MeterValues" and connector in self.sockets:
                self._measure(connector, "Trigger")
            if payload["requestedMessage"] == "StatusNotification":
                self._say("StatusNotification", self._status(connector))
        if payload["requestedMessage"] == "BootNotification":
            self._say("BootNotification", self.boot)

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
            self.clock_offset_s = (told - truth()).total_seconds()

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


def _applied(action: str, payload: Json, before: InstalledProfiles) -> InstalledProfiles:
    if action == "ClearChargingProfile":
        return before.cleared(payload)
    return before.set(payload["connectorId"], payload["csChargingProfiles"], truth())
