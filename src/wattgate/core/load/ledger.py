"""What each EVSE may draw at worst, whatever became of the commands that were sent to it.

Two figures per EVSE: what it is committed to, and what was sent and not yet answered. Only an
accepted command makes the figure smaller; everything that is not known keeps the larger one (R100a,
architecture rule 9).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wattgate.core.errors import LocalUsageError


@dataclass(frozen=True, slots=True)
class Position:
    """One EVSE, A per phase.

    `committed_a` is the limit it accepted last, or while `doubtful` the highest it may have.
    `pending_a` is on its way: sent, not answered; None without one. `drawn_a` was measured although
    less was allowed; None while the EVSE is not known to disobey. `foreign_a` is what profiles of
    others allow that may overrule ours; None where there are none.
    """

    committed_a: float
    pending_a: float | None = None
    doubtful: bool = False
    drawn_a: float | None = None
    foreign_a: float | None = None

    @property
    def allowed_a(self) -> float:
        """The most that it may have been told."""
        return self.committed_a if self.pending_a is None else max(self.committed_a, self.pending_a)

    @property
    def worst_a(self) -> float:
        """The most that the EVSE may draw now."""
        return max(self.allowed_a, self.drawn_a or 0.0, self.foreign_a or 0.0)

    @property
    def is_held(self) -> bool:
        """Whether nothing but our limits is known to rule it."""
        return self.drawn_a is None and self.foreign_a is None

    @property
    def heading_a(self) -> float:
        """What the EVSE will have when all goes well."""
        return self.committed_a if self.pending_a is None else self.pending_a


@dataclass(frozen=True, slots=True)
class Ledger:
    """The positions of all EVSEs; each transition answers a new ledger.

    Every EVSE enters by `assumed`; a transition of one that never did is a LocalUsageError, as is
    the end of a command that was not sent.
    """

    positions: Mapping[str, Position] = field(default_factory=dict)

    def position(self, evse: str) -> Position:
        """Where the EVSE stands."""
        try:
            return self.positions[evse]
        except KeyError:
            raise LocalUsageError(f"{evse}: nothing is known about what it may draw") from None

    def assumed(self, evse: str, worst_a: float) -> "Ledger":
        """Count an EVSE at `worst_a` until it accepts a limit.

        For one that is new, silent, rebooted or released (R100a says with what each counts); what
        was pending is no longer waited for and must be part of the figure.
        """
        return self._moved(evse, worst_a, doubtful=True)

    def drawing(self, evse: str, drawn_a: float | None) -> "Ledger":
        """It was measured to draw more than it may; None: it follows, or nobody can tell.

        Until then it counts at what it draws, whatever limits it accepts.
        """
        return self._with(evse, replace(self.position(evse), drawn_a=drawn_a))

    def overruled(self, evse: str, foreign_a: float | None) -> "Ledger":
        """Profiles of others may be in it and allow `foreign_a`; None: they are gone.

        Until then it counts at that, whatever limits it accepts.
        """
        return self._with(evse, replace(self.position(evse), foreign_a=foreign_a))

    def sent(self, evse: str, current_a: float) -> "Ledger":
        """A limit went out. One that is still pending is overtaken and may yet have been obeyed.

        The answer to the overtaken one is not to be reported here any more.
        """
        before = self.position(evse)
        doubtful = before.doubtful or before.pending_a is not None
        return self._moved(evse, before.allowed_a, current_a, doubtful=doubtful)

    def accepted(self, evse: str) -> "Ledger":
        """The pending limit holds; nothing older matters any more."""
        return self._moved(evse, self._pending_a(evse))

    def refused(self, evse: str) -> "Ledger":
        """The pending limit was rejected or not answered: the old or the new one may hold."""
        self._pending_a(evse)
        return self._moved(evse, self.position(evse).allowed_a, doubtful=True)

    def unsent(self, evse: str) -> "Ledger":
        """The pending limit never left: as if it had not been asked for."""
        self._pending_a(evse)
        return self._with(evse, replace(self.position(evse), pending_a=None))

    def expired(self, evse: str, fallback_a: float) -> "Ledger":
        """The grant ran out and the EVSE fell back by itself; a pending limit stays pending."""
        return self._moved(evse, fallback_a, self.position(evse).pending_a)

    def _moved(
        self,
        evse: str,
        committed_a: float,
        pending_a: float | None = None,
        *,
        doubtful: bool = False,
    ) -> "Ledger":
        """Another limit; what else rules the EVSE goes on ruling it."""
        before = self.positions.get(evse, Position(committed_a))
        after = replace(before, committed_a=committed_a, pending_a=pending_a, doubtful=doubtful)
        return self._with(evse, after)

    def _pending_a(self, evse: str) -> float:
        pending_a = self.position(evse).pending_a
        if pending_a is None:
            raise LocalUsageError(f"{evse}: no limit is pending")
        return pending_a

    def _with(self, evse: str, position: Position) -> "Ledger":
        return Ledger({**self.positions, evse: position})
