import pytest

from wattgate.core.charging.hesitation import Hesitation, Nudge, looked
from wattgate.core.load.demand import EvseView
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus


def at(status: ConnectorStatus, draw: Draw | None = None) -> EvseView:
    return EvseView("a", frozenset({0}), 6.0, 16.0, status, draw=draw)


WAITS = at(ConnectorStatus.SUSPENDED_EVSE)
BEFORE = Draw(4.0, 10.0, 10.0)
FLOWS = Draw(6.0, 10.0, 10.0)
RESTS = Draw(6.0, 0.2, 0.2)


@pytest.mark.parametrize(
    ("before", "view", "allowed_a", "now", "after", "nudge"),
    [
        (Hesitation(), WAITS, 10.0, 5.0, Hesitation(5.0), None),
        (Hesitation(5.0), WAITS, 10.0, 34.9, Hesitation(5.0), None),
        (Hesitation(5.0), WAITS, 10.0, 35.0, Hesitation(35.0, 1), Nudge.SAY_AGAIN),
        (Hesitation(35.0, 1), WAITS, 10.0, 64.0, Hesitation(35.0, 1), None),
        (Hesitation(35.0, 1), WAITS, 10.0, 65.0, Hesitation(65.0, 2), Nudge.NEXT_WAY),
        (Hesitation(65.0, 2), WAITS, 10.0, 95.0, Hesitation(95.0, 3), Nudge.NEXT_WAY),
        (Hesitation(5.0, 1), WAITS, 0.0, 90.0, Hesitation(None, 1), None),
        (Hesitation(5.0, 1), at(ConnectorStatus.CHARGING), 10.0, 90.0, Hesitation(), None),
        (Hesitation(5.0, 1), at(ConnectorStatus.SUSPENDED_EV), 10.0, 90.0, Hesitation(), None),
        (Hesitation(5.0), at(WAITS.status, FLOWS), 10.0, 90.0, Hesitation(), None),
        (Hesitation(5.0), at(WAITS.status, BEFORE), 10.0, 6.0, Hesitation(5.0), None),
        (Hesitation(5.0), at(WAITS.status, RESTS), 10.0, 7.0, Hesitation(5.0), None),
    ],
)
def test_who_may_charge_and_waits_is_told_again_and_then_in_other_words_R96(
    before: Hesitation,
    view: EvseView,
    allowed_a: float,
    now: float,
    after: Hesitation,
    nudge: Nudge | None,
) -> None:
    assert looked(before, view, allowed_a, now, patience_s=30.0) == (after, nudge)
