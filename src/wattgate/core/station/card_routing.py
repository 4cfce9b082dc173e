"""Which EVSE a card is meant for that is shown at a wallbox with several (R101).

An Authorize names no connector, and each EVSE may have a backend of its own: the card's number must
not get to strangers, and the answer must come from whoever bills.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from wattgate.core.station.authorisation import fold
from wattgate.core.station.connector import ConnectorStatus

REMEMBERED_S: Final = 120.0
"""s for which it is remembered who was asked about a card, and that a car has just come."""

_TAKES_NO_CARD: Final = frozenset({ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED})


@dataclass(frozen=True, slots=True)
class Stall:
    """An EVSE of the wallbox, when a card is shown there. Times are monotonic, in s.

    `card` is the card as it counts here (R57), `running_card` that of the open transaction; None:
    none is open. `link_id` is its primary backend; None: cards are judged here. `since`: the last
    change of `status`. `commanded_at`: when its backend has last commanded a start with this card,
    `asked_at`: when it was last asked about it. `is_reserved`: it is kept for this card.
    """

    evse_id: str
    status: ConnectorStatus
    card: str
    since: float = 0.0
    running_card: str | None = None
    link_id: str | None = None
    commanded_at: float | None = None
    asked_at: float | None = None
    is_reserved: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether a car is plugged in, and its transaction has not begun."""
        return self.status is ConnectorStatus.PREPARING and self.running_card is None

    @property
    def may_begin(self) -> bool:
        """Whether a transaction may be about to begin."""
        return self.running_card is None and self.status not in _TAKES_NO_CARD


@dataclass(frozen=True, slots=True)
class Route:
    """Who is asked about a card, and where it may be meant to begin or to end something.

    `asked` are EVSEs, in this order until one accepts; if none does, the first has the say.
    """

    asked: tuple[str, ...]
    meant: frozenset[str]


def route(stalls: Sequence[Stall], main: str, now: float, *, ask_all: bool = False) -> Route:
    """Decide about a card that is shown at `now`.

    `main` is the EVSE whose backend speaks for the wallbox. With `ask_all` the backends of the
    others are asked after it where nothing tells whose the card is; otherwise never.
    """
    running = [each for each in stalls if _runs_with_it(each)]
    told = running[:1] or _commanded(stalls, now) or _waiting(stalls, now) or _reserved(stalls)
    if told:
        return _route(told[:1], running or told)
    meant = [each for each in stalls if each.is_waiting] or [
        each for each in stalls if each.may_begin
    ]
    first = _asked_before(stalls, now) or [each for each in stalls if each.evse_id == main]
    return _route(_judges([*first, *stalls]) if ask_all else first, meant)


def _route(asked: Iterable[Stall], meant: Iterable[Stall]) -> Route:
    return Route(tuple(each.evse_id for each in asked), frozenset(each.evse_id for each in meant))


def _runs_with_it(stall: Stall) -> bool:
    """It is to end there; where it charges several cars, all of their backends know it anyway."""
    return stall.running_card is not None and fold(stall.running_card) == fold(stall.card)


def _commanded(stalls: Iterable[Stall], now: float) -> list[Stall]:
    """Some wallboxes ask about the card of a start from afar before they begin (16 §5.11)."""
    free = (each for each in stalls if each.running_card is None)
    return _latest((each, each.commanded_at) for each in free if _is_recent(each.commanded_at, now))


def _waiting(stalls: Iterable[Stall], now: float) -> list[Stall]:
    """Where cars wait, if one backend serves them all; else where a car has come just now."""
    waiting = [each for each in stalls if each.is_waiting]
    return _of_one_judge(waiting) or _of_one_judge(
        [each for each in waiting if _is_recent(each.since, now)]
    )


def _reserved(stalls: Iterable[Stall]) -> list[Stall]:
    return _of_one_judge([each for each in stalls if each.is_reserved and each.may_begin])


def _asked_before(stalls: Iterable[Stall], now: float) -> list[Stall]:
    return _latest((each, each.asked_at) for each in stalls if _is_recent(each.asked_at, now))


def _is_recent(at: float | None, now: float) -> bool:
    return at is not None and now - at <= REMEMBERED_S


def _latest(timed: Iterable[tuple[Stall, float | None]]) -> list[Stall]:
    """The one with the latest time, alone; none of none."""
    return [each for each, _ in sorted(timed, key=lambda one: -(one[1] or 0.0))][:1]


def _of_one_judge(stalls: list[Stall]) -> list[Stall]:
    """These stalls, the latest first, if the same backend judges at all of them; else none."""
    if len({each.link_id for each in stalls}) > 1:
        return []
    return sorted(stalls, key=lambda each: -each.since)


def _judges(stalls: Iterable[Stall]) -> list[Stall]:
    """One for each backend in this order, and last one of those where cards are judged here."""
    by_link: dict[str | None, Stall] = {}
    for each in stalls:
        by_link.setdefault(each.link_id, each)
    local = by_link.pop(None, None)
    return [*by_link.values(), *([local] if local is not None else [])]
