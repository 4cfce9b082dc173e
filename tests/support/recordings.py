"""Recordings of a wallbox's traffic, written frame by frame."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

Json = Any
BEGAN = datetime(2026, 5, 15, 12, tzinfo=UTC)


def header(**facts: Json) -> str:
    """The first line."""
    return json.dumps({"wattgate_traffic": 1, "wallbox": "CP1", "evse": "stall-1"} | facts)


def line(number: int, direction: str, text: str, action: str, **facts: Json) -> str:
    """One frame on the wallbox's link; `at_s` says when, else its number does."""
    kind = {"2": "call", "3": "result", "4": "error"}.get(text[1:2], "junk")
    at = BEGAN + timedelta(seconds=facts.pop("at_s", number))
    told = {
        "number": number,
        "at": at.isoformat(),
        "link": "wallbox CP1",
        "direction": direction,
        "kind": kind,
        "action": action,
        "answers": None,
        "text": text,
    }
    return json.dumps(told | facts)


class Tape:
    """A recording that grows; numbers and message ids are given out in turn."""

    def __init__(self) -> None:
        self.lines = [header()]
        self._asked: dict[int, str] = {}

    @property
    def text(self) -> str:
        return "".join(f"{each}\n" for each in self.lines)

    def asks(self, action: str, payload: Json, direction: str = "in", **facts: Json) -> int:
        """A CALL; its number."""
        number = len(self.lines)
        text = json.dumps([2, f"m{number}", action, payload])
        self.lines.append(line(number, direction, text, action, **facts))
        self._asked[number] = action
        return number

    def answers(self, number: int, payload: Json, direction: str = "out") -> None:
        """The result for a CALL."""
        text = json.dumps([3, f"m{number}", payload])
        self._append(number, text, direction)

    def refuses(self, number: int, code: str, direction: str = "out") -> None:
        """The CALLERROR for a CALL."""
        self._append(number, json.dumps([4, f"m{number}", code, "", {}]), direction)

    def _append(self, number: int, text: str, direction: str) -> None:
        at = len(self.lines)
        action = self._asked[number]
        self.lines.append(line(at, direction, text, action, answers=number))


START = {"connectorId": 1, "idTag": "04A1", "meterStart": 0, "timestamp": "2026-05-15T12:00:00Z"}
ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


def a_session(transaction_id: int = 17) -> Tape:
    """Boot, start, meter values and stop of one transaction."""
    tape = Tape()
    boot = tape.asks("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    tape.answers(boot, {"status": "Accepted", "currentTime": "x", "interval": 300})
    start = tape.asks("StartTransaction", START)
    tape.answers(start, ACCEPTED | {"transactionId": transaction_id})
    values = tape.asks(
        "MeterValues", {"connectorId": 1, "transactionId": transaction_id, "meterValue": []}
    )
    tape.answers(values, {})
    stop = tape.asks(
        "StopTransaction",
        {"transactionId": transaction_id, "meterStop": 9, "timestamp": "2026-05-15T13:00:00Z"},
    )
    tape.answers(stop, ACCEPTED)
    return tape
