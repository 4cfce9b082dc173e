"""Whom a wallbox with several EVSEs is asked about a card that is shown there (R101)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.card_routing import REMEMBERED_S, Route, Stall, route
from wattgate.core.station.connector import ConnectorStatus as Status

NOW = 10_000.0
JUST_NOW, LONG_AGO = NOW - REMEMBERED_S, NOW - REMEMBERED_S - 0.1
CARD = "04A1"

LEFT = Stall("left", Status.AVAILABLE, CARD, link_id="one")
RIGHT = Stall("right", Status.AVAILABLE, CARD, link_id="two")
LOCAL = Stall("local", Status.AVAILABLE, CARD)


def plugged(stall: Stall, since: float = LONG_AGO) -> Stall:
    return replace(stall, status=Status.PREPARING, since=since)


def charging(stall: Stall, card: str) -> Stall:
    return replace(stall, status=Status.CHARGING, running_card=card)


def asked(*stalls: Stall, ask_all: bool = False, main: str = "left") -> tuple[str, ...]:
    return route(stalls, main, NOW, ask_all=ask_all).asked


@pytest.mark.parametrize(
    ("stalls", "expected"),
    [
        # The card ends what it began, whoever waits beside it.
        ([plugged(LEFT), charging(RIGHT, "04a1")], "right"),
        ([charging(LEFT, "OTHER"), RIGHT], "left"),
        # A start from afar with this card, and the wallbox asks about it.
        ([plugged(LEFT, NOW), replace(RIGHT, commanded_at=JUST_NOW)], "right"),
        ([replace(RIGHT, commanded_at=LONG_AGO), LEFT], "left"),
        ([LEFT, replace(charging(RIGHT, "OTHER"), commanded_at=NOW)], "left"),
        (
            [replace(LEFT, commanded_at=NOW - 2), replace(RIGHT, commanded_at=NOW - 1)],
            "right",
        ),
        # The one connector where a car waits.
        ([LEFT, plugged(RIGHT)], "right"),
        ([LEFT, plugged(replace(RIGHT, running_card="OTHER"))], "left"),
        # Of several the one where a car has come just now; of two of these none.
        ([plugged(LEFT), plugged(RIGHT, JUST_NOW)], "right"),
        ([plugged(LEFT, NOW), plugged(RIGHT, JUST_NOW)], "left"),
        ([plugged(LEFT), plugged(replace(RIGHT, asked_at=NOW))], "right"),
        # Where it is expected.
        ([LEFT, replace(RIGHT, is_reserved=True)], "right"),
        ([LEFT, replace(RIGHT, is_reserved=True, status=Status.FAULTED)], "left"),
        ([plugged(LEFT), replace(RIGHT, is_reserved=True)], "left"),
        # Who was asked about it of late.
        ([LEFT, replace(RIGHT, asked_at=JUST_NOW)], "right"),
        ([LEFT, replace(RIGHT, asked_at=LONG_AGO)], "left"),
        ([replace(LEFT, asked_at=NOW - 5), replace(RIGHT, asked_at=NOW - 4)], "right"),
        # Else who speaks for the wallbox.
        ([RIGHT, LEFT], "left"),
        ([plugged(LOCAL), LEFT], "local"),
    ],
)
def test_a_card_goes_to_the_one_backend_that_it_is_meant_for_r101(
    stalls: list[Stall], expected: str
) -> None:
    assert asked(*stalls) == (expected,)


def test_where_one_backend_serves_all_that_wait_it_is_asked_for_the_last_plugged_r101() -> None:
    same = replace(RIGHT, link_id="one")
    chosen = route([plugged(LEFT, 1.0), plugged(same, 2.0)], "left", NOW)
    assert chosen == Route(("right",), frozenset({"left", "right"}))


def test_all_are_asked_where_the_site_says_so_and_nothing_tells_whose_it_is_r101() -> None:
    sister = replace(RIGHT, evse_id="sister")
    assert asked(LOCAL, RIGHT, LEFT, sister, ask_all=True) == ("left", "right", "local")
    assert asked(LOCAL, RIGHT, LEFT, sister) == ("left",)
    assert asked(LEFT, replace(RIGHT, asked_at=NOW), ask_all=True) == ("right", "left")
    assert asked(LEFT, plugged(RIGHT), ask_all=True) == ("right",)


def test_a_wallbox_without_backends_asks_itself() -> None:
    assert asked(LOCAL, ask_all=True, main="local") == ("local",)


@pytest.mark.parametrize(
    ("stalls", "meant"),
    [
        ([charging(LEFT, CARD), plugged(RIGHT)], {"left"}),
        ([charging(LEFT, CARD), charging(RIGHT, CARD)], {"left", "right"}),
        ([LEFT, plugged(RIGHT)], {"right"}),
        ([plugged(LEFT), plugged(RIGHT), LOCAL], {"left", "right"}),
        ([charging(LEFT, "OTHER"), RIGHT, LOCAL], {"right", "local"}),
        ([LEFT, replace(RIGHT, status=Status.UNAVAILABLE)], {"left"}),
        ([LEFT, replace(RIGHT, status=Status.FAULTED)], {"left"}),
        ([charging(LEFT, "OTHER")], set()),
    ],
)
def test_a_card_counts_as_shown_only_where_it_can_be_meant_r57(
    stalls: list[Stall], meant: set[str]
) -> None:
    assert route(stalls, "left", NOW).meant == meant


STALLS = st.lists(
    st.builds(
        Stall,
        st.sampled_from(["left", "right", "third", "fourth"]),
        st.sampled_from(Status),
        st.just(CARD),
        st.floats(0, NOW),
        st.sampled_from([None, CARD, "OTHER"]),
        st.sampled_from([None, "one", "two"]),
        st.none() | st.floats(0, NOW),
        st.none() | st.floats(0, NOW),
        st.booleans(),
    ),
    min_size=1,
    unique_by=lambda each: each.evse_id,
)


@given(STALLS, st.booleans())
def test_somebody_is_asked_and_no_stranger_unless_the_site_says_so_r101(
    stalls: list[Stall], ask_all: bool
) -> None:
    chosen = route(stalls, stalls[0].evse_id, NOW, ask_all=ask_all)
    links = [each.link_id for name in chosen.asked for each in stalls if each.evse_id == name]
    assert len(set(links)) == len(links) >= 1
    assert ask_all or len(links) == 1
    assert chosen.meant <= {each.evse_id for each in stalls}
