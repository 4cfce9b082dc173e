"""A wallbox that acts at random, by the letter of OCPP-J; `json` only.

It numbers its messages from 1 on every connection, as the random backend does, so that ids of
different senders are equal all the time. Every payload is unique where two would mean different
things, and written as no encoder of ours would write it.
"""

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wattgate.ports.links import Link

Json = Any

ANSWER_S: Final = 35.0
"""s after which a wallbox gives a CALL up, and sends a transaction message again."""

RESEND_S: Final = 4.0
"""s before it sends again what was answered with a CALLERROR."""

CARDS: Final = ("04A1", "04B2")

BOOT: Final = '{"chargePointVendor":"Vendor", "chargePointModel":"Model"}'


@dataclass
class LocalTransaction:
    """A transaction as the wallbox knows it; `known_as` is what the manager called it."""

    number: int
    connector: int
    known_as: int | None = None


@dataclass
class Billed:
    """A transaction message of a wallbox; `{id}` in the text stands for the transaction's id.

    `of` is its transaction, None for values outside of one and for a stale id, which is about no
    `connector`.
    """

    box: str
    number: int
    connector: int | None
    action: str
    text: str
    of: LocalTransaction | None = None
    is_confirmed: bool = False

    def payload(self) -> str:
        """What is sent."""
        known_as = self.of.known_as if self.of is not None else None
        return self.text.replace("{id}", str(known_as))


@dataclass
class Passing:
    """A message that is sent once, and forgotten when it gets no answer."""

    action: str
    text: str

    def payload(self) -> str:
        """What is sent."""
        return self.text


