"""A software wallbox on hardware that is killed between any two effects, and its central system."""

import json
from datetime import timedelta
from typing import Any

from tests.support.wallboxes import ACCEPTED, NOON, answers_of_a_friend

from wattgate.core.ocpp.frames import CallResult
from wattgate.core.wallbox.actions import PresentCard
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import Effect, Keep, Offer, SendCall
from wattgate.core.wallbox.moment import Moment, stamp
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.sensed import Pilot, Sensed


class KilledWallbox:
    """Its meter and its car are there all the time; energy flows while current is offered.

    The central system takes a start that comes again for the one that it knows (R61).
    """

    def __init__(self, *, resumes: bool) -> None:
        self.options = Options("CP1", has_hardware=True, keeps=True, resumes=resumes)
        self.now, self.energy_wh, self.offered_a = 0.0, 0.0, 0.0
        self.is_plugged = False
        self.text: str | None = None
        self.starts: dict[str, int] = {}
        self.stops: dict[int, set[str]] = {}
        self.lives_for: int | None = None
        self.machine = self._switched_on()

    @property
    def moment(self) -> Moment:
        return Moment(self.now, NOON + timedelta(seconds=self.now))

    def _switched_on(self) -> ChargePoint:
        self.offered_a = 0.0
        return ChargePoint(self.options, self.moment, self.text)

    def kill(self) -> None:
        """Away with everything but what was kept, and on again."""
        self.lives_for = None
        self.machine = self._switched_on()
        self.look()

    def connect(self) -> None:
        self.perform(self.machine.connected(self.moment))

    def disconnect(self) -> None:
        self.perform(self.machine.disconnected(self.moment))

    def card(self) -> None:
        self.now += 1.0  # no two starts are alike
        self.perform(self.machine.handle(PresentCard("A"), self.moment))

    def plug(self) -> None:
        self.is_plugged = not self.is_plugged
        self.look()

    def wait(self) -> None:
        self.now += 70.0
        if self.is_plugged and self.offered_a:
            self.energy_wh += 100.0
        self.look()
        self.perform(self.machine.tick(self.moment))

    def look(self) -> None:
        pilot = Pilot.C if self.is_plugged else Pilot.A
        self.perform(self.machine.sensed(1, Sensed(pilot, self.energy_wh), self.moment))

    def perform(self, effects: list[Effect]) -> None:
        """Carry out effects, as many as are left to it."""
        for effect in effects:
            if self.lives_for == 0:
                return
            if self.lives_for is not None:
                self.lives_for -= 1
            self._perform_one(effect)

    def _perform_one(self, effect: Effect) -> None:
        match effect:
            case Keep(text):
                self.text = text
            case Offer(_, current_a):
                self.offered_a = current_a
            case SendCall(number, action, payload_text):
                answer = CallResult("x", json.dumps(self._answer(action, payload_text)))
                self.perform(self.machine.answered(number, answer, self.moment))
            case _:
                pass

    def _answer(self, action: str, payload_text: str) -> Any:  # noqa: ANN401 - JSON
        if action == "StartTransaction":
            number = self.starts.setdefault(payload_text, len(self.starts) + 1)
            return {**ACCEPTED, "transactionId": number}
        if action == "StopTransaction":
            number = json.loads(payload_text)["transactionId"]
            self.stops.setdefault(number, set()).add(payload_text)
        text = json.dumps(answers_of_a_friend()[action])
        return json.loads(text.replace('"now"', f'"{stamp(self.moment.wall)}"'))

    def bills(self) -> list[tuple[int, int]]:
        """The registers at begin and end of each transaction, in order; each has ended once."""
        bills = []
        for text, number in self.starts.items():
            (stop,) = self.stops[number]
            bills.append((json.loads(text)["meterStart"], json.loads(stop)["meterStop"]))
        return bills
