"""Scripted wallboxes that keep charging profiles as OCPP 1.6 says, and may be slow or silent.

Profiles are read with `json` and evaluated here once more, so that a mistake in our own schedules
would show.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Any

from tests.support.world import BOOT, Json, Scripted, World, status_of

WALL_START = datetime(2026, 5, 15, 12, tzinfo=UTC)


class Manner(Enum):
    """How a wallbox takes SetChargingProfile."""

    PROMPT = auto()
    SLOW = auto()
    """Obeys and answers after `delay_s`."""
    REFUSES = auto()
    DEAF = auto()
    """Neither obeys nor answers."""
    SECRETIVE = auto()
    """Obeys and does not answer."""


@dataclass
class Outlet:
    """One connector: its profiles by stack level, and what it was told, as an observer knows it.

    `told_a` holds the last limit it accepted and everything it was told since, by their number.
    """

    hardware_a: float
    profiles: dict[int, Json] = field(default_factory=dict)
    told_a: dict[int, float] = field(default_factory=dict)
    commands: int = 0
    transaction_id: int | None = None
    bare: bool = True
    """Nothing was accepted in time since its boot."""

    def may_draw_a(self, at: datetime) -> float:
        """A per phase that flow at most, by the profiles in it."""
        if self.transaction_id is None:
            return 0.0
        for level in sorted(self.profiles, reverse=True):
            limit_a = _limit_a(self.profiles[level]["chargingSchedule"], at)
            if limit_a is not None:
                return min(limit_a, self.hardware_a)
        return self.hardware_a


def _limit_a(schedule: Json, at: datetime) -> float | None:
    elapsed_s = (at - datetime.fromisoformat(schedule["startSchedule"])).total_seconds()
    if elapsed_s < 0 or elapsed_s >= schedule.get("duration", float("inf")):
        return None
    period = [p for p in schedule["chargingSchedulePeriod"] if p["startPeriod"] <= elapsed_s][-1]
    limit: float = period["limit"]
    return limit / 230 / period["numberPhases"] if schedule["chargingRateUnit"] == "W" else limit


@dataclass
class Box(Scripted):
    """A wallbox with `outlets` by connector number."""

    station_id: str = "CP1"
    outlets: dict[int, Outlet] = field(default_factory=lambda: {1: Outlet(16.0)})
    manner: Manner = Manner.PROMPT
    delay_s: float = 0.0
    configuration: Mapping[str, str] = field(default_factory=dict)
    started: int = 0
    left_at: float | None = 0.0
    on_limit: list[Any] = field(default_factory=list)
    """Called with (box, outlet, A) when a limit arrives, before it counts as told."""

    def closed(self, code: int, reason: str) -> None:
        super().closed(code, reason)
        self.left_at = asyncio.get_running_loop().time()

    @property
    def is_connected(self) -> bool:
        return self._link is not None

    def _answer(self, frame: list[Json]) -> None:
        _, unique_id, action, payload = frame
        if action == "SetChargingProfile":
            self.calls.append((action, payload))
            self._set_profile(unique_id, payload)
        elif action == "ClearChargingProfile":
            self.calls.append((action, payload))
            self._reply(unique_id, {"status": self._cleared(payload)})
        else:
            self.answers.setdefault("GetConfiguration", lambda _: self._configured())
            self.answers.setdefault("TriggerMessage", lambda _: {"status": "Accepted"})
            super()._answer(frame)

    def _configured(self) -> Json:
        pairs = self.configuration.items()
        return {"configurationKey": [{"key": k, "value": v, "readonly": True} for k, v in pairs]}

    def _set_profile(self, unique_id: str, payload: Json) -> None:
        """It knows absolute TxDefaultProfiles of its connectors only."""
        profile = payload["csChargingProfiles"]
        known = ("TxDefaultProfile", "Absolute")
        if known != (profile["chargingProfilePurpose"], profile["chargingProfileKind"]):
            self._reply(unique_id, {"status": "Rejected"})
            return
        outlet = self.outlets[payload["connectorId"]]
        limit_a = profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
        for call in self.on_limit:
            call(self, outlet, limit_a)
        outlet.commands += 1
        number, link = outlet.commands, self._link
        outlet.told_a[number] = limit_a

        def obey() -> None:
            outlet.profiles[profile["stackLevel"]] = profile

        def accept(*, in_time: bool = True) -> None:
            if self._link is link:
                obey()
                outlet.told_a = {n: a for n, a in outlet.told_a.items() if n >= number}
                outlet.bare = outlet.bare and not in_time
                self._reply(unique_id, {"status": "Accepted"})

        self._carry_out(unique_id, obey, accept)

    def _carry_out(
        self, unique_id: str, obey: Callable[[], None], accept: Callable[..., None]
    ) -> None:
        match self.manner:
            case Manner.PROMPT:
                accept()
            case Manner.SLOW:
                later = partial(accept, in_time=self.delay_s < 6)
                asyncio.get_running_loop().call_later(self.delay_s, later)
            case Manner.REFUSES:
                self._reply(unique_id, {"status": "Rejected"})
            case Manner.SECRETIVE:
                obey()
            case Manner.DEAF:
                pass

    def _cleared(self, payload: Json) -> str:
        found = "Unknown"
        for connector, outlet in self.outlets.items():
            if payload.get("connectorId", connector) != connector:
                continue
            for level, profile in list(outlet.profiles.items()):
                if payload.get("id", profile["chargingProfileId"]) == profile["chargingProfileId"]:
                    del outlet.profiles[level]
                    found = "Accepted"
            outlet.bare = outlet.bare or not outlet.profiles
        return found

    def _reply(self, unique_id: str, answer: Json) -> None:
        if self._link is not None:
            self.send(json.dumps([3, unique_id, answer]))

    # What a person or a power cut does

    async def come(self, world: World, *, boots: bool = True, forgets: bool = True) -> None:
        """Connect, and boot if it `boots`, where a boot may forget the profiles; then report."""
        if boots:
            for outlet in self.outlets.values():
                outlet.bare, outlet.told_a = True, {}
                if forgets:
                    outlet.profiles.clear()
        self.left_at = None
        world.plug_in(self.station_id, self)
        if boots:
            await self.ask("BootNotification", BOOT)
            for connector, outlet in self.outlets.items():
                await self.report(connector, "Charging" if outlet.transaction_id else "Available")

    async def go(self) -> None:
        """Lose the connection."""
        self.hang_up()
        await asyncio.sleep(0.001)

    async def report(self, connector: int, status: str) -> None:
        await self.ask("StatusNotification", status_of(connector, status))

    async def start(self, connector: int = 1, card: str = "04A1", stamp: str = "") -> Json:
        """Plug a car and charge; the answer to StartTransaction.

        `stamp` is what its clock says where that is not the time.
        """
        await self.report(connector, "Preparing")
        self.started += 1
        at = WALL_START + timedelta(seconds=asyncio.get_running_loop().time())
        start = {
            "connectorId": connector,
            "idTag": card,
            "meterStart": self.started,
            "timestamp": stamp or at.isoformat(),
        }
        answer = (await self.ask("StartTransaction", start))[2]
        self.outlets[connector].transaction_id = answer["transactionId"]
        await self.report(connector, "Charging")
        return answer

    async def stop(self, connector: int = 1) -> None:
        """End the transaction and unplug."""
        outlet = self.outlets[connector]
        at = WALL_START + timedelta(seconds=asyncio.get_running_loop().time())
        await self.ask(
            "StopTransaction",
            {
                "transactionId": outlet.transaction_id,
                "meterStop": self.started + 1,
                "timestamp": at.isoformat(),
            },
        )
        outlet.transaction_id = None
        await self.report(connector, "Available")

    def limits_a(self, connector: int = 1) -> list[float]:
        """The first limit of every profile it was sent for a connector."""
        return [
            payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
            for payload in self.all_of("SetChargingProfile")
            if payload["connectorId"] == connector
        ]


def boxes(world: World, *station_ids: str, hardware_a: float = 16.0) -> list[Box]:
    """Wallboxes with one connector each, not yet connected."""
    return [Box(station_id=each, outlets={1: Outlet(hardware_a)}) for each in station_ids]


async def all_come(world: World, *them: Box, start: bool = False) -> None:
    """Connect and boot wallboxes one after the other; start a transaction at each if asked to."""
    for box in them:
        await box.come(world)
    if start:
        for box in them:
            await box.start()
