"""Where the login at a backend stands, and what went wrong since the backend last took us (R29)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from wattgate.core.security.certificates import LinkSecurity


class LinkPhase(StrEnum):
    """Where a backend link stands."""

    IDLE = "idle"
    """The wallbox is away, or has never sent its boot data: no login."""
    CONNECTING = "connecting"
    REGISTERING = "registering"
    PENDING = "pending"
    ONLINE = "online"
    WAITING = "waiting"
    """The last attempt failed; the next follows after a pause."""


class LinkStep(StrEnum):
    """At which step a login failed, in the order of the steps."""

    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    SUBPROTOCOL = "subprotocol"
    CONNECTION = "connection"
    """It was made, and lost."""
    REGISTRATION = "registration"
    """The backend does not accept the boot notification."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One attempt that failed: at which step, in words for a person, with which HTTP status."""

    step: LinkStep
    sentence: str
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class LinkProblem:
    """Why the backend has not taken us since it last did.

    `fault` is the newest; `since` tells of the first, `attempts` how many there were.
    `next_attempt_at` is None while an attempt is under way.
    """

    fault: Fault
    since: datetime
    attempts: int
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A link's phase, in words a person understands, and since when.

    `problem` stays until the backend has accepted us, or nothing is wanted of it any more.
    `security` is what the present connection proves of the backend, None where there is none.
    """

    phase: LinkPhase
    reason: str
    since: datetime
    problem: LinkProblem | None = None
    security: LinkSecurity | None = None

    def entered(self, phase: LinkPhase, reason: str, at: datetime) -> "LinkStatus":
        """Go on to another phase; `at` counts only where something has changed."""
        problem = None if phase in _NO_PROBLEM else self.problem
        if problem is not None:
            problem = replace(problem, next_attempt_at=None)
        is_same = phase is self.phase and reason == self.reason
        security = None if phase in _NO_CONNECTION else self.security
        return LinkStatus(phase, reason, self.since if is_same else at, problem, security)

    def failed(self, fault: Fault, at: datetime, next_attempt_at: datetime) -> "LinkStatus":
        """Count an attempt that came to nothing; the phase is told by `entered`, before."""
        before = self.problem
        since, attempts = (at, 0) if before is None else (before.since, before.attempts)
        return replace(self, problem=LinkProblem(fault, since, attempts + 1, next_attempt_at))


_NO_PROBLEM = frozenset({LinkPhase.ONLINE, LinkPhase.IDLE})
_NO_CONNECTION = frozenset({LinkPhase.IDLE, LinkPhase.CONNECTING, LinkPhase.WAITING})
