from io import StringIO

import pytest
from rich.console import Console
from tests.support.demo_answers import evse, snapshot

from wattgate.cli.demo_snapshot import Snapshot
from wattgate.cli.demo_view import WIDE, bar, lines, picture

GARAGE = snapshot(
    evse("left", offered_a=10, drawn_a=(10, 10, 10)),
    evse("middle", transaction=None, status="Available", offered_a=0, power_w=None),
    evse("right", status="SuspendedEVSE", offered_a=0, drawn_a=(0,), backend="waiting"),
)
EVENTS = ["12:00:00  Left    now charging", "12:00:01  Right   [bold]not markup[/bold]"]


def drawn(found: Snapshot, width: int) -> str:
    console = Console(width=width, file=StringIO(), record=True, color_system=None)
    console.print(picture(found, EVENTS, width))
    return console.export_text()


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if f" {name} " in line and ":" not in line)
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_row_tells_all_of_one_evse() -> None:
    text = drawn(GARAGE, WIDE)
    assert row(text, "Left") == [
        *("Left", "charging", "ANNA", "10.0", "10.0", "10.0", "10.0", "6.9", "1.50"),
        *("the house", "online"),
    ]
    assert row(text, "Middle") == [
        *("Middle", "free", "-", "0.0", "0.0", "0.0", "0.0", "-", "-", "-", "online"),
    ]
    assert row(text, "Right")[-1] == "waiting"


def test_the_head_tells_what_is_left_for_cars() -> None:
    head = drawn(GARAGE, WIDE).splitlines()[0]
    assert head == "Demo garage   40 A per phase - house 8 A - reserve 2 A = 30 A for cars"


def test_every_phase_has_its_sums() -> None:
    text = drawn(GARAGE, WIDE).splitlines()
    assert [line[:2] for line in text[1:4]] == ["L1", "L2", "L3"]
    assert text[1].rstrip().endswith("10.0 A drawn,  10.0 A offered")


@pytest.mark.parametrize("width", [80, 100, WIDE, 200])
def test_nothing_is_cut_off(width: int) -> None:
    text = drawn(GARAGE, width)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width
    for words in ("Right", "offer A", "the house", "waiting"):
        assert words in text


def test_events_are_shown_as_they_are() -> None:
    assert "[bold]not markup[/bold]" in drawn(GARAGE, WIDE)


@pytest.mark.parametrize(
    ("drawn_a", "offered_a", "room_a", "cells", "style"),
    [
        (0, 0, 30, "··········", "green"),
        (15, 15, 30, "█████·····", "green"),
        (9, 15, 30, "███▒▒·····", "green"),
        (15, 9, 30, "█████·····", "green"),
        (30, 30, 30, "██████████", "green"),
        (33, 36, 30, "██████████", "red"),
        (0, 0, 0, "··········", "green"),
        (6, 6, 0, "··········", "red"),
    ],
)
def test_a_bar_fills_with_what_is_drawn_then_with_what_is_offered(
    drawn_a: float, offered_a: float, room_a: float, cells: str, style: str
) -> None:
    text = bar(drawn_a, offered_a, room_a, cells=10)
    assert text.plain == cells
    assert {span.style for span in text.spans} <= {style, "dim"}


def test_the_same_comes_as_lines() -> None:
    house, left, middle, right = lines(GARAGE)
    assert house == "house  offered 10.0/10.0/10.0 A, drawn 10.0/10.0/10.0 A of 30.0 A"
    assert left == (
        "Left: charging, offered 10.0 A, drawn 10.0/10.0/10.0 A, 6.9 kW, 1.50 kWh, "
        "backend online, limited by the house"
    )
    assert middle.startswith("Middle: free, offered 0.0 A")
    assert "backend waiting" in right
    assert "backend none" in list(lines(snapshot(evse("left", backend=None))))[1]
