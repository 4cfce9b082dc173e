"""Command lines of the software wallbox: text into actions, or words about what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox import actions as do

ERROR_CODES: Final = (
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "LocalListConflict",
    "OtherError",
    "OverCurrentFailure",
    "OverVoltage",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "UnderVoltage",
    "WeakSignal",
)
"""ChargePointErrorCode without NoError (OCPP 1.6 §7.6)."""


@dataclass(frozen=True, slots=True)
class SendRaw:
    """Send this text as a frame, whatever it is."""

    text: str


@dataclass(frozen=True, slots=True)
class ReadMeterFile:
    """As `AddSignedText`, with the text of a file."""

    path: str


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the program."""


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """The line means nothing; `reason` says why, for the person who typed it."""

    reason: str


Line = do.Action | SendRaw | ReadMeterFile | Help | Quit
Reader = Callable[[str], Line]


class _Wrong(Exception):  # noqa: N818 - says that the words after the command are wrong
    pass


def _words(rest: str, least: int, most: int) -> list[str]:
    words = rest.split()
    if not least <= len(words) <= most:
        raise _Wrong
    return words


def _connector(words: list[str], place: int) -> int:
    if len(words) <= place:
        return 1
    return int(_number(words[place], least=1, whole=True))


def _number(text: str, *, least: float, whole: bool = False) -> float:
    try:
        number = float(int(text) if whole else float(text))
    except ValueError as error:
        raise _Wrong(f"{text!r} is not a number") from error
    if not least <= number <= 1000:
        raise _Wrong(f"{text} is not within {least:g} to 1000")
    return number


def _card(rest: str) -> Line:
    words = _words(rest, 1, 2)
    if len(words[0]) > 20:
        raise _Wrong("a card's text has at most 20 characters")
    return do.PresentCard(words[0], _connector(words, 1) if len(words) > 1 else None)


def _fault(rest: str) -> Line:
    words = _words(rest, 1, 2)
    if words[0] not in ERROR_CODES:
        raise _Wrong(f"{words[0]!r} is none of {', '.join(ERROR_CODES)}")
    return do.ShowFault(words[0], _connector(words, 1))


def _car_current(rest: str) -> Line:
    words = _words(rest, 1, 2)
    return do.SetCarCurrent(_number(words[0], least=MIN_CHARGE_A), _connector(words, 1))


def _data(rest: str) -> Line:
    parts = rest.split(" ", 2)
    if not parts[0]:
        raise _Wrong
    message_id, text = (*parts[1:], None, None)[:2]
    return do.SendData(parts[0], None if message_id in (None, "-") else message_id, text)


def _text(rest: str) -> str:
    if not rest:
        raise _Wrong
    return rest


def _at_connector(action: Callable[[int], Line]) -> Reader:
    return lambda rest: action(_connector(_words(rest, 0, 1), 0))


def _alone(line: Line) -> Reader:
    def read(rest: str) -> Line:
        _words(rest, 0, 0)
        return line

    return read


@dataclass(frozen=True, slots=True)
class _Command:
    usage: str
    meaning: str
    read: Reader


COMMANDS: Final[dict[str, _Command]] = {
    "plug": _Command("plug [CONNECTOR]", "plug the car in", _at_connector(do.Plug)),
    "unplug": _Command("unplug [CONNECTOR]", "pull the plug", _at_connector(do.Unplug)),
    "rfid": _Command("rfid TAG [CONNECTOR]", "hold a card to the reader", _card),
    "stop": _Command("stop [CONNECTOR]", "press the stop button", _at_connector(do.PressStop)),
    "status": _Command("status", "show every connector", _alone(do.ShowState())),
    "max": _Command(
        "max A",
        "set the wallbox's own limit, A per phase",
        lambda rest: do.SetHardwareCurrent(_number(_words(rest, 1, 1)[0], least=0)),
    ),
    "car-max": _Command(
        "car-max A [CONNECTOR]", "set what the car wants, A per phase", _car_current
    ),
    "sleep": _Command("sleep [CONNECTOR]", "let the car fall asleep", _at_connector(do.FallAsleep)),
    "wake": _Command("wake [CONNECTOR]", "wake the car up", _at_connector(do.WakeUp)),
    "fault": _Command("fault CODE [CONNECTOR]", "break, with an OCPP error code", _fault),
    "clear-fault": _Command("clear-fault [CONNECTOR]", "mend", _at_connector(do.ClearFault)),
    "data": _Command("data VENDOR [MESSAGE|-] [TEXT]", "send a DataTransfer", _data),
    "raw": _Command("raw TEXT", "send a frame exactly as typed", lambda rest: SendRaw(_text(rest))),
    "meter-text": _Command(
        "meter-text TEXT",
        "put a signed reading into the next meter values",
        lambda rest: do.AddSignedText(_text(rest)),
    ),
    "meter-file": _Command(
        "meter-file PATH",
        "the same, with the text of a file",
        lambda rest: ReadMeterFile(_text(rest)),
    ),
    "restart": _Command("restart", "switch off and on", _alone(do.PowerCycle())),
    "help": _Command("help", "show this", _alone(Help())),
    "quit": _Command("quit", "end", _alone(Quit())),
}
"""Every command by its first word."""

HELP: Final = "\n".join(f"{c.usage:32} {c.meaning}" for c in COMMANDS.values())
"""What can be typed, one line each."""


def read_line(line: str) -> Line | Misunderstood | None:
    """Understand a line; None for an empty one. What follows a text command stays as typed."""
    word, _space, rest = line.rstrip("\r\n").lstrip().partition(" ")
    if not word:
        return None
    command = COMMANDS.get(word)
    if command is None:
        return Misunderstood(f"{word!r} is not known; try help")
    try:
        return command.read(rest)
    except _Wrong as wrong:
        return Misunderstood(str(wrong) or f"usage: {command.usage}")
