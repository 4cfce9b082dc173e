"""Errors by who is wrong: our bug, the peer, the user.

Expected outcomes are values, not exceptions; these three are for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class WattgateError(Exception):
    """Root of every error that Wattgate raises itself."""


class LocalUsageError(WattgateError):
    """Our own code broke a rule: a bug, never the fault of a peer or a user."""


class PeerError(WattgateError):
    """A peer sent something wrong; carries the CALLERROR to answer with.

    `code` is spelled as OCPP 1.6 spells it on the wire (OCPP-J 1.6 table 7).
    """

    def __init__(self, description: str, *, code: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing the user must mend.

    `path` names the place in words of the site file: `evse "stall-1" › gateway 1 › url`.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ConfigError(WattgateError):
    """Everything the user must fix, at once; nothing has been changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
