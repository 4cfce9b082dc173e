"""A backend that acts at random, by the letter of OCPP-J; `json` only."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

from wattgate.ports.links import Link

Json = Any


@dataclass(frozen=True)
class Heard:
    """A CALL as a backend got it."""

    at: float
    station: str
    connection: int
    unique_id: str
    action: str
    text: str


@dataclass(frozen=True)
class Command:
    """A CALL of a backend, and what came back for it."""

    station: str
    action: str
    text: str
    answers: list[Json] = field(default_factory=list)


class RandomBackend:
    """A backend for any number of wallboxes; each has transaction numbers from 1 there.

    It knows a repeated StartTransaction by its text and gives it the first answer (R67).
    """

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.heard: list[Heard] = []
        self.commands: list[Command] = []
        self.is_calm = False
        self.is_away = False
        self.starts: dict[tuple[str, str], tuple[int, str]] = {}
        """By wallbox and payload text: the transaction's id and the card's status."""
        self.sessions: dict[str, BackendSession] = {}
        self.connections = 0
        self.repeats_ids = chance.random() < 0.5
        """Whether it calls every command the same, one after the other."""
        self._chance = chance

    def session(self, station: str) -> "BackendSession":
        """A receiver for a new connection of a wallbox's."""
        self.connections += 1
        self.sessions[station] = BackendSession(self, station, self.connections, self._chance)
        return self.sessions[station]

    def answer_text(self, station: str, action: str, text: str) -> str:
        """What it answers."""
        match action:
            case "BootNotification":
                return '{"status":"Accepted","currentTime":"2026-05-15T12:00:00Z","interval":300}'
            case "Authorize":
                return '{"idTagInfo":{"status":"Accepted"}}'
            case "StartTransaction":
                number, status = self._number(station, text)
                return f'{{"idTagInfo": {{"status":"{status}"}},"transactionId": {number}}}'
            case "DataTransfer":
                data = f"{self.name} heard {json.loads(text)['data']}"
                return json.dumps({"status": "Accepted", "data": data})
            case "Heartbeat":
                return '{"currentTime":"2026-05-15T12:00:00Z"}'
            case _:
                return "{}"

    def _number(self, station: str, text: str) -> tuple[int, str]:
        number = 1 + sum(each == station for each, _ in self.starts)
        status = self._chance.choices(("Accepted", "Blocked"), (95, 5))[0]
        return self.starts.setdefault((station, text), (number, status))


class BackendSession:
    """One connection of a wallbox at a backend."""

    def __init__(
        self, backend: RandomBackend, station: str, connection: int, chance: random.Random
    ) -> None:
        self._backend = backend
        self._station = station
        self._connection = connection
        self._chance = chance
        self._link: Link | None = None
        self._open: dict[str, Command] = {}
        self._count = 0

    def opened(self, link: Link) -> None:
        self._link = link

    def closed(self, code: int, reason: str) -> None:
        self._link = None

    def received(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] != 2:
            command = self._open.pop(frame[1], None)
            if command is not None:
                command.answers.append(frame)
            if frame[0] == 4 and not self._backend.is_calm:
                self._ask_again()
            return
        _, unique_id, action, _ = frame
        payload = text[len(f'[2,"{unique_id}","{action}",') : -1]
        now = asyncio.get_running_loop().time()
        backend = self._backend
        backend.heard.append(
            Heard(now, self._station, self._connection, unique_id, action, payload)
        )
        answer = f'[3,"{unique_id}",{backend.answer_text(self._station, action, payload)}]'
        self._reply(answer, f'[4,"{unique_id}","InternalError","not now",{{}}]')

    def _reply(self, answer: str, refusal: str) -> None:
        mood = "well" if self._backend.is_calm else self._mood()
        if mood == "silent":
            return
        after_s = {"late": self._chance.uniform(1.0, 90.0)}.get(mood, 0.0)
        text = refusal if mood == "refuses" else answer
        asyncio.get_running_loop().call_later(after_s, self._send, text)

    def _mood(self) -> str:
        return self._chance.choices(("well", "late", "refuses", "silent"), (86, 6, 5, 3))[0]

    def _send(self, text: str) -> None:
        if self._link is not None:
            self._link.send(text)

    def _ask_again(self) -> None:
        """What failed is followed by another question at once."""
        mark = f"{self._backend.name} again {len(self._backend.commands)}"
        self.command("DataTransfer", f'{{"vendorId":"t","data":"{mark}"}}')

    def command(self, action: str, text: str) -> None:
        """Ask the wallbox, one thing at a time."""
        if self._link is None or self._open:
            return
        self._count += 0 if self._backend.repeats_ids and self._count else 1
        command = Command(self._station, action, text)
        self._open[str(self._count)] = command
        self._backend.commands.append(command)
        self._send(f'[2,"{self._count}","{action}",{text}]')
