"""A software wallbox in virtual time, and a central system that answers it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.wallbox.actions import Action, Plug, PresentCard
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import Answer, Effect, Happened, Reboot, Refuse, SendCall
from wattgate.core.wallbox.moment import Moment, stamp
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.state import NoAnswer, Outcome

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
CARD = "04A1B2C3"
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}

Payload = Mapping[str, Any]


def answers_of_a_friend() -> dict[str, Payload | None]:
    """What a central system answers that accepts everything."""
    return {
        "BootNotification": {
            "status": "Accepted",
            "currentTime": "now",
            "interval": 3600,
        },
        "Authorize": ACCEPTED,
        "StartTransaction": {**ACCEPTED, "transactionId": 77},
        "StopTransaction": {},
        "MeterValues": {},
        "StatusNotification": {},
        "Heartbeat": {"currentTime": "now"},
        "DataTransfer": {"status": "Accepted"},
        "FirmwareStatusNotification": {},
        "LogStatusNotification": {},
        "DiagnosticsStatusNotification": {},
    }


class Machine(Protocol):
    """A charge point, or what is built around one."""

    def connected(self, moment: Moment) -> list[Effect]: ...
    def disconnected(self, moment: Moment, reason: str = "") -> list[Effect]: ...
    def called(self, call: Call, moment: Moment) -> list[Effect]: ...
    def answered(self, number: int, outcome: Outcome, moment: Moment) -> list[Effect]: ...
    def handle(self, action: Action, moment: Moment) -> list[Effect]: ...
    def tick(self, moment: Moment) -> list[Effect]: ...
    def deadline(self) -> float | None: ...


class Bench:
    """Lets time pass, remembers every effect, and answers each call as `answers` says.

    An action whose answer is None stays open until `reply`; "now" in an answer is the time.
    """

    machine: Machine

    def __init__(self, now: float) -> None:
        self.now = now
        self.effects: list[Effect] = []
        self.open: list[SendCall] = []
        self.answers = answers_of_a_friend()

    @property
    def moment(self) -> Moment:
        return Moment(self.now, NOON + timedelta(seconds=self.now - 1000.0))

    def do(self, effects: list[Effect]) -> None:
        """Take effects in, and answer the calls among them."""
        self.effects += effects
        calls = [effect for effect in effects if isinstance(effect, SendCall)]
        for call in calls:
            self.open.append(call)
        for call in calls:
            answer = self.answers[call.action]
            if answer is not None:
                text = json.dumps(answer).replace('"now"', f'"{stamp(self.moment.wall)}"')
                self.close(call, CallResult("id", text))

    def close(self, call: SendCall, outcome: Outcome) -> None:
        if call in self.open:
            self.open.remove(call)
            self.do(self.machine.answered(call.number, outcome, self.moment))

    def reply(self, action: str, answer: Payload | None = None, *, error: bool = False) -> None:
        """Answer the oldest open call of an action: with a payload, an error, or silence."""
        call = next(call for call in self.open if call.action == action)
        if error:
            self.close(call, CallError("id", "InternalError", "try again"))
        elif answer is None:
            self.close(call, NoAnswer(link_lost=False))
        else:
            self.close(call, CallResult("id", json.dumps(answer)))

    def connect(self) -> None:
        self.do(self.machine.connected(self.moment))

    def disconnect(self) -> None:
        self.open.clear()
        self.do(self.machine.disconnected(self.moment, "gone"))

    def act(self, *actions: Action) -> None:
        for action in actions:
            self.do(self.machine.handle(action, self.moment))

    def later(self, seconds: float) -> None:
        """Let time pass, waking up at each deadline on the way."""
        end = self.now + seconds
        wakes = 0
        while (due := self.machine.deadline()) is not None and due <= end:
            wakes += 1
            assert wakes < 5000, "the deadline does not move on"
            self.now = max(self.now, due)
            self.do(self.machine.tick(self.moment))
        self.now = end
        self.do(self.machine.tick(self.moment))

    def command(self, action: str, payload: Payload | str) -> Any:  # noqa: ANN401 - JSON
        """Ask the wallbox; the answer's payload, or the code of its CALLERROR, or None."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        before = len(self.effects)
        self.do(self.machine.called(Call("c", action, text), self.moment))
        for effect in self.effects[before:]:
            match effect:
                case Answer(_, payload_text):
                    return json.loads(payload_text)
                case Refuse(_, code, _):
                    return code
                case _:
                    pass
        return None

    def sent(self, action: str) -> list[Any]:
        """The payloads of every call of an action so far."""
        return [
            json.loads(effect.payload_text)
            for effect in self.effects
            if isinstance(effect, SendCall) and effect.action == action
        ]

    def sent_actions(self) -> list[str]:
        return [effect.action for effect in self.effects if isinstance(effect, SendCall)]

    def statuses(self, connector: int = 1) -> list[str]:
        """The states reported of a connector so far."""
        reports = self.sent("StatusNotification")
        return [r["status"] for r in reports if r["connectorId"] == connector]

    def events(self, kind: str) -> list[Any]:
        """The facts of every event of a kind so far."""
        return [
            effect.facts
            for effect in self.effects
            if isinstance(effect, Happened) and effect.kind == kind
        ]

    def reboots(self) -> int:
        return sum(isinstance(effect, Reboot) for effect in self.effects)

    def state(self, connector: int = 1) -> Any:  # noqa: ANN401 - facts
        """What `status` shows of a connector."""
        from wattgate.core.wallbox.actions import ShowState

        self.act(ShowState())
        return [facts for facts in self.events("state") if facts["connector"] == connector][-1]

    def forget(self) -> None:
        """Forget the effects so far."""
        self.effects.clear()


