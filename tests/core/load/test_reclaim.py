from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.load_sites import EVERY_PHASE, overload_a, sites

from wattgate.core.load.allocation import allocate
from wattgate.core.load.circuits import Circuit, Load
from wattgate.core.load.demand import EvseView
from wattgate.core.load.ledger import Position
from wattgate.core.load.reclaim import FORGOTTEN_S, Appetite, Seen, followed, shared
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus

CLOSE_A = 1e-6
VIEW = EvseView("a", EVERY_PHASE, minimum_a=6.0, maximum_a=32.0, transaction_open=True)
SESSION = 7.0
BEGAN = Appetite(SESSION, offered_a=16.0, offered_since=0.0)
"""A car that holds 16 A since 0 s, and of which nothing is known."""


def seen(
    offered_a: float,
    drawn_a: float | None,
    at: float = 100.0,
    *,
    position: Position | None = None,
    view: EvseView = VIEW,
    session: float = SESSION,
) -> Seen:
    draw = None if drawn_a is None else Draw(at, drawn_a, drawn_a)
    return Seen(replace(view, draw=draw), position or Position(offered_a), session, settle_s=30.0)


def capped(cap_a: float | None, *, offered_a: float = 16.0, tried_at: float = 0.0) -> Appetite:
    return replace(BEGAN, cap_a=cap_a, offered_a=offered_a, tried_at=tried_at)


@pytest.mark.parametrize(
    ("before_a", "offered_a", "drawn_a", "cap_a"),
    [
        pytest.param(None, 16.0, 8.0, 9.5, id="takes less"),
        pytest.param(None, 32.0, 20.0, 23.0, id="takes less of much"),
        pytest.param(None, 16.0, 14.5, None, id="uses its offer, as exactly as cars do"),
        pytest.param(None, 16.0, 0.0, 6.0, id="never below the minimum"),
        pytest.param(9.5, 9.5, 8.0, 9.5, id="goes on like that"),
        pytest.param(9.5, 9.5, 7.2, 9.5, id="a bit less is no reason for a command"),
        pytest.param(9.5, 9.5, 7.0, 8.5, id="clearly less"),
        pytest.param(9.5, 16.0, 12.0, 13.8, id="wants more than it was believed to"),
        pytest.param(9.5, 16.0, 15.5, None, id="uses an offer above its cap"),
        pytest.param(9.5, 9.5, 9.0, 13.5, id="uses its cap: a try"),
        pytest.param(29.5, 29.5, 29.5, 33.5, id="the last try"),
        pytest.param(33.5, 32.0, 32.0, None, id="may have all"),
    ],
)
def test_a_cap_is_what_the_car_is_seen_to_want(
    before_a: float | None, offered_a: float, drawn_a: float, cap_a: float | None
) -> None:
    before = capped(before_a, offered_a=offered_a)
    after = followed(before, seen(offered_a, drawn_a), now=101.0)
    assert after.cap_a == (None if cap_a is None else pytest.approx(cap_a))
    assert followed(after, seen(offered_a, drawn_a), now=300.0) == after  # judged once


def test_a_car_is_given_more_for_a_try_every_60_s_only() -> None:
    cap_a = 9.5
    appetite = capped(cap_a, offered_a=cap_a)
    tries = []
    for now in range(40, 400, 10):
        appetite = followed(appetite, seen(cap_a, cap_a, at=float(now)), now=float(now))
        if appetite.cap_a is not None and appetite.cap_a > cap_a:
            cap_a = appetite.cap_a
            tries.append((now, cap_a))
    assert tries == [(60, 13.5), (120, 17.5), (180, 21.5), (240, 25.5), (300, 29.5), (360, 33.5)]


