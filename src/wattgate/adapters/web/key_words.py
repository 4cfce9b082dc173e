"""Keys of wallboxes in words: how writing one went, and what holds."""

from collections.abc import Mapping
from typing import Final

from wattgate.core.station.wallbox_key import Answer, KeyStep
from wattgate.runtime.station.key_writing import Written

SHOWN: Final = (
    "Enter it at the wallbox as its password or AuthorizationKey. It is not told again; what the "
    "wallbox has now is forgotten once it has come with the key."
)

_ANSWERED: Final[Mapping[Answer, str]] = {
    Answer.ACCEPTED: (
        "The wallbox has accepted its new key, and should come back with it within a few minutes; "
        "what it had before opens the door until then."
    ),
    Answer.REBOOT_REQUIRED: (
        "The wallbox has accepted its new key, and uses it after its next restart."
    ),
    Answer.REFUSED: "The wallbox refuses a new key: nothing has changed.",
    Answer.UNKNOWN: (
        "The wallbox has not said whether it takes the key: it is asked to come back, and both the "
        "key and what it had before open the door."
    ),
    Answer.UNSENT: "The connection was lost before the key was sent: nothing has changed.",
}
_RESTARTS: Final = " It was told to restart, and does so."

_HOLDS: Final[Mapping[str, str]] = {
    "nothing": "It needs no password: anybody in the network can connect in its place.",
    "common password": "It proves itself with the common password of the site.",
    "own password": "It proves itself with its password in the site.",
    "key": "It proves itself with a key that only the wallbox knows.",
    "certificate": "It proves itself with its client certificate, and needs no password.",
}
_ON_ITS_WAY: Final[Mapping[KeyStep, str]] = {
    KeyStep.SHOWN: "A new key was told, and waits for the wallbox to come with it.",
    KeyStep.SENT: "A new key was sent, and has not been answered yet.",
    KeyStep.TAKEN: "The wallbox has accepted a new key, and should come back with it.",
    KeyStep.AFTER_RESTART: "The wallbox uses a new key after its next restart.",
    KeyStep.SET_ASIDE: (
        "The wallbox has accepted a new key, and did not come with it; the key is good still, "
        "should it do so later."
    ),
}


def of_writing(written: Written) -> str:
    """How the wallbox took its new key."""
    return _ANSWERED[written.answer] + (_RESTARTS if written.restarts else "")


def of_state(proves_with: str, step: KeyStep | None) -> str:
    """What holds, and what is on its way."""
    holds = _HOLDS[proves_with]
    return holds if step is None else f"{holds} {_ON_ITS_WAY[step]}"