class RandomBox:
    """A wallbox with `connectors`, 1 and up. Implements Receiver for its present connection."""

    def __init__(
        self, name: str, chance: random.Random, on_closed: Callable[[], None], connectors: int = 1
    ) -> None:
        self.name = name
        self.sent: list[Billed] = []
        self.connectors = range(1, connectors + 1)
        self.running: dict[int, LocalTransaction] = {}
        self.transactions: list[LocalTransaction] = []
        self.stops_asked: list[int] = []
        self.is_connected = False
        self.is_calm = False
        self._is_registered = False
        self._chance = chance
        self._on_closed = on_closed
        self._queue: deque[Billed] = deque()
        self._passing: deque[Passing] = deque()
        self._link: Link | None = None
        self._open: tuple[str, Billed | Passing] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0
        self._marks = 0
        self._busy_until = 0.0

    @property
    def is_done(self) -> bool:
        """Whether everything it had to say for the bill was confirmed."""
        return not self._queue

    # Connections

    def port(self) -> "BoxPort":
        """A receiver for a new connection, which takes the place of the old one."""
        self._lost()
        return BoxPort(self)

    def came(self, link: Link) -> None:
        self._link, self.is_connected = link, True
        self._count = 0

    def begin(self, *, boot: bool) -> None:
        """Say who it is, or just go on where it was accepted before (R44)."""
        if boot or not self._is_registered:
            self.say("BootNotification", BOOT)
        for connector in self.connectors:
            self.say("StatusNotification", self._status(connector))
        self._go_on()

    def gone(self) -> None:
        self._lost()
        self._on_closed()

    def _lost(self) -> None:
        self._link, self.is_connected, self._open = None, False, None
        self._passing.clear()
        self._set_timer(None)

    # What it has to say

    def start(self, connector: int) -> None:
        if connector in self.running:
            return
        began = LocalTransaction(len(self.transactions) + 1, connector)
        self.running[connector] = began
        self.transactions.append(began)
        # Two wallboxes say the same of transactions with the same number.
        number, card = began.number, CARDS[began.number % 2]
        self._bill(
            "StartTransaction",
            f'{{"connectorId":{connector}, "idTag":"{card}","meterStart":{1000 * number},'
            f'"timestamp":"2026-05-15T13:{number:02}:00Z","vendorNote":"1E3 \\/ {number}"}}',
            connector,
            began,
        )

    def meter(self, connector: int, *, signed: bool) -> None:
        of = self.running.get(connector)
        value = '"OCMF|{\\"RD\\":[1E3]}|\\/","format":"SignedData"' if signed else '"51.10"'
        transaction = "" if of is None else '"transactionId": {id},'
        self._bill(
            "MeterValues",
            f'{{"connectorId":{connector},{transaction}"meterValue":[{{"timestamp":'
            f'"{self._stamp()}","sampledValue":[{{"value":{value}}}]}}]}}',
            connector,
            of,
        )

    def stop(self, connector: int) -> None:
        of = self.running.pop(connector, None)
        if of is not None:
            self._bill(
                "StopTransaction",
                f'{{"meterStop":{1000 * of.number + 999},"timestamp":"{self._stamp()}", '
                '"transactionId":{id},"reason":"Local"}',
                connector,
                of,
            )

    def stale(self, transaction_id: int) -> None:
        """A leftover of somebody else's books: its number means nothing here."""
        self._bill(
            "StopTransaction",
            f'{{"meterStop":1,"timestamp":"2001-{self._stamp()[5:]}",'
            f'"transactionId":{transaction_id},"idTag":"nobody"}}',
            None,
        )

    def say(self, action: str, text: str) -> None:
        """Say something that is not billed."""
        if self._link is not None:
            self._passing.append(Passing(action, text))
            self._go_on()

    def chat(self) -> None:
        """Show a card, or say something the manager has no part in."""
        self._marks += 1
        card = self._chance.choice(CARDS)
        self.say(
            *self._chance.choice(
                (
                    ("Authorize", f'{{"idTag":"{card}"}}'),
                    ("DataTransfer", f'{{"vendorId":"t","data":"{self.name} \\/ {self._marks}"}}'),
                    ("StatusNotification", self._status(self._chance.choice(self.connectors))),
                    ("Heartbeat", "{}"),
                )
            )
        )

    def _status(self, connector: int) -> str:
        status = "Charging" if connector in self.running else "Available"
        return f'{{"connectorId":{connector},"errorCode":"NoError","status":"{status}"}}'

    def _stamp(self) -> str:
        self._marks += 1
        return f"2026-05-15T14:{self._marks // 60:02}:{self._marks % 60:02}Z"

    def _bill(
        self, action: str, text: str, connector: int | None, of: LocalTransaction | None = None
    ) -> None:
        message = Billed(self.name, len(self.sent), connector, action, text, of)
        self.sent.append(message)
        self._queue.append(message)
        self._go_on()

    # Sending

    def _go_on(self) -> None:
        if self._link is None or self._open is not None:
            return
        message = self._next()
        if message is None:
            return
        if isinstance(message, Passing):
            self._passing.popleft()
        self._count += 1
        self._open = str(self._count), message
        self._set_timer(ANSWER_S)
        self._link.send(f'[2,"{self._count}","{message.action}",{message.payload()}]')

    def _next(self) -> Billed | Passing | None:
        """Nothing is billed before it was accepted once (R41)."""
        if self._passing:
            return self._passing[0]
        return self._queue[0] if self._queue and self._is_registered else None

    def _set_timer(self, after_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = None if after_s is None else loop.call_later(after_s, self._give_up)

    def _give_up(self) -> None:
        """Go on with the next; who was never accepted asks again."""
        _, message = self._open or ("", None)
        self._open = None
        is_boot = isinstance(message, Passing) and message.action == "BootNotification"
        if is_boot and not self._is_registered:
            self.say("BootNotification", BOOT)
        else:
            self._go_on()

    def heard(self, text: str) -> None:
        frame = json.loads(text)
        if frame[0] == 2:
            self._obey(frame)
            return
        if self._open is None or frame[1] != self._open[0]:
            return
        message = self._open[1]
        if isinstance(message, Billed):
            if frame[0] == 4:
                self._set_timer(RESEND_S)  # the line stays taken: nothing may pass it
                return
            self._confirmed(message, frame[2])
        elif message.action == "BootNotification":
            if frame[0] == 4:
                self._set_timer(RESEND_S)
                return
            self._is_registered = True
        self._set_timer(None)
        self._give_up()

    def _confirmed(self, message: Billed, answer: Json) -> None:
        message.is_confirmed = True
        self._queue.popleft()
        if message.action == "StartTransaction" and message.of is not None:
            message.of.known_as = answer["transactionId"]

    def _obey(self, frame: list[Json]) -> None:
        _, unique_id, action, payload = frame
        answer: Json = {"status": "Accepted"}
        match action:
            case "DataTransfer":
                answer = {"status": "Accepted", "data": f"{self.name} heard {payload['data']}"}
            case "GetConfiguration":
                keys = [key for key in payload.get("key", ()) if key.startswith("Vendor")]
                entries = [{"key": k, "readonly": True, "value": f"{self.name} {k}"} for k in keys]
                answer = {"configurationKey": entries}
            case "GetCompositeSchedule":
                answer = {"status": "Rejected"}
            case "RemoteStopTransaction":
                self.stops_asked.append(payload["transactionId"])
            case _:
                pass
        late = not self.is_calm and self._chance.random() < 0.12
        loop = asyncio.get_running_loop()
        # It does one thing after the other: what is slow holds up what comes behind it.
        after_s = self._chance.uniform(31.0, 45.0) if late else 0.0
        self._busy_until = max(self._busy_until, loop.time() + after_s)
        text = json.dumps([3, unique_id, answer])
        loop.call_at(self._busy_until, self._answer, self._link, text)

    def _answer(self, link: Link | None, text: str) -> None:
        """On the connection that it was asked on."""
        if link is not None and link is self._link:
            link.send(text)


@dataclass
class BoxPort:
    """One connection of a box; what comes over an old one is not heard any more."""

    box: RandomBox
    link: Link | None = None
    is_current: bool = True

    def opened(self, link: Link) -> None:
        self.link = link
        self.box.came(link)

    def received(self, text: str) -> None:
        if self.link is self.box._link:
            self.box.heard(text)

    def closed(self, code: int, reason: str) -> None:
        if self.link is self.box._link:
            self.box.gone()
