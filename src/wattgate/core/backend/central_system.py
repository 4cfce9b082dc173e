"""The test backend's mind: takes the calls of charge points, answers, and remembers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

import msgspec

from wattgate.core.backend.answers import ANSWERS, State, Visit
from wattgate.core.backend.events import Called, Event, Replied, RepliedError
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.memory import Memory
from wattgate.core.backend.notices import SettingChanged, StationListed
from wattgate.core.backend.orders import ForgetTag, ListTag, SetRegistration, Setting
from wattgate.core.backend.stations import Stations
from wattgate.core.backend.tags import Tags
from wattgate.core.backend.transactions import Ledger
from wattgate.core.errors import PeerError
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16.actions import decode_request


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with a CALLRESULT."""

    payload_text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answer with a CALLERROR; the code as OCPP 1.6 spells it."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to answer, and what happened, in order."""

    answer: Reply | Refusal
    events: tuple[Event, ...]


class CentralSystem:
    """One OCPP 1.6 central system for any number of charge points, without their sockets."""

    def __init__(self, manners: Manners, tags: Tags, memory: Memory | None = None) -> None:
        known = memory or Memory()
        self._state = State(
            manners=manners,
            registration=manners.registration,
            tags=Tags(tags.accept_all, {**known.tags, **tags.listed}),
            stations=Stations(known.stations, require_boot=manners.require_boot),
            ledger=Ledger(
                next_id=max(manners.first_transaction_id, known.next_transaction_id),
                dedupe=manners.dedupe,
                transactions=known.transactions,
            ),
        )

    @property
    def changes(self) -> int:
        """Counts up whenever `memory()` has become another one."""
        return self._state.changes + self._state.stations.changes

    def memory(self) -> Memory:
        """What must be known again after a restart."""
        return Memory(
            next_transaction_id=self._state.ledger.next_id,
            transactions=self._state.ledger.transactions,
            stations=self._state.stations.known,
            tags=dict(self._state.tags.listed),
        )

    def connected(self, station_id: str) -> None:
        """A charge point has opened a new connection."""
        self._state.stations.connected(station_id)

    def received(self, station_id: str, call: Call, wall: datetime) -> Reaction:
        """Take a call of a charge point; `wall` is the time that the answer carries.

        Nothing that a charge point sends raises; unknown or senseless transactions are answered
        like any other (R59, R64) and noted as anomalies.
        """
        called = Called(station_id, call.action, call.unique_id, call.payload_text)
        visit = Visit(station_id, call, wall, [called])
        answer = self._answer(visit)
        match answer:
            case Reply(payload_text):
                last: Event = Replied(station_id, call.action, call.unique_id, payload_text)
            case Refusal(code, description):
                last = RepliedError(station_id, call.action, call.unique_id, code, description)
            case _:
                assert_never(answer)
        return Reaction(answer, (*visit.events, last))

    def change(self, setting: Setting) -> Event:
        """Answer differently from now on."""
        match setting:
            case SetRegistration(registration):
                self._state.registration = registration
                return SettingChanged("boot", registration)
            case ListTag(id_tag, status):
                self._state.tags = self._state.tags.listing(id_tag, status)
            case ForgetTag(id_tag):
                self._state.tags = self._state.tags.without(id_tag)
            case _:
                assert_never(setting)
        self._state.changes += 1
        return SettingChanged(f"tag {id_tag}", self._state.tags.status(id_tag))

    def listed(self, connected: Collection[str]) -> tuple[StationListed, ...]:
        """Every charge point that was ever here; `connected` names those with an open socket."""
        return tuple(
            StationListed(
                station_id,
                "connected" if station_id in connected else "away",
                known.registration or "none",
                known.connectors,
                self._state.ledger.open_of(station_id),
            )
            for station_id, known in sorted(self._state.stations.known.items())
        )

    def _answer(self, visit: Visit) -> Reply | Refusal:
        action = visit.call.action
        try:
            request = decode_request(action, visit.call.payload_text)
        except PeerError as error:
            return Refusal(error.code, error.description)
        answer = ANSWERS.get(action)
        if answer is None:
            return Refusal("NotSupported", f"{action} is nothing that a charge point asks")
        if not self._state.stations.may_send(visit.station_id, action):
            return Refusal("SecurityError", "no BootNotification was accepted")
        return Reply(msgspec.json.encode(answer(self._state, visit, request)).decode())
