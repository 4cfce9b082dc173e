"""The steps of the guided proof, and what they say to the person who takes them (R100a)."""

from enum import StrEnum
from typing import Final

GRANT_S: Final = 60
"""s for which the grant lasts that is let lapse: the shortest there is."""

WAKING_GRANT_S: Final = 180
"""s for which the car gets current to show that it wants some; not all of them hurry."""


class Step(StrEnum):
    """Where the proof is; the value is for the API, the words are in `WORDS`."""

    ROOM = "room"
    LAPSE = "lapse"
    WAKE = "wake"
    POWER_CYCLE = "power cycle"
    START = "start"
    QUIET = "quiet"
    RESUME = "resume"
    DONE = "done"


WORDS: Final = {
    Step.ROOM: "Waiting until the circuit has room for this wallbox's full current.",
    Step.LAPSE: f"A grant of {GRANT_S} s is not renewed: the current must fall when it ends.",
    Step.WAKE: "Current is allowed again: the car must take it, else it had stopped by itself.",
    Step.POWER_CYCLE: "Switch the wallbox off at its fuse, wait 10 s, switch it on.",
    Step.START: "Plug the car in anew and present the card.",
    Step.QUIET: "Nothing is sent since the power cycle: once the last grant is over, no more "
    "than the fallback may flow.",
    Step.RESUME: "Current is allowed: the car must take it, else it would not have charged anyway.",
    Step.DONE: "The proof has ended.",
}
"""What is going on, and what the installer has to do."""

DEADLINES_S: Final = {
    Step.ROOM: 300.0,
    Step.LAPSE: 420.0,
    Step.WAKE: 300.0,
    Step.POWER_CYCLE: 600.0,
    Step.START: 600.0,
    Step.QUIET: 600.0,
    Step.RESUME: 300.0,
}
"""s that each step may take, beside the settle time of the wallbox."""

TOO_LATE: Final = {
    Step.ROOM: "the circuit had no room for this wallbox's full current",
    Step.LAPSE: "no current was measured after the end of the grant",
    Step.WAKE: "the car took no current when it was allowed again",
    Step.POWER_CYCLE: "the wallbox did not boot on a new connection",
    Step.START: "no charging began after the power cycle",
    Step.QUIET: "no current was measured after the power cycle",
    Step.RESUME: "the car took no current when it was allowed again",
}
"""Why nothing is proven when a step takes too long."""

GRANTS_S: Final = {Step.LAPSE: GRANT_S, Step.WAKE: WAKING_GRANT_S, Step.RESUME: WAKING_GRANT_S}
"""For how many s each step grants its current, where it does."""

CHARGES_THROUGHOUT: Final = frozenset({Step.ROOM, Step.LAPSE, Step.WAKE})
"""Steps of one transaction on one connection."""