@pytest.mark.parametrize(
    ("held", "at", "judged"),
    [
        pytest.param(Position(16.0), 130.0, True, id="settled"),
        pytest.param(Position(16.0), 129.0, False, id="not yet"),
        pytest.param(Position(16.0, pending_a=16.0), 130.0, True, id="being renewed"),
        pytest.param(Position(16.0, pending_a=10.0), 130.0, False, id="being changed"),
        pytest.param(Position(16.0, doubtful=True), 130.0, False, id="in doubt"),
    ],
)
def test_a_draw_counts_once_its_limit_has_settled(held: Position, at: float, judged: bool) -> None:
    appetite = followed(None, seen(16.0, 8.0, position=held), now=100.0)
    appetite = followed(appetite, seen(16.0, 8.0, at, position=held), now=140.0)
    assert (appetite.cap_a is not None) is judged


BY_CAR, BY_WALLBOX, RESUMED = (
    replace(VIEW, status=status, status_since=since)
    for status, since in (
        (ConnectorStatus.SUSPENDED_EV, 90.0),
        (ConnectorStatus.SUSPENDED_EVSE, 90.0),
        (ConnectorStatus.CHARGING, 100.5),
    )
)
BY_POWER = replace(seen(9.5, 8.0), view=replace(VIEW, draw=Draw(100.0, 2.7, 8.0)))


@pytest.mark.parametrize(
    "now_seen",
    [
        pytest.param(seen(9.5, 8.0, session=8.0), id="another transaction"),
        pytest.param(seen(0.0, 8.0), id="paused"),
        pytest.param(seen(9.5, 8.0, view=BY_CAR), id="SuspendedEV"),
        pytest.param(seen(9.5, 8.0, view=BY_WALLBOX), id="SuspendedEVSE"),
        pytest.param(seen(9.5, 8.0, view=RESUMED), id="from before it went on"),
        pytest.param(seen(9.5, None), id="never measured"),
        pytest.param(seen(9.5, 8.0, at=100.0 - FORGOTTEN_S), id="measured long ago"),
        pytest.param(BY_POWER, id="its current is not known"),
    ],
)
def test_a_cap_is_forgotten_when_nothing_is_known_of_the_car_any_more(now_seen: Seen) -> None:
    before = capped(9.5, offered_a=9.5)
    assert followed(before, now_seen, now=101.0).cap_a is None
    assert followed(before, seen(9.5, None, at=0.0), now=101.0).cap_a is None


# Sharing


def root(limit_a: float, *names: str) -> Circuit:
    return Circuit("root", (limit_a,) * 3, frozenset(names))


def load(evse: str, maximum_a: float = 16.0, priority: int = 1) -> Load:
    return Load(evse, EVERY_PHASE, 6.0, maximum_a, priority)


@pytest.mark.parametrize(
    ("limit_a", "loads", "caps_a", "share_a"),
    [
        pytest.param(
            20.0,
            [load("a"), load("b")],
            {"a": 9.5},
            {"a": 9.5, "b": 10.5},
            id="the other one is short",
        ),
        pytest.param(
            32.0,
            [load("a"), load("b")],
            {"a": 9.5},
            {"a": 16.0, "b": 16.0},
            id="nobody is short",
        ),
        pytest.param(14.0, [load("a")], {"a": 9.5}, {"a": 14.0}, id="nobody else is there"),
        pytest.param(
            30.0,
            [load("a"), load("b")],
            {"a": 9.5, "b": 8.0},
            {"a": 15.0, "b": 15.0},
            id="each has what it wants",
        ),
        pytest.param(
            20.0,
            [load("a"), load("b", maximum_a=10.2)],
            {"a": 9.5},
            {"a": 9.8, "b": 10.2},
            id="what the other cannot use goes back",
        ),
        pytest.param(
            20.0,
            [load("a", priority=2), load("b")],
            {"a": 9.5},
            {"a": 9.5, "b": 10.5},
            id="a higher class leaves what it does not take",
        ),
        pytest.param(
            14.0,
            [load("a", priority=2), load("b")],
            {"a": 9.5},
            {"a": 14.0, "b": 0.0},
            id="what is left is too little for anybody",
        ),
        pytest.param(
            20.0, [load("a"), load("b")], {"a": 3.0}, {"a": 6.0, "b": 14.0}, id="the minimum"
        ),
    ],
)
def test_what_a_car_leaves_goes_to_those_that_are_short(
    limit_a: float, loads: list[Load], caps_a: dict[str, float], share_a: dict[str, float]
) -> None:
    circuit = root(limit_a, *(each.evse for each in loads))
    assert shared([circuit], loads, caps_a) == pytest.approx(share_a)