class Wallbox(Bench):
    """A charge point alone."""

    machine: ChargePoint

    def __init__(self, kept: str | None = None, now: float = 1000.0, **options: Any) -> None:  # noqa: ANN401 - the fields of Options
        super().__init__(now)
        self.machine = ChargePoint(Options("CP1", **options), self.moment, kept)
        self.do(self.machine.tick(self.moment))


def online(**options: Any) -> Wallbox:  # noqa: ANN401 - the fields of Options
    """A wallbox that is connected and accepted, nothing plugged in."""
    wallbox = Wallbox(**options)
    wallbox.connect()
    return wallbox


def charging(**options: Any) -> Wallbox:  # noqa: ANN401 - the fields of Options
    """A wallbox in a transaction with id 77, by default with one sample a minute."""
    wallbox = online(**options)
    wallbox.act(Plug(), PresentCard(CARD))
    return wallbox


def configured(**keys: str) -> dict[str, Any]:
    """Options with configuration keys."""
    return {"configuration": keys}


def playing(*quirks: Quirk) -> dict[str, Any]:
    """Options with quirks."""
    return {"quirks": frozenset(quirks)}


def car(**fields: Any) -> Car:  # noqa: ANN401 - the fields of Car
    return Car(**fields)


def limit_of(limit: float, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A TxDefaultProfile of one limit in A for ever; `fields` replace some of it."""
    schedule = {
        "chargingRateUnit": fields.pop("unit", "A"),
        "chargingSchedulePeriod": fields.pop("periods", [{"startPeriod": 0, "limit": limit}]),
        "startSchedule": "2026-05-15T11:00:00Z",
    }
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
        **fields,
    }


def set_limit(wallbox: Wallbox, limit: float, connector: int = 1, **fields: Any) -> Any:  # noqa: ANN401 - JSON
    """Send SetChargingProfile; its status or error code."""
    answer = wallbox.command(
        "SetChargingProfile",
        {"connectorId": connector, "csChargingProfiles": limit_of(limit, **fields)},
    )
    return answer if isinstance(answer, str) else answer["status"]
