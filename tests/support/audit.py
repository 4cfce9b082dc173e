"""What a wallbox may rely on, compared with what its backend got.

Works on frames as text, with `json` and `re` only: no mistake can be shared with our own reading.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tests.support.processes import Program

TRANSACTION_MESSAGES: Final = ("StartTransaction", "MeterValues", "StopTransaction")

Numbers = Mapping[int, int]
"""What a backend calls the connectors that it has, by their numbers at the wallbox."""

_CONNECTOR: Final = re.compile(r'("connectorId"\s*:\s*)(\d+)')
_ID: Final = re.compile(r'("transactionId"\s*:\s*)(-?\d+)')


@dataclass(frozen=True, slots=True)
class Message:
    """A transaction message: its text without the transaction id, and the id; None without one."""

    action: str
    text: str
    transaction_id: int | None

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def message(action: str, payload_text: str) -> Message:
    """Cut the id out; every other character stays."""
    found = _ID.search(payload_text)
    number = int(found[2]) if found else None
    return Message(action, _ID.sub(r"\1", payload_text, count=1), number)


def sent_messages(
    wallbox: Program, *, confirmed: bool = True, numbers: Numbers | None = None
) -> list[Message]:
    """The transaction messages that a wallbox sent, once each; only those that were confirmed.

    One that was sent again after a loss counts as confirmed when any of its sendings was. With
    `numbers` those of these connectors only, as the backend is to read them.
    """
    connectors = {number: start.connector for number, start in _starts(wallbox).items()}
    results = {
        json.loads(event["text"])[1]
        for event in wallbox.all_of("received")
        if event["text"].startswith("[3,")
    }
    found: dict[Message, None] = {}
    for event in wallbox.all_of("sent"):
        kind, unique_id, *rest = json.loads(event["text"])
        if kind == 2 and rest[0] in TRANSACTION_MESSAGES:
            beginning = f'[2,"{unique_id}","{rest[0]}",'
            assert event["text"].startswith(beginning)
            if unique_id in results or not confirmed:
                text = event["text"][len(beginning) : -1]
                for each in _as_read(message(rest[0], text), connectors, numbers):
                    found[each] = None
    return list(found)


def _as_read(
    sent: Message, connectors: Mapping[int, int], numbers: Numbers | None
) -> Iterator[Message]:
    """The message with the connector's number there; none where the backend has it not."""
    found = _CONNECTOR.search(sent.text)
    at = int(found[2]) if found else connectors.get(sent.transaction_id or -1)
    if numbers is None:
        yield sent
    elif at is not None and at in numbers:
        yield replace(sent, text=_CONNECTOR.sub(rf"\g<1>{numbers[at]}", sent.text, count=1))


@dataclass(frozen=True, slots=True)
class _Start:
    connector: int
    text: str


def _starts(wallbox: Program) -> dict[int, _Start]:
    """The starts of a wallbox, by the number that it got for them."""
    answers = {
        frame[1]: frame[2]
        for event in wallbox.all_of("received")
        if (frame := json.loads(event["text"]))[0] == 3
    }
    known: dict[int, _Start] = {}
    for event in wallbox.all_of("sent"):
        frame = json.loads(event["text"])
        if frame[0] == 2 and frame[2] == "StartTransaction" and frame[1] in answers:
            text = event["text"].partition('"StartTransaction",')[2][:-1]
            known[answers[frame[1]]["transactionId"]] = _Start(frame[3]["connectorId"], text)
    return known


def taken_messages(backend: Program, station_id: str) -> list[Message]:
    """The transaction messages that a backend took, in their order, repetitions included."""
    return [
        message(event["action"], event["payload_text"])
        for event in backend.all_of("call", id=station_id)
        if event["action"] in TRANSACTION_MESSAGES
    ]


def missing(
    wallbox: Program, backend: Program, station_id: str, numbers: Numbers | None = None
) -> list[Message]:
    """What the wallbox saw confirmed, and the backend has not got."""
    taken = {each.digest for each in taken_messages(backend, station_id)}
    sent = sent_messages(wallbox, numbers=numbers)
    return [each for each in sent if each.digest not in taken]


def backend_ids(
    wallbox: Program, backend: Program, station_id: str, numbers: Numbers | None = None
) -> dict[int, int]:
    """The backend's id of each transaction, by the id that the wallbox knows.

    Both come from the answers to the same StartTransaction: its text is the same at both ends.
    """
    known: dict[str, int] = {}
    starts = backend.all_of("call", id=station_id, action="StartTransaction")
    for start in starts:
        for answer in backend.all_of("replied", message_id=start["message_id"]):
            number = json.loads(answer["payload_text"])["transactionId"]
            known[start["payload_text"]] = number
    pairs: dict[int, int] = {}
    for number, its in _starts(wallbox).items():
        if numbers is None or its.connector in numbers:
            at = its.connector if numbers is None else numbers[its.connector]
            pairs[number] = known[_CONNECTOR.sub(rf"\g<1>{at}", its.text, count=1)]
    return pairs


def strayed(
    wallbox: Program, backend: Program, station_id: str, numbers: Numbers | None = None
) -> list[Message]:
    """What reached the backend under another transaction than the wallbox sent it for."""
    ids = backend_ids(wallbox, backend, station_id, numbers)
    expected = {
        each.digest: None if each.transaction_id is None else ids.get(each.transaction_id)
        for each in sent_messages(wallbox, confirmed=False, numbers=numbers)
    }
    return [
        each
        for each in taken_messages(backend, station_id)
        if each.action != "StartTransaction" and each.transaction_id != expected.get(each.digest)
    ]


def is_in_order(
    wallbox: Program, backend: Program, station_id: str, numbers: Numbers | None = None
) -> bool:
    """Whether the backend took everything in the order in which the wallbox sent it (R58)."""
    sent = sent_messages(wallbox, numbers=numbers)
    place = {each.digest: number for number, each in enumerate(sent)}
    places = [
        place[each.digest] for each in taken_messages(backend, station_id) if each.digest in place
    ]
    return places == sorted(places)