Site = tuple[list[Circuit], list[Load]]
wants = st.lists(st.integers(0, 400).map(lambda tenths: tenths / 10), min_size=8, max_size=8)


def drawn(loads: list[Load], wants_a: list[float], offers_a: dict[str, float]) -> dict[str, float]:
    return {
        each.evse: min(want_a, offers_a[each.evse])
        for each, want_a in zip(loads, wants_a, strict=False)
    }


def caps_of(
    loads: list[Load], offers_a: dict[str, float], drawn_a: dict[str, float]
) -> dict[str, float]:
    caps_a = {}
    for each in loads:
        view = replace(VIEW, minimum_a=each.minimum_a, maximum_a=each.maximum_a)
        offer_a = offers_a[each.evse]
        began = replace(BEGAN, offered_a=offer_a)
        cap_a = followed(began, seen(offer_a, drawn_a[each.evse], view=view), now=101.0).cap_a
        if cap_a is not None:
            caps_a[each.evse] = cap_a
    return caps_a


@given(sites(), wants)
def test_p1_with_caps_no_row_is_over_and_everybody_has_nothing_or_its_range(
    site: Site, wants_a: list[float]
) -> None:
    circuits, loads = site
    offers_a = allocate(circuits, loads)
    caps_a = caps_of(loads, offers_a, drawn(loads, wants_a, offers_a))
    share_a = shared(circuits, loads, caps_a)
    phases = {each.evse: each.phases for each in loads}
    assert overload_a(circuits, phases, share_a) <= CLOSE_A
    for each in loads:
        current_a = share_a[each.evse]
        in_range = each.minimum_a - CLOSE_A <= current_a <= each.maximum_a + CLOSE_A
        assert current_a == 0 or in_range


@given(sites(), wants)
def test_its_own_cap_never_costs_a_car_anything(site: Site, wants_a: list[float]) -> None:
    circuits, loads = site
    offers_a = allocate(circuits, loads)
    drawn_a = drawn(loads, wants_a, offers_a)
    caps_a = caps_of(loads, offers_a, drawn_a)
    share_a = shared(circuits, loads, caps_a)
    for name in caps_a:
        others = {other: cap_a for other, cap_a in caps_a.items() if other != name}
        without_a = shared(circuits, loads, others)[name]
        assert share_a[name] <= max(without_a, offers_a[name]) + CLOSE_A
        assert share_a[name] >= min(drawn_a[name], without_a) - CLOSE_A


@given(st.integers(0, 120), st.lists(st.integers(60, 320), max_size=8), wants)
def test_on_one_circuit_nobody_draws_less_because_of_caps(
    limit_a: int, maxima: list[int], wants_a: list[float]
) -> None:
    loads = [load(str(n), maximum_a=maximum / 10) for n, maximum in enumerate(maxima)]
    circuit = root(limit_a, *(each.evse for each in loads))
    offers_a = allocate([circuit], loads)
    drawn_a = drawn(loads, wants_a, offers_a)
    share_a = shared([circuit], loads, caps_of(loads, offers_a, drawn_a))
    assert all(share_a[name] >= drawn_a[name] - CLOSE_A for name in share_a)


@given(sites())
def test_without_caps_nothing_changes(site: Site) -> None:
    circuits, loads = site
    assert shared(circuits, loads, {}) == allocate(circuits, loads)
