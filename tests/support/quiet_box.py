"""A simulated wallbox by itself: its clock, its profiles, what flows and what it says of it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tests.support.box_parts import ANSWER, CLOCK_STEP_S, Command, Composite, Manners, Socket
from tests.support.box_words import composite_schedule, meter_values, status
from tests.support.installed_profiles import Installed, InstalledProfiles, Json, Session
from tests.support.virtual_time import WALL_START
from tests.support.world import BOOT, Scripted

LOST: Final = [4, "", "Lost", "", {}]
"""What `ask` answers where the connection was lost instead."""


def truth() -> datetime:
    """The time that a right clock shows."""
    return WALL_START + timedelta(seconds=asyncio.get_running_loop().time())


@dataclass
class QuietBox(Scripted):
    """A wallbox with `sockets` by connector.

    `clock_offset_s` is how far its clock is ahead of the truth, `follows_clock` that it takes over
    the time it is told. `endless` never sees a limit end. `believed` are the profiles that it
    accepted, also where it does not keep to them, `accepted` what it accepted last; `open` are the
    commands since, whose fate the other end cannot know.
    """

    station_id: str = "CP1"
    sockets: dict[int, Socket] = field(default_factory=lambda: {1: Socket()})
    configuration: Mapping[str, str] = field(default_factory=dict)
    manners: Manners = Manners.PROMPT
    composite: Composite = Composite.TRUE
    endless: bool = False
    ignores: frozenset[str] = frozenset()
    """Purposes of profiles that it accepts and does not keep to."""
    clears: bool = True
    """Whether it knows ClearChargingProfile."""
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
    left_at: float | None = 0.0
    trusted_since: float = 0.0
    """Since when it has been connected and of good manners, without a break."""
    has_odd_clock: bool = False
    """Its clock was wrong or has jumped: whoever measures it may doubt any moment what holds."""
    has_lost_power: bool = False
    """It will boot when it comes back."""

    def __post_init__(self) -> None:
        self.has_odd_clock = abs(self.clock_offset_s) >= CLOCK_STEP_S

    def now(self) -> datetime:
        """The time by its own clock."""
        return truth() + timedelta(seconds=self.clock_offset_s)

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

    async def ask(self, action: str, payload: Json | str) -> list[Json]:
        """As `Scripted.ask`; LOST where the connection is or gets lost."""
        return await super().ask(action, payload) if self.is_connected else LOST

    def _say(self, action: str, payload: Json) -> None:
        """Send a CALL whose answer matters to nobody."""
        self._count += 1
        self.send(json.dumps([2, f"own-{self._count}", action, payload]))

    def _measure(self, connector: int, context: str = "Sample.Periodic") -> None:
        socket = self.sockets[connector]
        current_a = self.draw_a(connector) if self.measures else None
        self._say("MeterValues", meter_values(connector, socket, current_a, self.now(), context))

    def _measure_for_ever(self) -> None:
        for connector, socket in self.sockets.items():
            if socket.session is not None:
                socket.energy_wh += int(self.draw_a(connector) * self.meter_s / 5)
                if self.is_connected:
                    self._measure(connector)
                    self._report_change(connector)
        asyncio.get_running_loop().call_later(self.meter_s, self._measure_for_ever)

    def _report_change(self, connector: int) -> None:
        report = self._status(connector)
        if report["status"] != self.sockets[connector].reported:
            self.sockets[connector].reported = report["status"]
            self._say("StatusNotification", report)

    def _status(self, connector: int) -> Json:
        is_idle = self.sockets[connector].session is None
        charging = "Charging" if self.draw_a(connector) else "SuspendedEVSE"
        return status(connector, "Available" if is_idle else charging, self.now())

    def _reply(self, unique_id: str, answer: Json) -> None:
        if self._link is not None:
            self.send(json.dumps([3, unique_id, answer]))

    def _composite(self, payload: Json) -> Json:
        if self.composite is not Composite.TRUE:
            refused = self.composite is Composite.UNSUPPORTED
            return {"status": "Rejected" if refused else "Accepted"}
        connector, start = payload["connectorId"], self.now()
        session = self.sockets[connector].session if connector in self.sockets else None
        hardware_a = max(socket.hardware_a for socket in self.sockets.values())

        def limit_a(offset_s: int) -> float:
            at = start + timedelta(seconds=offset_s)
            said_a = self.installed.limit_a(connector, at, session, endless=self.endless)
            return hardware_a if said_a is None else said_a

        return composite_schedule(payload, start, limit_a)

    def closed(self, code: int, reason: str) -> None:
        super().closed(code, reason)
        self.left_at = asyncio.get_running_loop().time()
        waiting, self._waiting = list(self._waiting.values()), {}
        for future in waiting:
            if not future.done():
                future.set_result(LOST)
