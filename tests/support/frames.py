"""Scripted ends whose answers are given to the letter, sites for them, and short ways to ask."""

import asyncio
import json
from dataclasses import dataclass, field

from tests.support.world import Answer, Json, Scripted, World, a_backend, a_wallbox, status_of

from wattgate.core.gateway.commands.rights import COMMANDS

HOUSE = """
[site]
max_current_a = 63
house_load_a = 0
"""

STALL = """
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend/"
"""

ONE_BACKEND = HOUSE + STALL

TWO_CONNECTORS = f"""{HOUSE}
[[evse]]
id = "left"
address = "CP1"
connector = 1
[[evse.gateway]]
url = "ws://one/"
[[evse]]
id = "right"
address = "CP1"
connector = 2
[[evse.gateway]]
url = "ws://two/"
"""

START = {
    "connectorId": 1,
    "idTag": "04A1",
    "meterStart": 51880,
    "timestamp": "2026-05-15T14:25:12Z",
}
STOP = {"transactionId": 1, "meterStop": 52000, "timestamp": "2026-05-15T15:00:00Z"}
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
TAKEN = {"status": "Accepted", "currentTime": "2026-05-15T12:00:00Z", "interval": 300}
"""A backend's answer to a boot notification that it accepts."""


def meter_values(at: str, transaction: int | None = 1, connector: int = 1) -> dict[str, Json]:
    """One energy reading."""
    sample = {"timestamp": at, "sampledValue": [{"value": "51900"}]}
    ids = {} if transaction is None else {"transactionId": transaction}
    return {"connectorId": connector, **ids, "meterValue": [sample]}


@dataclass(frozen=True)
class Refusal:
    """What a script gives back to answer with a CALLERROR."""

    code: str = "InternalError"
    description: str = ""
    details: str = "{}"


@dataclass
class Literal(Scripted):
    """As Scripted, but a text is the answer's payload to the letter and a Refusal a CALLERROR.

    `held` keeps the message ids of CALLs that were not answered, by action.
    """

    held: dict[str, list[str]] = field(default_factory=dict)

    def _answer(self, frame: list[Json]) -> None:
        _, unique_id, action, payload = frame
        self.calls.append((action, payload))
        script = self.answers.get(action)
        answer = script(payload) if script is not None else {}
        match answer:
            case None:
                self.held.setdefault(action, []).append(unique_id)
            case Refusal(code, description, details):
                self.send(f'[4,"{unique_id}","{code}","{description}",{details}]')
            case str():
                self.send(f'[3,"{unique_id}",{answer}]')
            case _:
                self.send(json.dumps([3, unique_id, answer]))

    def payload_texts(self, action: str) -> list[str]:
        """The payloads of every CALL of that action, to the letter."""
        found = [text for text in self.texts if json.loads(text)[2:3] == [action]]
        return [text.split(f'"{action}",', 1)[1][:-1] for text in found]

    def message_ids(self, action: str) -> list[str]:
        """The message ids of every CALL of that action."""
        frames = [json.loads(text) for text in self.texts]
        return [frame[1] for frame in frames if frame[2:3] == [action]]


def literal_wallbox(**answers: Answer) -> Literal:
    """`a_wallbox` whose answers may be literal."""
    return Literal(a_wallbox(**answers).answers)


def obedient_wallbox() -> Literal:
    """One that accepts every command of a backend."""
    return literal_wallbox(**dict.fromkeys(COMMANDS, lambda _: {"status": "Accepted"}))


def literal_backend(first_id: int = 9001, **answers: Answer) -> Literal:
    """`a_backend` whose answers may be literal."""
    return Literal(a_backend(first_id, **answers).answers)


async def settled() -> None:
    """Let everything happen that happens at once."""
    await asyncio.sleep(0.01)


@dataclass
class Site:
    """One wallbox with one backend, logged in."""

    world: World
    wallbox: Literal
    backend: Literal


async def a_site(
    wallbox: Literal | None = None, backend: Literal | None = None, site_toml: str = ONE_BACKEND
) -> Site:
    """Start a world, boot CP1 at its backend and wait until both are there."""
    world = World(site_toml)
    backend = backend or literal_backend()
    world.dialer.backends["ws://backend/CP1"] = backend
    await world.start()
    wallbox = wallbox or literal_wallbox()
    await world.boot("CP1", wallbox)
    await backend.got("StatusNotification")
    await settled()
    return Site(world, wallbox, backend)


@dataclass
class TwoSided:
    """A wallbox with two connectors, each with a backend of its own."""

    world: World
    wallbox: Literal
    one: Literal
    two: Literal


async def a_two_sided_site() -> TwoSided:
    """Start it, boot CP1 and wait until both backends know both connectors."""
    world = World(TWO_CONNECTORS)
    one, two = literal_backend(1001), literal_backend(2001)
    world.dialer.backends |= {"ws://one/CP1": one, "ws://two/CP1": two}
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await wallbox.ask("StatusNotification", status_of(2, "Available"))
    await one.got("StatusNotification")
    await two.got("StatusNotification")
    await settled()
    return TwoSided(world, wallbox, one, two)


async def result(asked: Scripted, action: str, payload: Json | str) -> Json:
    """The payload of the answer, which must be a CALLRESULT."""
    frame = await asked.ask(action, payload)
    assert frame[0] == 3, frame
    return frame[2]


async def error(asked: Scripted, action: str, payload: Json | str) -> str:
    """The code of the answer, which must be a CALLERROR."""
    frame = await asked.ask(action, payload)
    assert frame[0] == 4, frame
    return str(frame[2])
